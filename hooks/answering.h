#pragma once
// How many connections are past their request and not yet through with their
// answer. Driven by the server's threads; who stops the server waits for none.

#include <atomic>

namespace proctor::hooks {

/// One for each server; a thread serves one connection at a time.
class Answering {
 public:
  /// A request was read on this thread.
  void Begin();
  /// A connection has ended on this thread, whether it had an answer or not.
  void End();
  void WaitForNone();

 private:
  std::atomic<int> count_ = 0;
};

}  // namespace proctor::hooks
