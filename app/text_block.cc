#include "app/text_block.h"

#include <algorithm>
#include <cmath>

#include "app/ansi.h"
#include "app/fonts.h"
#include "app/scope.h"
#include "app/theme.h"
#include "app/widgets.h"

namespace proctor {
namespace {

constexpr size_t kLongestDrawn = 2000;  ///< bytes of one line
constexpr float kMonoSize = 14.5f;

std::string_view Cut(std::string_view line) {
  if (line.size() <= kLongestDrawn) return line;
  size_t end = kLongestDrawn;
  while (end > 0 && (static_cast<unsigned char>(line[end]) & 0xc0) == 0x80) --end;
  return line.substr(0, end);
}

/// Escapes take no room; a line of a traceback can hold more of them than of text.
size_t LengthShown(std::string_view line) {
  const bool escapes = line.substr(0, kLongestDrawn).find('\x1b') != std::string_view::npos;
  return escapes ? StripAnsi(Cut(line)).size() : line.size();
}

/// pytest marks the failing line with ">" and what is wrong with "E".
ImU32 TracebackColour(std::string_view line) {
  if (line.starts_with("E ")) return palette::kBad;
  if (line.starts_with(">")) return IM_COL32(248, 250, 253, 255);
  if (line.starts_with("    ") || line.starts_with(" ")) return palette::kDim;
  return palette::kText;
}

}  // namespace

float DrawAnsiLine(ImDrawList& list, ImVec2 at, std::string_view line, ImU32 plain) {
  static thread_local std::vector<AnsiSpan> spans;  // kept for its memory only
  AnsiStyle style;
  SplitAnsi(Cut(line), style, spans);
  const float start = at.x;
  const float height = ImGui::GetFontSize();
  for (const AnsiSpan& span : spans) {
    const char* const begin = span.text.data();
    const char* const end = begin + span.text.size();
    const float width = ImGui::CalcTextSize(begin, end).x;
    if (const auto background = BackgroundOf(span.style)) {
      list.AddRectFilled(at, {at.x + width, at.y + height}, *background);
    }
    const ImU32 colour = span.style == AnsiStyle{} ? plain : ForegroundOf(span.style);
    list.AddText(at, colour, begin, end);
    TellText(at, span.text);
    if (span.style.underline) {
      list.AddLine({at.x, at.y + height - 1}, {at.x + width, at.y + height - 1}, colour);
    }
    at.x += width;
  }
  return at.x - start;
}

void TextBlock::Split(std::string_view text) {
  of_ = text.data();
  size_ = text.size();
  starts_.clear();
  longest_ = 0;
  while (text.ends_with('\n')) text.remove_suffix(1);
  for (size_t at = 0; at <= text.size();) {
    starts_.push_back(at);
    const size_t end = std::min(text.find('\n', at), text.size());
    longest_ = std::max(longest_, LengthShown(text.substr(at, end - at)));
    at = end + 1;
  }
  starts_.push_back(text.size() + 1);
}

std::string_view TextBlock::Line(std::string_view text, size_t i) const {
  return text.substr(starts_[i], starts_[i + 1] - starts_[i] - 1);
}

void TextBlock::Draw(std::string_view text, Flavour flavour) {
  if (text.data() != of_ || text.size() != size_) Split(text);
  const FontScope mono(MonoFont(), kMonoSize);
  const float pad = std::round(Em() * 0.6f);
  const float line_height = std::round(Em() * 1.12f);
  const size_t lines = starts_.size() - 1;
  const ImVec2 from = ImGui::GetCursorScreenPos();
  const float glyph = ImGui::CalcTextSize("M").x;
  const float wanted = static_cast<float>(std::min(longest_, kLongestDrawn)) * glyph + pad * 2;
  const float width = std::max(ImGui::GetContentRegionAvail().x, wanted);
  const float height = line_height * static_cast<float>(lines) + pad * 2;
  ImDrawList& list = *ImGui::GetWindowDrawList();
  list.AddRectFilled(from, {from.x + width, from.y + height}, palette::kWell, Em() * 0.3f);
  ImGui::Dummy({width, height});
  const ImVec2 clip_from = list.GetClipRectMin(), clip_to = list.GetClipRectMax();
  const float top = from.y + pad;
  const float first = std::floor((clip_from.y - top) / line_height);
  const float last = std::ceil((clip_to.y - top) / line_height);
  for (auto i = static_cast<size_t>(std::max(0.0f, first));
       i < lines && static_cast<float>(i) < last; ++i) {
    const std::string_view line = Line(text, i);
    const ImU32 plain = flavour == Flavour::Traceback ? TracebackColour(line) : palette::kText;
    DrawAnsiLine(list, {from.x + pad, top + line_height * static_cast<float>(i)}, line, plain);
  }
}

}  // namespace proctor
