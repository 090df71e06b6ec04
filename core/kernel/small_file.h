#pragma once

#include <filesystem>
#include <string>

#include "core/base/result.h"

namespace proctor {

/// The text of a connection file, a kernel.json, a settings file. Never waits, whatever the path
/// names. Errors: a sentence with the file: it cannot be read, is no regular file, has more than
/// a mebibyte.
Result<std::string, std::string> ReadSmallFile(const std::filesystem::path& file);

}  // namespace proctor
