#pragma once
// Where the server's threads and the frame thread meet: work to be run between
// two frames, and waits for a frame to end. A frame without visitors costs two
// atomic reads.

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace proctor::hooks {

class FrameGate {
 public:
  // The frame thread.
  /// The caller will draw. Not needed: the first frame tells it, and whoever draws counts.
  void Expect();
  enum class Ran { Nothing, Work };
  Ran OnBegin();  ///< runs the work that waits
  void OnEnd();   ///< lets go whose work was run, and whoever waits for a frame

  // Any other thread. `wake` makes an idle loop draw.
  /// See Hooks::RunOnFrame(). On the frame thread itself the work runs at once.
  bool Run(std::function<void()> work, std::chrono::milliseconds timeout,
           const std::function<void()>& wake);
  /// Waits until more frames have ended than had at the call. False: not in time.
  bool WaitForFrame(std::chrono::milliseconds timeout, const std::function<void()>& wake);
  /// Every present and later wait ends with false.
  void Close();

 private:
  struct Job;

  std::atomic<int> waiting_ = 0;  ///< jobs and waits; the frame thread locks only if there are any
  std::atomic<std::thread::id> frame_thread_ = {};
  std::mutex mutex_;
  std::condition_variable changed_;
  uint64_t ended_ = 0;  ///< frames ended while somebody waited; only grows
  bool closed_ = false;
  std::vector<std::shared_ptr<Job>> queued_;
  std::vector<std::shared_ptr<Job>> ran_;  ///< in this frame; let go at its end
};

}  // namespace proctor::hooks
