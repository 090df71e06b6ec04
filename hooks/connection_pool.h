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

class ConnectionPool {
 public:
  /// `make_room` is called, from a thread of the pool's, every `patience` while all threads
  /// are at work and a connection waits.
  ConnectionPool(size_t most_threads, std::chrono::milliseconds patience,
                 std::function<void()> make_room)
      : most_threads_(most_threads), patience_(patience), make_room_(std::move(make_room)) {}
  ~ConnectionPool() { Shutdown(); }
  ConnectionPool(const ConnectionPool&) = delete;
  ConnectionPool& operator=(const ConnectionPool&) = delete;

  void Add(std::function<void()> connection);
  /// Serves what is queued, then ends the threads.
  void Shutdown();

 private:
  void Work();
  void MakeRoom();

  const size_t most_threads_;
  const std::chrono::milliseconds patience_;
  const std::function<void()> make_room_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::condition_variable full_;  ///< for the room maker
  std::deque<std::function<void()>> queued_;
  std::vector<std::thread> threads_;
  std::thread room_maker_;  ///< started when it is needed first
  size_t idle_ = 0;         ///< threads that wait for a connection
  bool ending_ = false;
};

}  // namespace proctor::hooks
