#pragma once

#include <filesystem>
#include <memory>

namespace proctor {

/// That a batch is somebody's: held by the Proctor that runs it for as long as it does, and let
/// go of by the system however that one ends.
class BatchLock {
 public:
  /// Null where another Proctor has it, or where no file can be made in the batch's folder.
  static std::unique_ptr<BatchLock> Take(const std::filesystem::path& batch_folder);
  /// Whether a Proctor that lives runs the batch.
  static bool IsHeld(const std::filesystem::path& batch_folder);
  ~BatchLock();
  BatchLock(const BatchLock&) = delete;
  BatchLock& operator=(const BatchLock&) = delete;

 private:
  explicit BatchLock(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace proctor
