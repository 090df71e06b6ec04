#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/process/pipe.h"

namespace proctor {

/// What a Proctor writes down of itself while it lives, so that `proctor sweep` can prove
/// later what a killed one has left. A file of its own, 0600, a line for each fact, removed
/// at a clean end.

/// A process for good: its number can be another's later, the two together cannot.
struct ProcessKey {
  int pid = 0;
  uint64_t start_ticks = 0;  ///< since boot, as ProcessInfo has it
  friend auto operator<=>(const ProcessKey&, const ProcessKey&) = default;
};

/// A file or directory for good, as long as it exists.
struct FileKey {
  uint64_t device = 0, inode = 0;
  friend bool operator==(const FileKey&, const FileKey&) = default;
};
/// Empty: there is no such file. Links are not followed.
std::optional<FileKey> KeyOf(const std::filesystem::path& file);

/// Where process numbers mean what they say: this boot, in this container.
std::string ThisWorld();

struct RecordedDisplay {
  int number = 0;
  ProcessKey xvfb;
  std::optional<FileKey> socket;  ///< /tmp/.X11-unix/X<number>, when it was written down
};

struct RunRecord {
  std::filesystem::path file;
  std::string world;
  ProcessKey proctor;
  std::optional<ProcessKey> tether;
  std::filesystem::path runtime_dir;  ///< empty: none was written down
  FileKey runtime_key;
  std::vector<ProcessKey> children;
  std::vector<RecordedDisplay> displays;
};

/// Every record in a directory that is this user's and nobody else's to write. One with a
/// line that cannot be read is left out, for it proves nothing; a last line that was not
/// written whole is as if it were not there.
std::vector<RunRecord> ReadRunRecords(const std::filesystem::path& directory);

/// The record of the Proctor that runs. A fact that cannot be written (the disk is full) is
/// left out; sweep then knows less, and nothing else suffers.
class RunRecorder {
 public:
  /// Errors: a sentence; the directory or the file cannot be made.
  static Result<std::unique_ptr<RunRecorder>, std::string> Begin(
      const std::filesystem::path& directory);
  /// A clean end: the file goes.
  ~RunRecorder();
  RunRecorder(const RunRecorder&) = delete;
  RunRecorder& operator=(const RunRecorder&) = delete;

  void AddTether(int pid);
  void AddChild(int pid);
  void AddDisplay(int number, int xvfb_pid);
  void AddRuntimeDir(const std::filesystem::path& directory);

  const std::filesystem::path& file() const { return file_; }

 private:
  RunRecorder(std::filesystem::path file, Fd fd) : file_(std::move(file)), fd_(std::move(fd)) {}
  void Add(const std::string& line) const;
  void AddProcess(const std::string& what, int pid) const;

  std::filesystem::path file_;
  Fd fd_;
};

}  // namespace proctor
