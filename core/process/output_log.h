#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/process/pipe.h"

namespace proctor {

/// A child's output: whole in a file, and its last lines in memory. Fed by the
/// loop with what an OutputReader brings. A disk that is full or a file that
/// cannot be made never stops the child: the tail goes on, and lost() says since
/// when and why the file does not.
class OutputLog {
 public:
  struct Limits {
    size_t lines = 200;        ///< kept in memory
    size_t line_bytes = 4096;  ///< of one line; the rest of it is only in the file
  };

  /// Makes the file anew, its directories too.
  explicit OutputLog(std::filesystem::path file) : OutputLog(std::move(file), Limits()) {}
  OutputLog(std::filesystem::path file, Limits limits);

  void Append(std::string_view chunk);

  /// The last lines, oldest first, in valid UTF-8 and without their line ends; a
  /// last line that is not ended yet is one too.
  std::vector<std::string> Tail(size_t max_lines = SIZE_MAX) const;

  uint64_t bytes() const { return bytes_; }  ///< of all output so far
  uint64_t lines() const { return lines_; }  ///< of all ended lines so far
  const std::filesystem::path& file() const { return path_; }

  /// A sentence, once the file has stopped growing.
  const std::optional<std::string>& lost() const { return lost_; }

 private:
  void Write(std::string_view chunk);
  void Lose(int error);
  void Remember(std::string_view chunk);
  void AddToLine(std::string_view part);
  void EndLine();

  const std::filesystem::path path_;
  const Limits limits_;
  Fd fd_;
  std::optional<std::string> lost_;
  uint64_t bytes_ = 0;
  uint64_t lines_ = 0;
  std::deque<std::string> tail_;  ///< ended lines
  std::string line_;              ///< the one that is not ended yet, cut to its limit
  bool cut_ = false;              ///< there was more of it
};

}  // namespace proctor
