#pragma once

namespace proctor::hooks {

/// The calling thread's id, as the system's tools show it. Asked for once by each thread.
int ThreadId();

}  // namespace proctor::hooks
