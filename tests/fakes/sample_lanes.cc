#include <fmt/format.h>

#include "tests/fakes/sample_state.h"

namespace proctor::fakes {
namespace {

constexpr int64_t kMega = 1 << 20;

/// The sample's generations, dealt to the lanes: two have ended, and two serve.
void DealGenerations(State& state) {
  for (size_t i = 0; i < state.generations.size(); ++i) {
    GenerationState& g = state.generations.Edit(i);
    g.lane = static_cast<int>(i % 2);
    const bool ended = g.phase == SubjectPhase::Ended;
    g.role = ended ? SubjectRole::Retired : SubjectRole::Serving;
    g.was_spare = i >= 2;
    if (g.was_spare) g.leased = g.ready + std::chrono::seconds(20);
    const auto n = static_cast<int64_t>(i);
    g.usage = {{"", (120 + n) * kMega, 41, 9, 1, {}},
               {"tests/test_project.py", (124 + n) * kMega, 41, 9, 1, {}},
               {"tests/test_panels.py",
                (136 + n) * kMega,
                57,
                11,
                1,
                {"12 files in the workspace (3.1 MB)"}}};
  }
  GenerationState& hung = state.generations.Edit(0);
  hung.health = Health::Hung;
  hung.reason = "It answers, but its frame counter has stood still for 2.1 s.";
  hung.stacks = "thread 18217 (harbour)\n  #0 pthread_cond_wait\n  #1 Loader::WaitForAll()\n";
}

void AddSpare(State& state, int lane) {
  GenerationState g;
  g.id = {state.generations.size() + 1};
  g.lane = lane;
  g.role = SubjectRole::Spare;
  g.was_spare = true;
  g.cause = SpawnCause::Spare;
  g.cause_text = "a spare, to be ready before it is needed";
  g.pid = 18400 + lane;
  g.port = 40300 + lane;
  g.started = state.now + -std::chrono::milliseconds(4000);
  g.phase = lane == 0 ? SubjectPhase::Up : SubjectPhase::Starting;
  if (lane == 0) {
    g.health = Health::Healthy;
    g.ready = g.started + std::chrono::milliseconds(1480);
    g.was_ready = true;
    g.usage = {{"", 121 * kMega, 41, 9, 1, {}}};
  }
  state.lanes[static_cast<size_t>(lane)].spares.push_back(state.generations.size());
  state.generations.push_back(std::move(g));
}

/// The lane's test, which runs since three seconds.
void RunOn(State& state, int lane, TestRef ref) {
  FileState& file = state.files.Edit(ref.file);
  TestState& test = file.tests.Edit(ref.test);
  test.progress = TestProgress::Running;
  test.started = state.now + -std::chrono::milliseconds(3000);
  test.attempt = 1;
  file.lane = lane;
  file.running = 1;
  LaneState& on = state.lanes[static_cast<size_t>(lane)];
  on.phase = LanePhase::Running;
  on.collected = true;
  on.worker = {static_cast<uint64_t>(lane) + 1};
  on.worker_pid = 18100 + lane;
  on.sent = {ref.file};
  on.draft = Draft{};
  on.draft->test = ref;
}

void Hold(State& state, LaneState& lane) {
  lane.held = lane.draft->test;
  lane.held_in = TestPhase::Call;
  lane.draft->outcome = Outcome::Failed;
  lane.draft->duration_ms = 1200;
  TestDetails& told = lane.draft->details;
  told.message = "AssertionError: the title is 'Untitled', expected 'Harbour bridge'";
  told.details = "    assert title == \"Harbour bridge\"\nE   AssertionError\n";
  told.file = state.files[lane.held->file].path;
  told.line = 16;
}

}  // namespace

std::shared_ptr<State> MakeTwoLanes() {
  auto made = MakeSampleState({.files = 9, .done = 0.5});
  State& state = *made;
  state.lanes.resize(2);
  for (uint32_t f = 0; f < state.files.size(); ++f) {
    if (state.files[f].counts.Total() > 0) state.files.Edit(f).lane = static_cast<int>(f % 2);
  }
  DealGenerations(state);
  const size_t count = state.generations.size();
  for (int lane = 0; lane < 2; ++lane) {
    const size_t current = count - 2 + static_cast<size_t>(lane);
    GenerationState& g = state.generations.Edit(current);
    g.lane = lane;
    g.role = SubjectRole::Serving;
    g.phase = SubjectPhase::Up;
    g.health = Health::Healthy;
    g.reason.clear();
    g.exit = {};
    g.frame = 812;
    state.lanes[static_cast<size_t>(lane)].current = current;
  }
  RunOn(state, 0, state.lanes[0].draft->test);
  RunOn(state, 1, {7, 0});
  Hold(state, state.lanes[0]);
  for (int lane = 0; lane < 2; ++lane) AddSpare(state, lane);
  state.files.Edit(1).tests.Edit(2).attempt = 2;
  state.files.Edit(1).tests.Edit(2).earlier = {
      "attempt 1: failed (collateral), no answer; run again because its subject was lost before "
      "it had begun"};
  state.hold_on_failure = true;
  return made;
}

}  // namespace proctor::fakes
