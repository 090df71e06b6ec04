#include "hooks/waker.h"

#include <chrono>
#include <utility>

#include "hooks/quiet_thread.h"

namespace proctor::hooks {

namespace {

/// A loop that lost its wake-up, having drained its events and drawn nothing, is woken again
/// by whoever asks after this.
constexpr std::chrono::nanoseconds kOneCall = std::chrono::milliseconds(2);

int64_t NowNs() {
  return std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds(1);
}

}  // namespace

Waker::Waker(std::function<void()> wake) : wake_(std::move(wake)) {
  if (wake_) thread_ = StartQuietThread([this] { Work(); });
}

Waker::~Waker() {
  if (!thread_.joinable()) return;
  ending_ = true;
  wanted_ = true;
  wanted_.notify_one();
  thread_.join();
}

void Waker::Wake() {
  if (!wake_) return;
  const int64_t now = NowNs();
  const int64_t called = called_ns_;
  if (called != 0 && now - called < kOneCall.count()) return;
  called_ns_ = now;
  wanted_ = true;
  wanted_.notify_one();
}

void Waker::OnFrame() {
  called_ns_ = 0;
}

void Waker::Work() {
  while (true) {
    wanted_.wait(false);
    wanted_ = false;
    if (ending_) return;
    wake_();
  }
}

}  // namespace proctor::hooks
