#include "hooks/trace.h"

#include <algorithm>
#include <array>
#include <utility>

#include "hooks/thread_id.h"

namespace proctor::hooks {
namespace {

constexpr std::array kKinds = {TraceKind::Request, TraceKind::Ui,     TraceKind::Action,
                               TraceKind::Frame,   TraceKind::Health, TraceKind::Assert,
                               TraceKind::Log};

TraceEvent ToEvent(const FrameTime& frame, int thread) {
  return {.sequence = frame.sequence,
          .kind = TraceKind::Frame,
          .name = "frame",
          .start = frame.start,
          .duration = frame.duration,
          .thread = thread,
          .arguments = {{"frame", static_cast<int64_t>(frame.number)},
                        {"interval_ms", static_cast<double>(frame.interval) / 1e6}}};
}

}  // namespace

std::string_view ToString(TraceKind kind) {
  switch (kind) {
    case TraceKind::Request:
      return "request";
    case TraceKind::Ui:
      return "ui";
    case TraceKind::Action:
      return "action";
    case TraceKind::Frame:
      return "frame";
    case TraceKind::Health:
      return "health";
    case TraceKind::Assert:
      return "assert";
    case TraceKind::Log:
      return "log";
  }
  return "log";
}

std::optional<TraceKind> TraceKindNamed(std::string_view name) {
  for (const TraceKind kind : kKinds) {
    if (ToString(kind) == name) return kind;
  }
  return std::nullopt;
}

int64_t Trace::At(Clock::time_point time) const {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(time - zero_).count();
}

void Trace::Add(TraceEvent event) {
  if (event.thread == 0) event.thread = ThreadId();
  const std::lock_guard lock(mutex_);
  event.sequence = sequence_++;
  if (events_.size() < kEvents) {
    events_.push_back(std::move(event));
    return;
  }
  std::swap(events_[oldest_], event);  // what was there ends after the lock does
  oldest_ = (oldest_ + 1) % kEvents;
}

Trace::Cut Trace::Since(uint64_t since) const {
  Cut cut;
  since = std::max<uint64_t>(since, 1);
  {
    const std::lock_guard lock(mutex_);
    // In this order: a frame whose number is taken by now is pending, or can be read.
    cut.next = sequence_;
    cut.next = std::min(cut.next, frames_.pending());
    for (const TraceEvent& event : events_) {
      if (event.sequence >= since && event.sequence < cut.next) cut.events.push_back(event);
    }
  }
  for (const FrameTime& frame : frames_.Last(FrameRing::kFrames)) {
    if (frame.sequence < since || frame.sequence >= cut.next) continue;
    cut.events.push_back(ToEvent(frame, frames_.thread()));
  }
  std::sort(cut.events.begin(), cut.events.end(),
            [](const TraceEvent& a, const TraceEvent& b) { return a.sequence < b.sequence; });
  // Asked for what is to come: there is nothing to have been lost.
  if (since < cut.next) cut.dropped = cut.next - since - cut.events.size();
  return cut;
}

}  // namespace proctor::hooks
