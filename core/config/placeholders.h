#pragma once

#include <string_view>
#include <vector>

namespace proctor {

/// port, workspace, generation, lane.
const std::vector<std::string_view>& KnownPlaceholders();

/// The names that Expand() would look for in a text.
std::vector<std::string_view> PlaceholdersIn(std::string_view text);

}  // namespace proctor
