#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/process/spawn_spec.h"

namespace proctor {

/// Runs a program to see whether it can do its work here, and waits for its end; argv[0] is a
/// path. It writes little: more than 64 KiB would make it wait. Nothing of it is left. Errors: a
/// sentence: it cannot be started, did not end within the limit, ended otherwise than with 0,
/// with what it wrote.
Result<void, std::string> TryProgram(const std::vector<std::string>& argv,
                                     const Environment& environment,
                                     std::chrono::milliseconds limit);

}  // namespace proctor
