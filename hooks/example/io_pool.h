#pragma once
// The demo's worker threads, which do what would make a frame wait: writing files
// and other small jobs. Thread-safe.

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <future>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace proctor::demo {

/// What a job says in the end. Its throw reaches whoever asks the future.
using Job = std::function<std::string()>;

class IoPool {
 public:
  /// `finished` is called on a worker after each job, so that a frame can show it.
  IoPool(int threads, std::function<void()> finished);
  ~IoPool() { Shut(); }
  IoPool(const IoPool&) = delete;
  IoPool& operator=(const IoPool&) = delete;

  /// Nothing once the pool is shut.
  std::optional<std::shared_future<std::string>> Submit(Job job);
  /// Finishes what is queued and ends the threads.
  void Shut();

  bool alive() const { return alive_; }
  uint64_t jobs_done() const { return jobs_done_; }

 private:
  void Work();

  std::function<void()> finished_;
  std::atomic<bool> alive_ = true;
  std::atomic<uint64_t> jobs_done_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::packaged_task<std::string()>> queued_;
  std::vector<std::thread> threads_;
};

}  // namespace proctor::demo
