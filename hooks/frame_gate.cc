#include "hooks/frame_gate.h"

#include <algorithm>
#include <exception>
#include <utility>

namespace proctor::hooks {

struct FrameGate::Job {
  std::function<void()> work;
  std::exception_ptr thrown = nullptr;
  bool done = false;
};

namespace {

/// Counts the caller in as long as it waits.
class Visit {
 public:
  explicit Visit(std::atomic<int>& visitors) : visitors_(visitors) { ++visitors_; }
  ~Visit() { --visitors_; }
  Visit(const Visit&) = delete;
  Visit& operator=(const Visit&) = delete;

 private:
  std::atomic<int>& visitors_;
};

}  // namespace

void FrameGate::Expect() {
  frame_thread_.store(std::this_thread::get_id(), std::memory_order_relaxed);
}

FrameGate::Ran FrameGate::OnBegin() {
  frame_thread_.store(std::this_thread::get_id(), std::memory_order_relaxed);
  if (waiting_ == 0) return Ran::Nothing;
  std::vector<std::shared_ptr<Job>> jobs;
  {
    const std::lock_guard lock(mutex_);
    jobs.swap(queued_);
  }
  for (const auto& job : jobs) {
    try {
      job->work();
    } catch (...) {
      job->thrown = std::current_exception();
    }
  }
  const std::lock_guard lock(mutex_);
  ran_.insert(ran_.end(), jobs.begin(), jobs.end());
  return jobs.empty() ? Ran::Nothing : Ran::Work;
}

void FrameGate::OnEnd() {
  if (waiting_ == 0 && ran_.empty()) return;
  const std::lock_guard lock(mutex_);
  for (const auto& job : ran_) job->done = true;
  ran_.clear();
  ++ended_;
  changed_.notify_all();
}

bool FrameGate::Run(std::function<void()> work, std::chrono::milliseconds timeout,
                    const std::function<void()>& wake) {
  if (frame_thread_.load(std::memory_order_relaxed) == std::this_thread::get_id()) {
    work();
    return true;
  }
  const Visit visit(waiting_);
  const auto job = std::make_shared<Job>(Job{.work = std::move(work)});
  std::unique_lock lock(mutex_);
  if (closed_) return false;
  queued_.push_back(job);
  lock.unlock();
  if (wake) wake();
  lock.lock();
  changed_.wait_for(lock, timeout, [&] { return job->done || closed_; });
  std::erase(queued_, job);
  if (!job->done) return false;
  if (job->thrown) std::rethrow_exception(job->thrown);
  return true;
}

bool FrameGate::WaitForFrame(std::chrono::milliseconds timeout, const std::function<void()>& wake) {
  const Visit visit(waiting_);
  std::unique_lock lock(mutex_);
  const uint64_t seen = ended_;
  lock.unlock();
  if (wake) wake();
  lock.lock();
  changed_.wait_for(lock, timeout, [&] { return ended_ != seen || closed_; });
  return ended_ != seen;
}

void FrameGate::Close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  changed_.notify_all();
}

}  // namespace proctor::hooks
