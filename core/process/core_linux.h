#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace proctor {

/// Where the kernel has written the core of a process.

/// What /proc/sys/kernel/core_pattern and core_uses_pid make of a process, as a pattern for
/// fnmatch(): what is not known of it here, its threads' names and times, is `*`. Relative where
/// the core goes into the process's own directory; empty where it goes into a pipe.
std::string CorePattern(std::string_view core_pattern, bool uses_pid, int pid);

/// The newest such file of the last minute; empty where there is none. `cwd` is where the process
/// was started: one that changed its directory leaves its core elsewhere.
std::filesystem::path FindCore(int pid, const std::filesystem::path& cwd);

/// The file that runs in a live process; empty where that cannot be read.
std::filesystem::path ProgramOf(int pid);

}  // namespace proctor
