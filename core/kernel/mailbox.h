#pragma once

#include <sys/eventfd.h>
#include <unistd.h>

#include <functional>
#include <mutex>
#include <utility>
#include <vector>

#include "core/process/pipe.h"

namespace proctor {

/// Commands for one thread that polls descriptors.
class Mailbox {
 public:
  using Command = std::function<void()>;
  Mailbox() : wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

  int fd() const { return wake_.get(); }  ///< readable: there is something to take; -1: none made

  /// Any thread. False: it is closed, and the command is not taken.
  bool Post(Command command) {
    std::lock_guard lock(mutex_);
    if (closed_) return false;
    commands_.push_back(std::move(command));
    if (commands_.size() == 1) Wake();
    return true;
  }
  /// What was posted until now is still there to take.
  void Close() {
    std::lock_guard lock(mutex_);
    closed_ = true;
    Wake();
  }
  /// All that were posted; empty: nothing.
  std::vector<Command> Take() {
    std::lock_guard lock(mutex_);
    if (!commands_.empty()) Quiet();
    return std::exchange(commands_, {});
  }
  bool closed() const {
    std::lock_guard lock(mutex_);
    return closed_;
  }

 private:
  void Wake() {
    const uint64_t one = 1;
    (void)!write(wake_.get(), &one, sizeof one);
  }
  void Quiet() {
    uint64_t count = 0;
    (void)!read(wake_.get(), &count, sizeof count);
  }

  const Fd wake_;
  mutable std::mutex mutex_;
  std::vector<Command> commands_;
  bool closed_ = false;
};

}  // namespace proctor
