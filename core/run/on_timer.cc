// Timers that fire: what was to happen by then has not.

#include <fmt/format.h>

#include "core/run/handlers.h"
#include "core/run/steps.h"

namespace proctor {
namespace {

constexpr Millis kStacksGrace{2000};  // for a process that hangs to write its stacks

}  // namespace

Effects On(State& s, const TimerFired& e) {
  LaneState* lane = FindLane(s, WorkerId{e.key});
  const WorkerId worker{e.key};
  switch (e.kind) {
    case TimerKind::TestLimit:
      if (!lane) return {};
      if (!lane->draft) return {};
      lane->draft->timed_out = true;
      return {DumpStacks{worker}, StartTimer{TimerKind::StacksGrace, e.key, kStacksGrace}};
    case TimerKind::WorkerTurn:
      if (!lane || lane->turn != worker) return {};
      AddNotice(s, Severity::Error,
                fmt::format("The worker (pid {}) said nothing between two tests for {:g} s, and "
                            "was ended; another one goes on.",
                            lane->worker_pid, LimitBesideTests(s).count() / 1e3));
      return {DumpStacks{worker}, StartTimer{TimerKind::StacksGrace, e.key, kStacksGrace}};
    case TimerKind::Collect:
      if (!lane) return {};
      AddNotice(s, Severity::Error,
                fmt::format("Collecting {} took longer than the time limit; the worker was ended.",
                            lane->collecting.empty() ? "the tests" : lane->collecting));
      return {DumpStacks{worker}, StartTimer{TimerKind::StacksGrace, e.key, kStacksGrace}};
    case TimerKind::WorkerStop:
      if (!lane) return {};
      AddNotice(s, Severity::Warning, "The worker did not end by itself in time and was ended.");
      return {KillWorker{worker}};
    case TimerKind::StacksGrace:
      return {KillWorker{worker}};
    case TimerKind::Ready:
    case TimerKind::NextProbe:
    case TimerKind::ProbeLimit:
    case TimerKind::Evidence:
    case TimerKind::StopRung:
      return OnSubjectTimer(s, e.kind, GenerationId{e.key});
  }
  return {};
}

}  // namespace proctor
