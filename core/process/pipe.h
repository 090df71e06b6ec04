#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "core/base/result.h"

namespace proctor {

/// A descriptor with one owner, who closes it.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  ~Fd() { Close(); }
  Fd(Fd&& other) noexcept : fd_(other.Release()) {}
  Fd& operator=(Fd&& other) noexcept {
    if (this != &other) {
      Close();
      fd_ = other.Release();
    }
    return *this;
  }

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  int Release() { return std::exchange(fd_, -1); }
  void Close();

 private:
  int fd_ = -1;  ///< -1: none
};

using FdPair = std::pair<Fd, Fd>;

/// All of these are close-on-exec; a child gets its own through SpawnSpec::fds.
/// Errors: the system gives no more descriptors.

/// First what is read from, then what is written to.
Result<FdPair, std::string> MakePipe();

enum class SocketKind {
  Stream,   ///< bytes
  Packets,  ///< messages keep their bounds
};

/// Two connected Unix sockets, alike.
Result<FdPair, std::string> MakeSocketPair(SocketKind kind = SocketKind::Stream);

/// Hands over what is there to read, without waiting; stops after `most` bytes,
/// since a writer may be quicker. For the last words of a child that has exited.
void DrainNow(int fd, size_t most, const std::function<void(std::string_view)>& on_chunk);

/// Another descriptor for the same open file, above 9; invalid if `fd` is.
Fd Duplicate(int fd);

}  // namespace proctor
