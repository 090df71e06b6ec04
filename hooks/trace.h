#pragma once
// The trace: what happened in and to the program, on one monotonic clock, in bounded
// rings. Every event has a sequence number; numbers that are gone were dropped.
//
// Any thread may add. Frames have a ring of their own, because the frame thread is not to
// wait for anybody, and because they would soon leave no room for the rest.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "hooks/frame_ring.h"

namespace proctor::hooks {

enum class TraceKind { Request, Ui, Action, Frame, Health, Assert, Log };
std::string_view ToString(TraceKind kind);
std::optional<TraceKind> TraceKindNamed(std::string_view name);

struct TraceArgument {
  const char* name;
  std::variant<std::string, int64_t, double> value;
};

struct TraceEvent {
  uint64_t sequence = 0;  ///< filled in by Trace: 1, 2, 3 …
  TraceKind kind = TraceKind::Log;
  std::string name;
  int64_t start = 0;                               ///< ns on the trace's clock
  std::optional<int64_t> duration = std::nullopt;  ///< ns; none: a moment
  int thread = 0;                                  ///< filled in by Trace where it is 0
  std::vector<TraceArgument> arguments = {};
};

class Trace {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr size_t kEvents = 8192;  ///< frames not counted

  int64_t Now() const { return At(Clock::now()); }
  int64_t At(Clock::time_point time) const;
  /// What the clock's zero was on the wall clock.
  std::chrono::system_clock::time_point epoch() const { return epoch_; }

  void Add(TraceEvent event);

  FrameRing& frames() { return frames_; }
  const FrameRing& frames() const { return frames_; }

  struct Cut {
    std::vector<TraceEvent> events;  ///< by their sequence numbers
    uint64_t next = 1;               ///< what to ask for the next time
    uint64_t dropped = 0;            ///< events from `since` on that are gone
  };
  /// Every event from that sequence number on.
  Cut Since(uint64_t since) const;

 private:
  const Clock::time_point zero_ = Clock::now();
  const std::chrono::system_clock::time_point epoch_ = std::chrono::system_clock::now();
  std::atomic<uint64_t> sequence_ = 1;  ///< of the next event
  FrameRing frames_{sequence_};
  mutable std::mutex
      mutex_;  ///< guards what follows; sequence numbers of events are taken under it
  std::vector<TraceEvent> events_;  ///< a ring once it is full
  size_t oldest_ = 0;               ///< 0 until then
};

}  // namespace proctor::hooks
