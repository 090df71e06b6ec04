#pragma once
// A health snapshot as the routes say it. Pure functions.

#include <string>

#include "hooks/gui_health.h"

namespace proctor::hooks {

/// The body of GET /api/gui_health: the same keys and types in every program.
std::string ToJson(const HealthSnapshot& snapshot);

/// The body of GET /api/guard.
std::string GuardJson(const GuardState& guard);

/// The body of GET /metrics, in Prometheus' text format.
std::string ToMetrics(const HealthSnapshot& snapshot);

}  // namespace proctor::hooks
