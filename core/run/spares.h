#pragma once

#include <string>

#include "core/model/effect.h"
#include "core/model/state.h"

namespace proctor {

/// Spares: generations that are started before anyone needs them. A lane's first
/// generation begins as one, beside the worker's own start. Decisions, to be asked
/// for at any time; loop thread only.

/// Starts what the lane lacks of spares, and throws away those that nobody can need
/// any more. Never while the lane's own generation starts: that one goes first.
Effects TendSpares(State& state, LaneState& lane);

/// Hands the most advanced spare over for LaneState::next_cause; a new generation is
/// started where there is none. Gives up where the restart budget is spent.
Effects NextGeneration(State& state, LaneState& lane);

/// A spare was lost before anybody used it; after some in a row there will be none.
void LoseSpare(State& state, LaneState& lane, const GenerationState& generation,
               const std::string& how);

/// Ends every spare of the lane.
Effects ThrowSparesAway(const State& state, const LaneState& lane, const std::string& reason);

/// Takes a generation out of the lane's lists; it is left to end by itself.
void Retire(State& state, LaneState& lane, size_t generation);
void Forget(LaneState& lane, size_t generation);

}  // namespace proctor
