#pragma once

#include <optional>
#include <string>

#include "core/config/config.h"
#include "core/model/state.h"

namespace proctor {

/// The restart policy: when a generation is replaced, and how often that may be.

/// Why the policy wants a generation that has served others to be replaced before
/// `next`, although it is healthy; empty when it may stay.
std::optional<std::string> WantsFresh(RestartWhen when, const State& state,
                                      const GenerationState& generation, TestRef next);

/// The policy that holds for a test: its own, else its file's, else its suite's, else
/// the one in force.
RestartWhen PolicyFor(const State& state, TestRef test);

/// Whether the budget allows for one more restart now.
bool HasRestartLeft(const LaneState& lane, const RestartBudget& budget, Time now);
/// Takes one restart out of the budget.
void SpendRestart(LaneState& lane, const RestartBudget& budget, Time now);

/// "generation 2 was left degraded by tests/test_a.py::test_z: …"; what stands in
/// the note of whoever gets the next one.
std::string WhyReplaced(const State& state, const GenerationState& generation);

/// "exit code 1", "SIGSEGV", "an unknown cause".
std::string Describe(const ExitInfo& exit);

}  // namespace proctor
