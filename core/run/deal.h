#pragma once

#include <cstdint>
#include <optional>

#include "core/model/state.h"

namespace proctor {

/// Which lane gets which test file. One lane takes them in the runner's own order;
/// several take the longest first, by what each took when it last ran, and whoever
/// is idle takes from what is left. Loop thread only.

/// Puts the running suite's files into the order of dealing; once they are known.
void ShuffleDeck(State& state);

/// The next file with a planned test that the lane may have; it is the lane's from
/// then on. None: there is no such file, now.
std::optional<uint32_t> DealTo(State& state, LaneState& lane);

/// The same, without giving it away: what DealTo() would give now.
std::optional<uint32_t> NextFor(const State& state, const LaneState& lane);

/// The files that the lane was given and has not ended go back; it gets them first.
void TakeBack(State& state, LaneState& lane);
void TakeBack(State& state, uint32_t file);

/// How many files one lane may hold at a time: the one that runs, and one ahead
/// while there is enough for everybody.
size_t HandSize(const State& state);

}  // namespace proctor
