#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace proctor {

/// Takes the next piece of a file's text.
using Put = std::function<void(std::string_view)>;

/// Writes a file that is there whole or not at all: beside its place first, then
/// renamed onto it. What is no regular file (/dev/stdout, a pipe) is written
/// directly. Errors: a sentence that names the file and the reason.
Result<void, std::string> WriteWhole(const std::filesystem::path& path,
                                     const std::function<void(const Put&)>& fill);

}  // namespace proctor
