#pragma once

#include <filesystem>
#include <string>

#include "core/base/result.h"
#include "core/model/state.h"

namespace proctor {

/// What --junit writes: the structure of pytest's junitxml (xunit2), a testsuite for
/// each suite. A test that timed out, crashed or was not run is an <error> of that
/// type: a CI that reads it must not go green. Generation, blame and file note are
/// properties of the test case. The file appears whole or not at all. Errors: a
/// sentence.
Result<void, std::string> WriteJUnit(const State& state, const std::filesystem::path& path);

}  // namespace proctor
