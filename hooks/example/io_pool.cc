#include "hooks/example/io_pool.h"

#include <utility>

namespace proctor::demo {

IoPool::IoPool(int threads, std::function<void()> finished) : finished_(std::move(finished)) {
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { Work(); });
}

std::optional<std::shared_future<std::string>> IoPool::Submit(Job job) {
  std::packaged_task<std::string()> task(std::move(job));
  std::shared_future<std::string> result = task.get_future().share();
  {
    const std::lock_guard lock(mutex_);
    if (!alive_) return std::nullopt;
    queued_.push_back(std::move(task));
  }
  changed_.notify_one();
  return result;
}

void IoPool::Shut() {
  std::vector<std::thread> threads;
  {
    const std::lock_guard lock(mutex_);
    alive_ = false;
    threads.swap(threads_);
  }
  changed_.notify_all();
  for (std::thread& thread : threads) thread.join();
}

void IoPool::Work() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return !alive_ || !queued_.empty(); });
    if (queued_.empty()) return;
    auto task = std::move(queued_.front());
    queued_.pop_front();
    lock.unlock();
    task();
    ++jobs_done_;
    finished_();
    lock.lock();
  }
}

}  // namespace proctor::demo
