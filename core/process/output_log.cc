#include "core/process/output_log.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "core/base/utf8.h"

namespace proctor {
namespace {

/// Where the last `lines` line ends of the chunk begin to matter: all before this
/// offset would be pushed out of the tail by the rest.
size_t StartOfTail(std::string_view chunk, size_t lines) {
  size_t end = chunk.size();
  for (size_t found = 0; end > 0; ++found) {
    const void* at = memrchr(chunk.data(), '\n', end);
    if (at == nullptr) return 0;
    end = static_cast<size_t>(static_cast<const char*>(at) - chunk.data());
    if (found == lines) return end + 1;
  }
  return 0;
}

std::string Shown(std::string_view line, bool cut) {
  if (!line.empty() && line.back() == '\r' && !cut) line.remove_suffix(1);
  return Utf8Safe(line) + (cut ? " […]" : "");
}

}  // namespace

OutputLog::OutputLog(std::filesystem::path file, Limits limits)
    : path_(std::move(file)), limits_(limits) {
  std::error_code ignored;  // the open below says what is wrong
  std::filesystem::create_directories(path_.parent_path(), ignored);
  fd_ = Fd(
      open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600));
  if (!fd_) Lose(errno);
}

void OutputLog::Append(std::string_view chunk) {
  bytes_ += chunk.size();
  if (fd_) Write(chunk);
  Remember(chunk);
}

void OutputLog::Write(std::string_view chunk) {
  while (!chunk.empty()) {
    const ssize_t n = write(fd_.get(), chunk.data(), chunk.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return Lose(n < 0 ? errno : EIO);
    chunk.remove_prefix(static_cast<size_t>(n));
  }
}

void OutputLog::Lose(int error) {
  fd_.Close();
  lost_ = "the output from here on is not kept in " + path_.string() + ": " + std::strerror(error);
}

void OutputLog::Remember(std::string_view chunk) {
  const size_t start = StartOfTail(chunk, limits_.lines);
  if (start > 0) {
    lines_ += static_cast<uint64_t>(std::count(chunk.begin(), chunk.begin() + start, '\n'));
    line_.clear();
    cut_ = false;
    chunk.remove_prefix(start);
  }
  for (size_t end = chunk.find('\n'); end != std::string_view::npos; end = chunk.find('\n')) {
    AddToLine(chunk.substr(0, end));
    EndLine();
    chunk.remove_prefix(end + 1);
  }
  AddToLine(chunk);
}

void OutputLog::AddToLine(std::string_view part) {
  const size_t room = limits_.line_bytes - line_.size();
  line_ += part.substr(0, room);
  cut_ = cut_ || part.size() > room;
}

void OutputLog::EndLine() {
  tail_.push_back(Shown(line_, cut_));
  if (tail_.size() > limits_.lines) tail_.pop_front();
  ++lines_;
  line_.clear();
  cut_ = false;
}

std::vector<std::string> OutputLog::Tail(size_t max_lines) const {
  std::vector<std::string> lines(tail_.begin(), tail_.end());
  if (!line_.empty()) lines.push_back(Shown(line_, cut_));
  const size_t most = std::min(max_lines, limits_.lines);
  if (lines.size() > most) lines.erase(lines.begin(), lines.end() - static_cast<long>(most));
  return lines;
}

}  // namespace proctor
