#pragma once
// Backtraces of this process with what glibc gives: no debugger, no library.

#include <string>
#include <vector>

namespace proctor::hooks {

/// The return addresses of the calling thread, innermost first, without this function.
std::vector<void*> CaptureBacktrace();

/// "demangled::Name(int) + 0x1f (module + 0x4a2f)" for each address. The module's
/// offset is what addr2line takes. Takes about a millisecond.
std::vector<std::string> Symbolise(const std::vector<void*>& addresses);

}  // namespace proctor::hooks
