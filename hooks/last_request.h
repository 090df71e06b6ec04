#pragma once
// The request that was taken last, kept where the handler of a signal can read it.

#include <string_view>

namespace proctor::hooks {

/// Thread-safe. Method and path are cut to 200 characters together.
void NoteRequest(std::string_view method, std::string_view path);

/// Writes "the last request: POST /api/ui/click, 12 ms before that" and a line end, behind
/// `prefix`; nothing where there was none. Safe in the handler of a signal.
void TellLastRequest(int fd, const char* prefix);

}  // namespace proctor::hooks
