#pragma once

#include <filesystem>
#include <string>

#include "core/base/result.h"
#include "core/model/state.h"

namespace proctor {

/// What --json writes: the batch as DESIGN.md lays it down, tests in the order of
/// their files. The file appears whole or not at all. Errors: a sentence.
Result<void, std::string> WriteJson(const State& state, const std::filesystem::path& path);

}  // namespace proctor
