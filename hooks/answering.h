#pragma once
// How many requests are read and not yet through with their
// answer. Driven by the server's threads; who stops the server waits for none.

#include <atomic>

namespace proctor::hooks {

/// One for each server; a thread serves one connection at a time.
class Answering {
 public:
  /// A request was read on this thread.
  void Begin();
  /// An answer was written on this thread, or its connection has ended without one.
  void End();
  void WaitForNone();

 private:
  std::atomic<int> count_ = 0;
  std::atomic<bool> waited_for_ = false;
};

}  // namespace proctor::hooks
