#pragma once

#include "app/desk.h"
#include "app/requests.h"
#include "core/model/state.h"

namespace proctor {

/// The lanes, a row each: worker, subject and test; a click shows that lane's subject.
/// Nothing where there is one.
void DrawLanes(const State& state, Time now, Desk& desk);

/// The spares of a lane, and how far each is.
void DrawSpares(const State& state, const LaneState& lane, Time now);

/// "up for tests", "ready for 12 s", "starting for 3 s"
std::string SpareText(const GenerationState& spare, Time now);

}  // namespace proctor
