#pragma once

#include <vector>

#include "core/kernel/host.h"
#include "hooks/openapi.h"

namespace proctor {

namespace hooks {
class Hooks;
}

/// /api/kernels…: the kernels that Proctor runs or is attached to. `host` has to outlive the
/// hooks. Handlers run on the server's threads and wait there, in pieces, so that a server that
/// closes waits for none of them.
void AddKernelRoutes(hooks::Hooks& hooks, KernelHost& host);

/// For GET /api/openapi.json.
std::vector<hooks::RouteInfo> KernelRoutes();

}  // namespace proctor
