#pragma once
// The report files that a command asks for.

#include <optional>

#include "app/session.h"
#include "core/model/state.h"

namespace proctor {

/// Whether the batch has ended and every outcome is durable.
bool IsOver(const State& state);

/// Before anything runs: what would keep a report from being written.
std::optional<Trouble> TroubleWithReports(const RunCommand& command);

/// Writes the reports that were asked for; false, with a word on stderr, where one could not be.
bool WriteReports(const RunCommand& command, const State& state);

}  // namespace proctor
