#include "core/process/live_lines.h"

#include <algorithm>

#include "core/base/utf8.h"

namespace proctor {
namespace {

constexpr size_t kLineBytes = 4096;
constexpr size_t kLinesOfChunk = 200;  // nobody can read more than that at once

/// Where the last `most` lines of the text begin; 0 where it has no more than that.
size_t StartOfLast(std::string_view text, size_t most) {
  size_t position = text.size();
  for (size_t found = 0; found <= most; ++found) {
    if (position == 0) return 0;
    const size_t before = text.rfind('\n', position - 1);
    if (before == std::string_view::npos) return 0;
    position = before;
  }
  return position + 1;
}

}  // namespace

void LiveLines::AddTo(std::string& lines, std::string_view line) const {
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  lines += Utf8Safe(line);
  lines += '\n';
}

std::string LiveLines::Feed(std::string_view chunk) {
  std::string lines;
  const size_t end = chunk.rfind('\n');
  if (end == std::string_view::npos) {
    line_ += chunk.substr(0, kLineBytes - std::min(kLineBytes, line_.size()));
    return lines;
  }
  std::string_view whole = chunk.substr(0, end + 1);
  if (const size_t start = StartOfLast(whole, kLinesOfChunk); start > 0) {
    lines += "[... more than can be shown here; the log file has all of it ...]\n";
    whole.remove_prefix(start);
    line_.clear();
  }
  while (!whole.empty()) {
    const size_t stop = whole.find('\n');
    line_ += whole.substr(0, std::min(stop, kLineBytes));
    AddTo(lines, line_);
    line_.clear();
    whole.remove_prefix(stop + 1);
  }
  line_ = chunk.substr(end + 1, kLineBytes);
  return lines;
}

std::string LiveLines::Rest() {
  std::string lines;
  if (!line_.empty()) AddTo(lines, line_);
  line_.clear();
  return lines;
}

}  // namespace proctor
