#include "core/report/text_format.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace proctor {
namespace {

/// How many bytes the escape sequence at the start of `text` has.
size_t EscapeLength(std::string_view text) {
  if (text.size() < 2) return 1;
  if (text[1] == '[') {  // CSI: ends with a byte from @ to ~
    size_t i = 2;
    while (i < text.size() && (text[i] < 0x40 || text[i] > 0x7e)) ++i;
    return std::min(i + 1, text.size());
  }
  if (text[1] == ']') {  // OSC: ends with BEL or ESC backslash
    const size_t end = text.find_first_of("\a\x1b", 2);
    if (end == text.npos) return text.size();
    return std::min(end + (text[end] == '\a' ? 1 : 2), text.size());
  }
  return 2;
}

bool IsContinuation(char c) {
  return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

/// Columns of the character that this byte leads: CJK and emoji take two.
int Columns(std::string_view character) {
  const auto lead = static_cast<unsigned char>(character[0]);
  if (lead >= 0xf0) return 2;
  if (lead < 0xe1 || character.size() < 2) return 1;
  const int code = (lead & 0x0f) << 12 | (static_cast<unsigned char>(character[1]) & 0x3f) << 6;
  const bool wide = (code >= 0x1100 && code < 0x1160) || (code >= 0x2e80 && code < 0xa4d0) ||
                    (code >= 0xac00 && code < 0xd7a4) || (code >= 0xf900 && code < 0xfb00) ||
                    (code >= 0xfe30 && code < 0xfe70) || (code >= 0xff00 && code < 0xff61);
  return wide ? 2 : 1;
}

}  // namespace

std::string Tinted(std::string_view text, Tint tint, bool color) {
  if (!color || tint == Tint::None || text.empty()) return std::string(text);
  int code = 0;
  switch (tint) {
    case Tint::None:
      break;
    case Tint::Good:
      code = 32;
      break;
    case Tint::Bad:
      code = 31;
      break;
    case Tint::Odd:
      code = 33;
      break;
    case Tint::Faint:
      code = 2;
      break;
    case Tint::Strong:
      code = 1;
      break;
  }
  return fmt::format("\x1b[{}m{}\x1b[0m", code, text);
}

Tint TintOf(Outcome outcome) {
  switch (outcome) {
    case Outcome::Passed:
      return Tint::Good;
    case Outcome::Failed:
    case Outcome::Error:
    case Outcome::TimedOut:
    case Outcome::Crashed:
      return Tint::Bad;
    case Outcome::Xfailed:
    case Outcome::Skipped:
    case Outcome::Xpassed:
    case Outcome::NotRun:
      return Tint::Odd;
  }
  return Tint::None;
}

std::string Plain(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto c = static_cast<unsigned char>(text[0]);
    size_t bytes = 1;
    if (c == 0x1b) {
      bytes = EscapeLength(text);
    } else if (c == 0xc2 && text.size() > 1 && static_cast<unsigned char>(text[1]) < 0xa0) {
      bytes = 2;  // a C1 control, which some terminals obey
    } else if (c == '\r') {
      if (text.size() > 1 && text[1] != '\n') out += '\n';  // a redrawn line
    } else if ((c >= 0x20 && c != 0x7f) || c == '\n' || c == '\t') {
      out += text[0];
    }
    text.remove_prefix(bytes);
  }
  return out;
}

std::string_view FirstLine(std::string_view text) {
  return text.substr(0, text.find('\n'));
}

std::string Fit(std::string_view text, int columns) {
  int used = 0;
  size_t keep = 0;  // what fits and leaves a column for the dots
  for (size_t i = 0; i < text.size();) {
    size_t end = i + 1;
    while (end < text.size() && IsContinuation(text[end])) ++end;
    const int width = Columns(text.substr(i, end - i));
    if (used + width > columns) {
      return std::string(text.substr(0, keep)) + (columns > 0 ? "…" : "");
    }
    used += width;
    if (used < columns) keep = end;
    i = end;
  }
  return std::string(text);
}

std::string FitLines(std::string_view text, int lines) {
  std::vector<std::string_view> all;
  while (!text.empty()) {
    all.push_back(FirstLine(text));
    text.remove_prefix(std::min(text.size(), all.back().size() + 1));
  }
  while (!all.empty() && all.back().empty()) all.pop_back();
  const size_t limit = std::max(lines, 1);
  // What went wrong stands at the end of a traceback, where it began at its start.
  const size_t head = all.size() > limit ? limit / 4 : all.size();
  const size_t tail = all.size() > limit ? limit - head : 0;
  std::string out;
  for (size_t i = 0; i < head; ++i) out.append(all[i]) += '\n';
  if (tail > 0) {
    out += fmt::format("… {} lines left out …\n", all.size() - head - tail);
    for (size_t i = all.size() - tail; i < all.size(); ++i) out.append(all[i]) += '\n';
  }
  return out;
}

std::string Seconds(double ms) {
  const double seconds = ms / 1e3;
  if (seconds < 9.95) return fmt::format("{:.{}f} s", seconds, seconds < 0.0995 ? 2 : 1);
  const auto whole = static_cast<int64_t>(seconds + 0.5);
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  return fmt::format("{} h {:02} min", whole / 3600, whole / 60 % 60);
}

std::string CountsText(const Counts& counts, bool color) {
  std::string text;
  for (int i = kOutcomes - 1; i >= 0; --i) {
    const auto outcome = static_cast<Outcome>(i);
    if (counts[outcome] == 0) continue;
    const std::string one = fmt::format("{} {}", counts[outcome], ToString(outcome));
    if (!text.empty()) text += ", ";
    text += Tinted(one, TintOf(outcome), color);
  }
  return text;
}

std::string NoteText(const FileState& file) {
  if (!file.note) return {};
  std::string text =
      fmt::format("generation {}, {}", file.generation.value, ToString(file.note->kind));
  if (!file.note->reason.empty()) text += ": " + Plain(file.note->reason);
  return text;
}

std::string FileLine(const FileState& file, int path_columns, bool color) {
  std::string line = fmt::format("{:<{}}  {}  {}", Plain(file.path), path_columns,
                                 CountsText(file.counts, color), Seconds(file.duration_ms));
  if (file.note) {
    const bool respawned = file.note->kind == NoteKind::Respawned;
    const std::string note = fmt::format("[{}]", NoteText(file));
    line += "  " + Tinted(note, respawned ? Tint::Odd : Tint::Faint, color);
  }
  return line;
}

std::string FailureLine(const TestState& test, bool color) {
  std::string line = fmt::format(
      "{}  {}", Tinted(ToString(test.outcome), TintOf(test.outcome), color), Plain(test.id));
  if (test.details && !test.details->message.empty()) {
    line += "  " + std::string(FirstLine(Plain(test.details->message)));
  }
  if (test.blame && *test.blame != Blame::Test) {
    line += fmt::format("  ({}", ToString(*test.blame));
    if (test.generation) line += fmt::format(", generation {}", test.generation.value);
    line += ")";
  }
  return line;
}

}  // namespace proctor
