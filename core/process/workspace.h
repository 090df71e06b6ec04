#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace proctor {

/// Makes a new, empty directory of a name that begins with `prefix` under `root`,
/// and root too where it is missing; only its owner may enter. Errors: what
/// cannot be made, and why.
Result<std::filesystem::path, std::string> MakeWorkspace(const std::filesystem::path& root,
                                                         std::string_view prefix);

/// Removes a directory and all in it, however deep, and whatever permissions it
/// has. Symbolic links are removed and never followed; what is mounted inside is
/// left alone. A directory that is not there is no error. Errors: the first thing
/// that could not be removed; all else is gone.
Result<void, std::string> RemoveTree(const std::filesystem::path& directory);

}  // namespace proctor
