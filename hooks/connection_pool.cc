#include "hooks/connection_pool.h"

#include <cstdio>
#include <system_error>
#include <utility>

#include "hooks/quiet_thread.h"

namespace proctor::hooks {

void ConnectionPool::Add(std::function<void()> connection) {
  const std::lock_guard lock(mutex_);
  queued_.push_back(std::move(connection));
  served_.notify_one();
  if (idle_ >= queued_.size()) {
    changed_.notify_one();
    return;
  }
  try {
    if (!watcher_.joinable()) watcher_ = StartQuietThread([this] { Watch(); });
    if (threads_.size() < most_threads_) threads_.push_back(StartQuietThread([this] { Work(); }));
  } catch (const std::system_error& error) {
    // With at least one thread the connection is served later.
    std::fprintf(stderr, "hooks: no thread for a connection: %s\n", error.what());
  }
}

void ConnectionPool::Shutdown() {
  std::vector<std::thread> threads;
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    threads.swap(threads_);
    if (watcher_.joinable()) threads.push_back(std::move(watcher_));
  }
  changed_.notify_all();
  served_.notify_all();
  for (std::thread& thread : threads) thread.join();
}

void ConnectionPool::Watch() {
  std::unique_lock lock(mutex_);
  while (!ending_) {
    served_.wait(lock, [this] { return ending_ || Serves(); });
    if (served_.wait_for(lock, every_, [this] { return ending_; })) return;
    const bool crowded = !queued_.empty() && idle_ == 0;
    lock.unlock();
    watch_(crowded ? Crowded::Yes : Crowded::No);
    lock.lock();
  }
}

void ConnectionPool::Work() {
  std::unique_lock lock(mutex_);
  while (true) {
    ++idle_;
    changed_.wait(lock, [this] { return ending_ || !queued_.empty(); });
    --idle_;
    if (queued_.empty()) return;
    const std::function<void()> connection = std::move(queued_.front());
    queued_.pop_front();
    lock.unlock();
    connection();
    lock.lock();
  }
}

}  // namespace proctor::hooks
