#pragma once

#include "core/model/effect.h"
#include "core/model/state.h"

namespace proctor {

/// A held test that is kept aside: its worker and its generation move to a lane of
/// their own behind the others, which runs nothing else, while the lane that they come
/// from goes on with the rest on a fresh pair. Decisions; loop thread only.

/// Moves what the lane holds aside. Takes a number, because the lanes may move.
Effects SetAside(State& state, size_t lane);

/// Lets the test go that is kept aside. Its worker ends after its teardown.
Effects EndAside(State& state, LaneState& lane);

/// What was kept aside is over with its worker: its generation ends as well.
Effects AfterAside(State& state, LaneState& lane);

/// Lanes that take part in the batch: all but those.
size_t WorkingLanes(const State& state);

}  // namespace proctor
