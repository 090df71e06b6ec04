#pragma once
// The threads that serve connections. As many as there are connections at work,
// up to a limit, so that a few clients that connect and say nothing delay nobody.
// Driven by the HTTP server's accept loop.

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace proctor::hooks {

/// Whether all threads are at work and a connection waits for one.
enum class Crowded { No, Yes };

class ConnectionPool {
 public:
  /// `watch` is called, from a thread of the pool's, every `every` while there are connections.
  ConnectionPool(size_t most_threads, std::chrono::milliseconds every,
                 std::function<void(Crowded)> watch)
      : most_threads_(most_threads), every_(every), watch_(std::move(watch)) {}
  ~ConnectionPool() { Shutdown(); }
  ConnectionPool(const ConnectionPool&) = delete;
  ConnectionPool& operator=(const ConnectionPool&) = delete;

  void Add(std::function<void()> connection);
  /// Serves what is queued, then ends the threads.
  void Shutdown();

 private:
  void Work();
  void Watch();
  bool Serves() const { return threads_.size() > idle_ || !queued_.empty(); }

  const size_t most_threads_;
  const std::chrono::milliseconds every_;
  const std::function<void(Crowded)> watch_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::condition_variable served_;  ///< for the watcher
  std::deque<std::function<void()>> queued_;
  std::vector<std::thread> threads_;
  std::thread watcher_;  ///< started with the first connection
  size_t idle_ = 0;      ///< threads that wait for a connection
  bool ending_ = false;
};

}  // namespace proctor::hooks
