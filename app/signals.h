#pragma once

#include <functional>
#include <thread>

namespace proctor {

/// Ctrl-C and its kin as calls on a thread of their own. BlockSignals() comes first
/// in main(), before any other thread is there to receive them.
void BlockSignals();

class SignalWatch {
 public:
  /// `on_signal` gets SIGINT, SIGTERM or SIGHUP, each time one comes.
  explicit SignalWatch(std::function<void(int)> on_signal);
  ~SignalWatch();
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;

 private:
  void Watch(const std::function<void(int)>& on_signal) const;

  int end_fd_;  ///< an eventfd: written to when the watch is to end
  std::thread thread_;
};

}  // namespace proctor
