#include <iterator>

#include "core/run/steps.h"

namespace proctor {

LaneState* FindLane(State& state, WorkerId worker) {
  for (LaneState& lane : state.lanes) {
    if (worker && lane.worker == worker) return &lane;
  }
  return nullptr;
}

LaneState* FindLane(State& state, GenerationId generation) {
  const GenerationState* g = FindGeneration(state, generation);
  if (!g || g->phase == SubjectPhase::Ended) return nullptr;
  for (LaneState& aside : state.lanes) {
    if (aside.aside && aside.current && state.generations[*aside.current].id == generation) {
      return &aside;
    }
  }
  const auto lane = static_cast<size_t>(g->lane);
  return lane < state.lanes.size() ? &state.lanes[lane] : nullptr;
}

int NumberOf(const State& state, const LaneState& lane) {
  return static_cast<int>(&lane - state.lanes.data());
}

GenerationState* FindGeneration(State& state, GenerationId generation) {
  // Newest first: late events are about one of the last few.
  for (size_t i = state.generations.size(); i-- > 0;) {
    if (state.generations[i].id == generation) return &state.generations.Edit(i);
  }
  return nullptr;
}

const GenerationState* CurrentGeneration(const State& state, const LaneState& lane) {
  return lane.current ? &state.generations[*lane.current] : nullptr;
}

std::optional<TestRef> FindTest(const State& state, const std::string& id) {
  const auto found = state.index->tests.find(id);
  if (found == state.index->tests.end()) return std::nullopt;
  return found->second;
}

TestState& EditTest(State& state, TestRef ref) {
  return state.files.Edit(ref.file).tests.Edit(ref.test);
}

const TestState& GetTest(const State& state, TestRef ref) {
  return state.files[ref.file].tests[ref.test];
}

void AddNotice(State& state, Severity severity, std::string text) {
  state.notices.push_back({state.now, severity, std::move(text)});
}

void Append(Effects& to, Effects more) {
  to.insert(to.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

}  // namespace proctor
