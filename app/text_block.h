#pragma once

#include <imgui.h>

#include <cstdint>
#include <string_view>
#include <vector>

namespace proctor {

/// Terminal output and tracebacks in the monospace face. Only what is visible is
/// drawn, so that megabytes cost no more than a screenful.

/// Draws a line with its ANSI colours; text without a colour of its own gets `plain`.
/// The width that it took. Very long lines are cut.
float DrawAnsiLine(ImDrawList& list, ImVec2 at, std::string_view line, ImU32 plain);

enum class Flavour { Output, Traceback };  ///< a traceback's lines are coloured by their margin

/// Where the lines of a text start; found once for each text.
class TextBlock {
 public:
  /// `text` must stay as it is for as long as its address does.
  void Draw(std::string_view text, Flavour flavour);

 private:
  void Split(std::string_view text);
  std::string_view Line(std::string_view text, size_t i) const;

  const char* of_ = nullptr;
  size_t size_ = 0;
  std::vector<size_t> starts_;
  size_t longest_ = 0;  ///< bytes
};

}  // namespace proctor
