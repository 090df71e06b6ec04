#pragma once
// The line in the program's log for a request that changed it, or was refused.

namespace proctor::hooks {

struct AnsweredRequest;

/// Writes it to stderr, if it is one of those. Thread-safe.
void LogRequest(const AnsweredRequest& request);

}  // namespace proctor::hooks
