#pragma once
// Ends the connections that ask more of the server than a request may: cpp-httplib limits
// neither the head of a request nor the time that all of it takes. Driven by the pool's
// watcher, again and again while there are connections.

#include <chrono>
#include <cstdint>
#include <unordered_map>
#include <unordered_set>

#include "hooks/answering.h"
#include "hooks/connection_pool.h"
#include "hooks/loopback.h"

namespace proctor::hooks {

class ConnectionWatch {
 public:
  struct Limits {
    uint64_t bytes;                                ///< of one request, head and body
    std::chrono::milliseconds time;                ///< from its first byte to its last
    std::chrono::milliseconds time_while_crowded;  ///< the same, and that of silence
  };

  ConnectionWatch(Answering& answering, Limits limits) : answering_(answering), limits_(limits) {}

  /// Looks at every connection to the server on `port`. Whoever waits for this process is
  /// left alone: for its answer, or for what it sent to be read.
  void Look(int port, Crowded crowded);

 private:
  using Clock = std::chrono::steady_clock;
  /// What is known of a client since its last answer.
  struct Request {
    uint64_t before = 0;  ///< bytes received by then
    Clock::time_point begun = {};
    bool open = false;  ///< something of it has come
  };
  End Judge(const Connection& connection, Request& request, Crowded crowded) const;

  Answering& answering_;
  const Limits limits_;
  std::unordered_map<int, Request> requests_;  ///< by the client's port
};

}  // namespace proctor::hooks
