#include "app/ansi.h"

#include <algorithm>
#include <array>
#include <optional>

namespace proctor {
namespace {

constexpr char kEscape = '\x1b';

bool IsControl(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && c != '\t') || byte == 0x7f;
}

/// The parameters of one CSI … m. More than a terminal would take are ignored.
struct Parameters {
  std::array<int, 24> values{};
  size_t count = 0;

  explicit Parameters(std::string_view text) {
    int value = 0;
    for (const char c : text) {
      if (c >= '0' && c <= '9') {
        value = std::min(value * 10 + (c - '0'), 9999);
      } else if (c == ';' || c == ':') {
        Add(value);
        value = 0;
      }
    }
    Add(value);
  }
  void Add(int value) {
    if (count < values.size()) values[count++] = value;
  }
  int At(size_t i) const { return i < count ? values[i] : 0; }
};

uint8_t Byte(int value) {
  return static_cast<uint8_t>(std::clamp(value, 0, 255));
}

AnsiColour Indexed(int index) {
  return {.kind = AnsiColourKind::Indexed, .index = Byte(index)};
}

/// 38 and 48 take parameters of their own: 5;n or 2;r;g;b. Moves `i` to the last of them.
std::optional<AnsiColour> Extended(const Parameters& p, size_t& i) {
  if (p.At(i + 1) == 5) {
    i += 2;
    return Indexed(p.At(i));
  }
  if (p.At(i + 1) == 2) {
    i += 4;
    return AnsiColour{.kind = AnsiColourKind::Rgb,
                      .r = Byte(p.At(i - 2)),
                      .g = Byte(p.At(i - 1)),
                      .b = Byte(p.At(i))};
  }
  return std::nullopt;
}

void ApplyOne(const Parameters& p, size_t& i, AnsiStyle& style) {
  const int code = p.At(i);
  if (code == 0) style = {};
  if (code == 1) style.bold = true;
  if (code == 2) style.dim = true;
  if (code == 4) style.underline = true;
  if (code == 7) style.reverse = true;
  if (code == 22) style.bold = style.dim = false;
  if (code == 24) style.underline = false;
  if (code == 27) style.reverse = false;
  if (code >= 30 && code <= 37) style.foreground = Indexed(code - 30);
  if (code >= 90 && code <= 97) style.foreground = Indexed(code - 90 + 8);
  if (code >= 40 && code <= 47) style.background = Indexed(code - 40);
  if (code >= 100 && code <= 107) style.background = Indexed(code - 100 + 8);
  if (code == 39) style.foreground = {};
  if (code == 49) style.background = {};
  if (code == 38) style.foreground = Extended(p, i).value_or(style.foreground);
  if (code == 48) style.background = Extended(p, i).value_or(style.background);
}

void ApplySgr(std::string_view parameters, AnsiStyle& style) {
  const Parameters p(parameters);
  for (size_t i = 0; i < p.count; ++i) ApplyOne(p, i, style);
}

/// Reads the sequence that begins at line[at] (an escape); where it ends.
size_t TakeEscape(std::string_view line, size_t at, AnsiStyle& style) {
  const size_t size = line.size();
  if (at + 1 >= size) return size;
  const char kind = line[at + 1];
  if (kind == '[') {
    size_t end = at + 2;
    while (end < size && (line[end] < '@' || line[end] > '~')) ++end;
    if (end >= size) return size;
    if (line[end] == 'm') ApplySgr(line.substr(at + 2, end - at - 2), style);
    return end + 1;
  }
  if (kind == ']' || kind == 'P' || kind == '_' || kind == '^') {  // a string, up to BEL or ESC \.
    for (size_t end = at + 2; end < size; ++end) {
      if (line[end] == '\a') return end + 1;
      if (line[end] == kEscape) return std::min(end + 2, size);
    }
    return size;
  }
  if (kind == '(' || kind == ')') return std::min(at + 3, size);
  return at + 2;
}

/// Where the text starts that the last carriage return lets stand.
size_t AfterLastReturn(std::string_view line) {
  while (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  const size_t found = line.rfind('\r');
  return found == std::string_view::npos ? 0 : found + 1;
}

}  // namespace

void SplitAnsi(std::string_view line, AnsiStyle& style, std::vector<AnsiSpan>& spans) {
  spans.clear();
  const size_t visible_from = AfterLastReturn(line);
  for (size_t at = 0; at < line.size();) {
    if (line[at] == kEscape) {
      at = TakeEscape(line, at, style);
      continue;
    }
    if (IsControl(line[at])) {
      ++at;
      continue;
    }
    size_t end = at;
    while (end < line.size() && line[end] != kEscape && !IsControl(line[end])) ++end;
    if (at >= visible_from) spans.push_back({line.substr(at, end - at), style});
    at = end;
  }
}

std::string StripAnsi(std::string_view text) {
  std::string plain;
  std::vector<AnsiSpan> spans;
  AnsiStyle style;
  while (true) {
    const size_t end = text.find('\n');
    SplitAnsi(text.substr(0, end), style, spans);
    for (const AnsiSpan& span : spans) plain += span.text;
    if (end == std::string_view::npos) return plain;
    plain += '\n';
    text.remove_prefix(end + 1);
  }
}

}  // namespace proctor
