#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace proctor {

/// What a subject that carries the hooks leaves when it crashes, at the path that it was given
/// in PROCTOR_CRASH_FILE: the signal, then a backtrace, innermost first.

/// The note with its names as a person reads them; "" where there is none. At most 64 KiB.
std::string ReadCrashFile(const std::filesystem::path& file);

/// "demo(_ZN4demo4SaveEv+0x12) [0x55]" with its name demangled: "demo(demo::Save()+0x12) [0x55]".
/// Any other line as it is.
std::string DemangledLine(std::string_view line);

}  // namespace proctor
