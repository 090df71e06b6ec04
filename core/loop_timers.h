#pragma once

#include <functional>
#include <map>
#include <utility>

#include "core/base/clock.h"
#include "core/model/event.h"

struct uv_loop_s;

namespace proctor {

/// The one-shot timers that Update() asks for, on the loop.
class LoopTimers {
 public:
  LoopTimers(uv_loop_s* loop, std::function<void(TimerKind, uint64_t key)> on_fired);
  ~LoopTimers();  ///< the loop has to run once more for libuv to free its handles
  LoopTimers(const LoopTimers&) = delete;
  LoopTimers& operator=(const LoopTimers&) = delete;

  /// One that runs already is started anew.
  void Start(TimerKind kind, uint64_t key, Millis after);
  void Cancel(TimerKind kind, uint64_t key);

 private:
  struct Timer;

  uv_loop_s* loop_;
  std::function<void(TimerKind, uint64_t)> on_fired_;
  std::map<std::pair<TimerKind, uint64_t>, Timer*> timers_;  ///< freed by libuv's close callback
};

}  // namespace proctor
