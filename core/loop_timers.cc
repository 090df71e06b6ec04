#include "core/loop_timers.h"

#include <uv.h>

namespace proctor {

struct LoopTimers::Timer {
  uv_timer_t handle{};
  LoopTimers* owner = nullptr;
  TimerKind kind{};
  uint64_t key = 0;
};

LoopTimers::LoopTimers(uv_loop_s* loop, std::function<void(TimerKind, uint64_t)> on_fired)
    : loop_(loop), on_fired_(std::move(on_fired)) {}

LoopTimers::~LoopTimers() {
  for (auto& [key, timer] : timers_) {
    uv_close(reinterpret_cast<uv_handle_t*>(&timer->handle),
             [](uv_handle_t* handle) { delete static_cast<Timer*>(handle->data); });
  }
}

void LoopTimers::Start(TimerKind kind, uint64_t key, Millis after) {
  Timer*& timer = timers_[{kind, key}];
  if (!timer) {
    timer = new Timer{.owner = this, .kind = kind, .key = key};
    uv_timer_init(loop_, &timer->handle);
    timer->handle.data = timer;
  }
  uv_update_time(loop_);
  uv_timer_start(
      &timer->handle,
      [](uv_timer_t* handle) {
        const auto* fired = static_cast<Timer*>(handle->data);
        fired->owner->on_fired_(fired->kind, fired->key);
      },
      static_cast<uint64_t>(after.count()), 0);
}

void LoopTimers::Cancel(TimerKind kind, uint64_t key) {
  const auto found = timers_.find({kind, key});
  if (found != timers_.end()) uv_timer_stop(&found->second->handle);
}

}  // namespace proctor
