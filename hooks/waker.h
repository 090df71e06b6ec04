#pragma once
// Calls the program's wake-up on a thread of its own: a wake-up may block (on the
// window system's lock, say) exactly when the frame loop hangs, and the health
// answer must not.

#include <atomic>
#include <cstdint>
#include <functional>
#include <thread>

namespace proctor::hooks {

class Waker {
 public:
  /// `wake` may be empty; then nothing happens at all.
  explicit Waker(std::function<void()> wake);
  ~Waker();
  Waker(const Waker&) = delete;
  Waker& operator=(const Waker&) = delete;

  /// Returns at once. Calls within a few milliseconds become one, if no frame began between.
  void Wake();
  void OnFrame();  ///< a frame begins; what is asked for from here on needs another
  bool CanWake() const { return static_cast<bool>(wake_); }

 private:
  void Work();

  std::function<void()> wake_;
  std::atomic<bool> wanted_ = false;
  std::atomic<int64_t> called_ns_ = 0;  ///< the last call that no frame followed; 0 for none
  std::atomic<bool> ending_ = false;
  std::thread thread_;
};

}  // namespace proctor::hooks
