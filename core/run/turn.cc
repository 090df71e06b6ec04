// Whose turn it is to speak: a worker that has files to run, while no test of it runs,
// waits or is held.

#include "core/run/steps.h"

namespace proctor {
namespace {

bool IsToSpeak(const LaneState& lane) {
  if (!lane.worker || lane.phase != LanePhase::Running || lane.finishing) return false;
  if (lane.draft) return false;
  if (lane.waiting && !lane.letting_go) return false;  // it is Proctor's turn
  return !lane.sent.empty() || lane.stopping_run;
}

}  // namespace

Effects WatchTurns(State& s) {
  Effects effects;
  for (LaneState& lane : s.lanes) {
    const WorkerId before = lane.turn;
    lane.turn = IsToSpeak(lane) ? lane.worker : WorkerId{};
    if (before == lane.turn) continue;
    if (before) effects.push_back(CancelTimer{TimerKind::WorkerTurn, before.value});
    if (lane.turn) {
      effects.push_back(StartTimer{TimerKind::WorkerTurn, lane.turn.value, LimitBesideTests(s)});
    }
  }
  return effects;
}

}  // namespace proctor
