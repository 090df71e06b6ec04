#pragma once

#include "core/model/effect.h"
#include "core/model/state.h"

namespace proctor {

/// Applies one event to the state and says what is to be done about it. Knows no
/// clock and no world: the same events give the same state, which is how a journal
/// is replayed (the effects are then left alone).
Effects Update(State& state, const Stamped& stamped);

}  // namespace proctor
