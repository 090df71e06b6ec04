#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>

namespace proctor {

/// The newest published value: one thread publishes, any thread reads or waits.
/// A mutex and not atomic<shared_ptr>, which ThreadSanitizer reports from inside
/// the library.
template <typename T>
class Latest {
 public:
  struct Snapshot {
    std::shared_ptr<T> value;  ///< null before the first Publish
    uint64_t version = 0;      ///< counts publications
  };

  void Publish(std::shared_ptr<T> value) {
    {
      std::lock_guard lock(mutex_);
      std::swap(value_, value);
      ++version_;
    }
    changed_.notify_all();
    // The old value, when this was its last owner, is freed here, outside the lock.
  }

  Snapshot Read() const {
    std::lock_guard lock(mutex_);
    return {value_, version_};
  }

  /// Waits until something newer than `seen` is published, or `timeout` is over;
  /// the caller compares versions. Never on the ui or the loop thread.
  Snapshot WaitNewer(uint64_t seen, std::chrono::milliseconds timeout) const {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, timeout, [&] { return version_ > seen; });
    return {value_, version_};
  }

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::shared_ptr<T> value_;
  uint64_t version_ = 0;
};

}  // namespace proctor
