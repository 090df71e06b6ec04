#include "hooks/waker.h"

#include <utility>

#include "hooks/quiet_thread.h"

namespace proctor::hooks {

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
  wanted_ = true;
  wanted_.notify_one();
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
