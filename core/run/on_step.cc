// Events by which people go through a batch step by step.

#include <fmt/format.h>

#include <algorithm>

#include "core/run/aside.h"
#include "core/run/deal.h"
#include "core/run/handlers.h"
#include "core/run/steps.h"

namespace proctor {
namespace {

bool IsRunning(State& s) {
  if (s.batch.phase == BatchPhase::Running) return true;
  AddNotice(s, Severity::Warning, "No batch is running.");
  return false;
}

LaneState* LaneWith(State& s, int lane) {
  const bool is_one = lane >= 0 && static_cast<size_t>(lane) < s.lanes.size();
  if (!is_one) AddNotice(s, Severity::Warning, fmt::format("There is no lane {}.", lane));
  return is_one ? &s.lanes[static_cast<size_t>(lane)] : nullptr;
}

Effects SetPace(State& s, Pace pace) {
  s.batch.pace = pace;
  Effects effects;
  for (LaneState& lane : s.lanes) {
    if (lane.worker && lane.collected) Append(effects, TellHolding(s, lane));
  }
  return effects;
}

Effects Pause(State& s) {
  Effects effects = SetPace(s, Pace::Paused);
  for (LaneState& lane : s.lanes) {
    if (!lane.held) Append(effects, StopAndKeep(s, lane));
  }
  return effects;
}

/// Lets go of a held test; its worker tears it down and goes on with its run.
Effects LetGoOfHeld(State& s, LaneState& lane) {
  if (!lane.held) return {};
  if (lane.aside) return EndAside(s, lane);
  Effects effects{ReleaseTest{lane.worker, GetTest(s, *lane.held).id}};
  Append(effects, EndHold(s, lane));
  return effects;
}

Effects Unpause(State& s, Pace pace) {
  Effects effects = SetPace(s, pace);
  for (LaneState& lane : s.lanes) {
    lane.steps = 0;
    if (!lane.aside) Append(effects, LetGoOfHeld(s, lane));
  }
  Append(effects, Drive(s));
  return effects;
}

/// The lane that stands, else the first that runs.
LaneState* LaneToDirect(State& s) {
  LaneState* found = nullptr;
  for (LaneState& lane : s.lanes) {
    if (!lane.worker || lane.phase != LanePhase::Running || lane.finishing) continue;
    if (lane.aside) continue;
    if (lane.sent.empty() || lane.held) return &lane;
    if (!found) found = &lane;
  }
  return found;
}

/// Ends what the lane is at, kindly, so that GoOn() gets its turn.
Effects Redirect(State& s, LaneState& lane) {
  return lane.sent.empty() ? GoOn(s, lane) : StopAndKeep(s, lane);
}

Effects OnlyLetGo(State& s, int lane) {
  AddNotice(s, Severity::Warning,
            fmt::format("Lane {} keeps a held test aside and runs nothing: all that it can do is "
                        "let it go.",
                        lane));
  return {};
}

}  // namespace

Effects On(State& s, const PauseRequested&) {
  return IsRunning(s) ? Pause(s) : Effects{};
}

Effects On(State& s, const ResumeRequested&) {
  return IsRunning(s) ? Unpause(s, Pace::Free) : Effects{};
}

Effects On(State& s, const RunToFailureRequested&) {
  return IsRunning(s) ? Unpause(s, Pace::ToFailure) : Effects{};
}

Effects On(State& s, const StepRequested& e) {
  LaneState* lane = IsRunning(s) ? LaneWith(s, e.lane) : nullptr;
  if (!lane) return {};
  if (lane->aside) return OnlyLetGo(s, e.lane);
  if (s.batch.pace != Pace::Paused) return Pause(s);
  ++lane->steps;
  if (lane->held) return Redirect(s, *lane);
  return lane->sent.empty() ? GoOn(s, *lane) : Effects{};
}

Effects On(State& s, const RerunRequested& e) {
  if (!IsRunning(s)) return {};
  const std::optional<TestRef> ref = FindTest(s, e.test);
  LaneState* lane = LaneToDirect(s);
  for (LaneState& each : s.lanes) {
    if (!ref || each.held != ref) continue;
    if (each.aside) return OnlyLetGo(s, NumberOf(s, each));
    lane = &each;
  }
  const bool done =
      ref && (GetTest(s, *ref).progress == TestProgress::Done || (lane && lane->held == ref));
  if (!done || !lane || s.files[ref->file].suite != s.batch.suite) {
    AddNotice(s, Severity::Warning,
              fmt::format("{} cannot be run again now: it has to have run in this batch, in the "
                          "suite that runs.",
                          e.test));
    return {};
  }
  const auto& has = s.index->collected_by[lane->worker.value];
  if (!has.contains(ref->file)) {
    AddNotice(s, Severity::Warning,
              fmt::format("{} cannot be run again in this batch: the worker that knew its file has "
                          "ended, and its successor collected only what was left.",
                          e.test));
    return {};
  }
  lane->rerun = ref;
  lane->rerun_with = e.fixtures;
  Effects effects = Pause(s);
  Append(effects, Redirect(s, *lane));
  return effects;
}

Effects On(State& s, const SkipFileRequested& e) {
  if (!IsRunning(s)) return {};
  const auto file = s.index->files.find(e.path);
  if (file == s.index->files.end()) {
    AddNotice(s, Severity::Warning, fmt::format("There is no file {} in this batch.", e.path));
    return {};
  }
  for (LaneState& lane : s.lanes) {
    if (std::find(lane.sent.begin(), lane.sent.end(), file->second) == lane.sent.end()) continue;
    lane.skip = file->second;
    return StopAndKeep(s, lane);
  }
  return LeaveOutRest(s, file->second, "the file was skipped on request", std::nullopt);
}

Effects On(State& s, const JumpRequested& e) {
  if (!IsRunning(s)) return {};
  const auto file = s.index->files.find(e.path);
  LaneState* lane = LaneToDirect(s);
  if (file == s.index->files.end() || !lane) {
    AddNotice(s, Severity::Warning,
              fmt::format("{} cannot be run next: it is no file of this batch, or no worker can "
                          "take it now.",
                          e.path));
    return {};
  }
  const bool runs = std::any_of(s.lanes.begin(), s.lanes.end(), [&](const LaneState& each) {
    return !each.sent.empty() && each.sent.front() == file->second;
  });
  if (runs) return {};
  for (LaneState& each : s.lanes) {  // whoever was told of it ahead is the one to run it
    if (std::find(each.sent.begin(), each.sent.end(), file->second) != each.sent.end()) {
      lane = &each;
    }
  }
  lane->jump = file->second;
  return Redirect(s, *lane);
}

Effects On(State& s, const HoldOnFailureChanged& e) {
  s.hold_on_failure = e.on;
  Effects effects;
  for (const LaneState& lane : s.lanes) {
    if (lane.worker && lane.collected) Append(effects, TellHolding(s, lane));
  }
  return effects;
}

Effects On(State& s, const TestHeld& e) {
  LaneState* lane = FindLane(s, e.worker);
  const std::optional<TestRef> ref = FindTest(s, e.test);
  if (!lane) return {};
  if (!ref || !lane->draft || lane->draft->test != *ref) return {ReleaseTest{e.worker, e.test}};
  lane->held = ref;
  lane->held_in = e.phase;
  lane->draft->held = true;
  Effects effects{CancelTimer{TimerKind::TestLimit, e.worker.value},
                  CancelTimer{TimerKind::StacksGrace, e.worker.value}};
  if (s.batch.stop || lane->stopping_run || lane->draft->refused) {
    Append(effects, EndHold(s, *lane));
    effects.push_back(ReleaseTest{e.worker, e.test});
  } else if (!s.hold_on_failure) {  // the failure that was run to
    Append(effects, Pause(s));
  }
  return effects;
}

Effects On(State& s, const ReleaseRequested& e) {
  LaneState* lane = IsRunning(s) ? LaneWith(s, e.lane) : nullptr;
  if (!lane) return {};
  if (!lane->held) {
    AddNotice(s, Severity::Warning, fmt::format("Lane {} holds no test.", e.lane));
    return {};
  }
  switch (e.how) {
    case Release::Continue:
      return LetGoOfHeld(s, *lane);
    case Release::Aside:
      return lane->aside ? OnlyLetGo(s, e.lane) : SetAside(s, static_cast<size_t>(e.lane));
    case Release::Rerun:
      return On(s, RerunRequested{GetTest(s, *lane->held).id, Fixtures::Kept});
    case Release::Restart: {
      Effects effects = LetGoOfHeld(s, *lane);
      if (!lane->aside) Append(effects, On(s, SubjectRestartRequested{e.lane}));
      return effects;
    }
  }
  return {};
}

}  // namespace proctor
