#pragma once
// The threads that serve connections. As many as there are connections at work,
// up to a limit, so that a few clients that connect and say nothing delay nobody.
// Driven by the HTTP server's accept loop.

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace proctor::hooks {

class ConnectionPool {
 public:
  explicit ConnectionPool(size_t most_threads) : most_threads_(most_threads) {}
  ~ConnectionPool() { Shutdown(); }
  ConnectionPool(const ConnectionPool&) = delete;
  ConnectionPool& operator=(const ConnectionPool&) = delete;

  void Add(std::function<void()> connection);
  /// Serves what is queued, then ends the threads.
  void Shutdown();

 private:
  void Work();

  const size_t most_threads_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> queued_;
  std::vector<std::thread> threads_;
  size_t idle_ = 0;  ///< threads that wait for a connection
  bool ending_ = false;
};

}  // namespace proctor::hooks
