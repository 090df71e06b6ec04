#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace proctor {

/// Colours in terminal output: splits a line with ANSI escape sequences into spans
/// of one style each. Passive; the panels call it for the lines that are visible.

enum class AnsiColourKind : uint8_t { Default, Indexed, Rgb };

struct AnsiColour {
  AnsiColourKind kind = AnsiColourKind::Default;
  uint8_t index = 0;  ///< Indexed: 0 to 15 are the palette, 16 to 255 xterm's cube and greys
  uint8_t r = 0, g = 0, b = 0;  ///< Rgb
  friend bool operator==(const AnsiColour&, const AnsiColour&) = default;
};

struct AnsiStyle {
  AnsiColour foreground, background;
  bool bold = false, dim = false, underline = false, reverse = false;
  friend bool operator==(const AnsiStyle&, const AnsiStyle&) = default;
};

struct AnsiSpan {
  std::string_view text;  ///< a part of the line, without escapes and control characters
  AnsiStyle style;
};

/// The spans of one line. `style` is what is in force at its start, and afterwards at
/// its end. A carriage return overwrites, as in a terminal: what stood before the
/// last one that anything follows is left out. A sequence that is cut off, or that
/// does not set colours, is dropped.
void SplitAnsi(std::string_view line, AnsiStyle& style, std::vector<AnsiSpan>& spans);

/// The text without its escapes, for the clipboard and for searching.
std::string StripAnsi(std::string_view text);

}  // namespace proctor
