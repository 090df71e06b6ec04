#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "core/kernel/host.h"

namespace proctor {

/// The kernels as the routes answer them: JSON text, made by pure functions. Text that is not
/// UTF-8 is mended.

using SteadyTime = std::chrono::steady_clock::time_point;

/// GET /api/kernels. `version` is the host's, what a waiting request passes on.
std::string KernelListJson(const KernelList& list, uint64_t version, SteadyTime now);

/// GET /api/kernels/{id}.
std::string KernelJson(const KernelView& kernel, SteadyTime now);

/// A request of that kernel's, as far as `view` shows it.
std::string RequestJson(const std::string& kernel, RequestId request, const RequestLog::View& view);

std::string ChunkJson(const OutputChunk& chunk);
std::string ResultJson(const ExecuteResult& result);

/// GET /api/kernels/{id}/hooks: the calls from number `since` on. Their "at_ms" is of the
/// monotonic clock, as Python's time.monotonic() has it.
std::string HookCallsJson(const std::vector<HookCall>& calls, uint64_t since);

}  // namespace proctor
