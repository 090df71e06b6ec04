#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/model/state.h"

namespace proctor {

/// What was probably meant by a name that the batch does not have.

/// "did you mean 'tests/test_a.py'?", else what there is: a few, and how many more.
std::string NearestFile(const State& state, std::string_view path);
/// The same for a test id: within its file where that is known.
std::string NearestTest(const State& state, std::string_view id);

/// The file of that path: as in the test ids, or absolute.
std::optional<uint32_t> FindFileOrSource(const State& state, const std::string& path);

}  // namespace proctor
