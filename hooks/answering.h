#pragma once
// Which clients have sent their request and wait for their answer. Driven by the server's
// threads; a thread serves one connection at a time.

#include <condition_variable>
#include <mutex>
#include <unordered_set>

namespace proctor::hooks {

class Answering {
 public:
  /// A request was read on this thread, from the client at that port.
  void Begin(int client_port);
  /// An answer was written on this thread, or its connection has ended without one.
  void End();
  bool Waits(int client_port);  ///< for its answer
  /// The clients that had an answer since the last call.
  std::unordered_set<int> TakeAnswered();
  void WaitForNone();

 private:
  std::mutex mutex_;
  std::condition_variable none_;
  std::unordered_set<int> clients_;
  std::unordered_set<int> answered_;  ///< not taken yet
};

}  // namespace proctor::hooks
