#include "core/history/batch_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <system_error>

namespace proctor {
namespace {

std::filesystem::path FileIn(const std::filesystem::path& folder) {
  return folder / "lock";
}

}  // namespace

std::unique_ptr<BatchLock> BatchLock::Take(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  const int fd = open(FileIn(folder).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return nullptr;
  if (flock(fd, LOCK_EX | LOCK_NB) == 0) return std::unique_ptr<BatchLock>(new BatchLock(fd));
  close(fd);
  return nullptr;
}

bool BatchLock::IsHeld(const std::filesystem::path& folder) {
  const int fd = open(FileIn(folder).c_str(), O_RDWR | O_CLOEXEC);
  if (fd < 0) return false;
  const bool held = flock(fd, LOCK_EX | LOCK_NB) != 0;
  close(fd);
  return held;
}

BatchLock::~BatchLock() {
  close(fd_);
}

}  // namespace proctor
