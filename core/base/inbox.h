#pragma once

#include <functional>
#include <mutex>
#include <utility>
#include <vector>

namespace proctor {

/// The way into the loop: any thread posts, the loop thread alone takes. `wake`
/// runs on the posting thread, outside the lock, once for each time the box goes
/// from empty to filled; it must be callable from any thread.
template <typename T>
class Inbox {
 public:
  explicit Inbox(std::function<void()> wake) : wake_(std::move(wake)) {}

  void Post(T item) {
    bool was_empty = false;
    {
      std::lock_guard lock(mutex_);
      was_empty = items_.empty();
      items_.push_back(std::move(item));
    }
    if (was_empty) wake_();
  }

  /// All that came since the last call, in order of arrival.
  std::vector<T> TakeAll() {
    std::lock_guard lock(mutex_);
    return std::exchange(items_, {});
  }

 private:
  std::mutex mutex_;
  std::vector<T> items_;
  std::function<void()> wake_;
};

}  // namespace proctor
