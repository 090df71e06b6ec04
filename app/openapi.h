#pragma once

#include <vector>

#include "hooks/openapi.h"

namespace proctor {

/// The routes that the dashboard has besides those of the hooks.
std::vector<hooks::RouteInfo> DashboardRoutes();

}  // namespace proctor
