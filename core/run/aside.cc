#include "core/run/aside.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/run/deal.h"
#include "core/run/steps.h"

namespace proctor {
namespace {

/// One that was used before and is empty again, else a new one.
size_t EmptyAside(State& s) {
  for (size_t i = 0; i < s.lanes.size(); ++i) {
    const LaneState& lane = s.lanes[i];
    if (lane.aside && !lane.worker && !lane.current && lane.unjudged.empty()) return i;
  }
  s.lanes.emplace_back();
  return s.lanes.size() - 1;
}

/// Whether the held test, or a fixture of its worker, hangs on the lane's generation.
bool HasGeneration(const State& s, const LaneState& lane) {
  const GenerationState* g = CurrentGeneration(s, lane);
  return g && (lane.holds || GetTest(s, *lane.held).generation == g->id);
}

/// Takes the held test and its worker out of the lane.
LaneState TakeWorker(LaneState& lane) {
  LaneState pair;
  pair.aside = true;
  pair.phase = LanePhase::Running;
  pair.worker = std::exchange(lane.worker, {});
  pair.worker_pid = std::exchange(lane.worker_pid, 0);
  pair.python = lane.python;
  pair.pytest = lane.pytest;
  pair.collected = std::exchange(lane.collected, false);
  pair.finished_tests = std::exchange(lane.finished_tests, 0);
  pair.stacks = std::exchange(lane.stacks, {});
  pair.draft = std::exchange(lane.draft, std::nullopt);
  pair.held = std::exchange(lane.held, std::nullopt);
  pair.held_in = lane.held_in;
  pair.holds = std::exchange(lane.holds, false);
  lane.part = lane.letting_go = false;
  lane.rerun.reset();
  return pair;
}

}  // namespace

Effects SetAside(State& s, size_t from) {
  if (!s.lanes[from].held || s.lanes[from].aside) return {};
  const size_t to = EmptyAside(s);
  LaneState& lane = s.lanes[from];
  const std::string& test = GetTest(s, *lane.held).id;
  const bool with_generation = HasGeneration(s, lane);
  AddNotice(s, Severity::Info,
            fmt::format("{} is kept aside as lane {}; lane {} goes on with the rest. The batch "
                        "ends when it is let go.",
                        test, to, from));
  LaneState& aside = s.lanes[to];
  aside = TakeWorker(lane);
  if (with_generation) {
    aside.unjudged = std::exchange(lane.unjudged, {});
    aside.latest = lane.current;
    aside.current = std::exchange(lane.current, std::nullopt);
    lane.next_cause = SpawnCause::Asked;
    lane.next_cause_text = fmt::format("the one before is kept aside with {}", test);
  }
  return SpawnWorkerForRest(s, lane);
}

Effects EndAside(State& s, LaneState& lane) {
  if (!lane.held || std::exchange(lane.stopping_run, true)) return {};
  Effects effects = EndHold(s, lane);
  effects.push_back(StopRun{lane.worker, /*keep=*/true});
  return effects;
}

Effects AfterAside(State& s, LaneState& lane) {
  lane.phase = LanePhase::Idle;
  Effects effects = BeginStop(s, lane, SpawnCause::Policy, "what was kept aside was let go");
  Append(effects, Drive(s));
  return effects;
}

size_t WorkingLanes(const State& s) {
  return static_cast<size_t>(std::count_if(s.lanes.begin(), s.lanes.end(),
                                           [](const LaneState& lane) { return !lane.aside; }));
}

}  // namespace proctor
