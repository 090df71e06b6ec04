#include "core/subject/policy.h"

#include <fmt/format.h>

#include <algorithm>

namespace proctor {
namespace {

const TestState& Test(const State& state, TestRef ref) {
  return state.files[ref.file].tests[ref.test];
}

std::string WhenDied(const State& state, const GenerationState& g) {
  if (!g.last_test) return {};
  return fmt::format(" {} {}", g.died_under_test ? "under" : "after", Test(state, *g.last_test).id);
}

}  // namespace

std::optional<std::string> WantsFresh(RestartWhen when, const State& state,
                                      const GenerationState& g, TestRef next) {
  if (!g.last_test) return std::nullopt;
  const bool other_file = g.last_test->file != next.file;
  const bool other_class =
      other_file || Test(state, *g.last_test).class_name != Test(state, next).class_name;
  switch (when) {
    case RestartWhen::Never:
    case RestartWhen::Unhealthy:
      return std::nullopt;
    case RestartWhen::File:
      if (other_file) return "every file gets a fresh generation (restart = \"file\")";
      return std::nullopt;
    case RestartWhen::Class:
      if (other_class) return "every class gets a fresh generation (restart = \"class\")";
      return std::nullopt;
    case RestartWhen::Test:
      return "every test gets a fresh generation (restart = \"test\")";
  }
  return std::nullopt;
}

RestartWhen PolicyFor(const State& state, TestRef test) {
  const FileState& file = state.files[test.file];
  if (const auto own = file.tests[test.test].restart) return *own;
  if (file.restart) return *file.restart;
  if (state.config && file.suite < state.config->suites.size()) {
    if (const auto suite = state.config->suites[file.suite].restart) return *suite;
  }
  return state.restart;
}

bool HasRestartLeft(const LaneState& lane, const RestartBudget& budget, Time now) {
  const auto recent = std::count_if(lane.respawns.begin(), lane.respawns.end(),
                                    [&](Time t) { return now - t <= budget.period; });
  return recent < budget.restarts;
}

void SpendRestart(LaneState& lane, const RestartBudget& budget, Time now) {
  std::erase_if(lane.respawns, [&](Time t) { return now - t > budget.period; });
  lane.respawns.push_back(now);
}

std::string WhyReplaced(const State& state, const GenerationState& g) {
  const std::string who =
      g.last_test ? fmt::format(" by {}", Test(state, *g.last_test).id) : std::string();
  switch (g.health) {
    case Health::Dead:
      if (g.killed) return fmt::format("generation {} was killed on request", g.id.value);
      return fmt::format("generation {} died{}: {}", g.id.value, WhenDied(state, g), g.reason);
    case Health::Hung:
      return fmt::format("generation {} was left hung{}: {}", g.id.value, who, g.reason);
    case Health::Degraded:
      return fmt::format("generation {} was left degraded{}: {}", g.id.value, who, g.reason);
    case Health::Starting:
    case Health::Healthy:
      return fmt::format("generation {} was ended: {}", g.id.value, g.reason);
  }
  return {};
}

std::string Describe(const ExitInfo& exit) {
  if (!exit.signal.empty()) return exit.signal;
  if (exit.code) return fmt::format("exit code {}", *exit.code);
  return "an unknown cause";
}

}  // namespace proctor
