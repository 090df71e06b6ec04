#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace proctor::hooks::ui {

/// The `most` known paths that a person may have meant by `wanted`, the likeliest
/// first: by the letters of the last part above all, then of the whole.
std::vector<std::string> Nearest(std::string_view wanted,
                                 const std::vector<std::string_view>& known, size_t most);

}  // namespace proctor::hooks::ui
