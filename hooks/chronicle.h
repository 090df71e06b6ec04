#pragma once
// The chronicle: puts into the trace what the parts of the hooks tell. Each function
// makes one kind of event. Thread-safe.

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

#include "hooks/gui_health.h"
#include "hooks/log_level.h"
#include "hooks/trace.h"

namespace proctor::hooks {

namespace ui {
struct Played;
}
struct ActionRan;
struct AnsweredRequest;

class Chronicle {
 public:
  explicit Chronicle(std::chrono::milliseconds hang_after) : hang_after_(hang_after) {}

  Trace& trace() { return trace_; }

  void OnRequest(const AnsweredRequest& request);
  void OnUi(const ui::Played& played);
  void OnAction(const ActionRan& ran);
  void OnError(const ErrorRecord& record);
  void OnLog(LogLevel level, std::string_view text);
  /// An event where the state is another than at the last call.
  void OnHealth(const HealthSnapshot& taken);

  // The frame thread.
  void OnFrameBegin();
  /// Answers whether this frame may have changed the health's state: the first one, and
  /// one that took longer than a hang.
  enum class Look { NotNeeded, AtHealth };
  Look OnFrameEnd(uint64_t number);

 private:
  void Turned(HealthState to, std::string reason, uint64_t frame, int64_t when);

  const std::chrono::milliseconds hang_after_;
  Trace trace_;
  std::mutex mutex_;  ///< guards what follows
  HealthState state_ = HealthState::Starting;
};

}  // namespace proctor::hooks
