#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace proctor {

/// "did you mean 'timeout'?" where a known word is near, else "known are a, b, c".
std::string Suggest(std::string_view word, const std::vector<std::string_view>& known);

/// "a, b, c"
std::string Joined(const std::vector<std::string_view>& words);

/// How many letters have to be put in, left out, changed or swapped.
size_t EditDistance(std::string_view a, std::string_view b);

}  // namespace proctor
