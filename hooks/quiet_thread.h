#pragma once
// Threads of a library inside somebody else's program: the program's signals go
// to the program's threads.

#include <functional>
#include <thread>

namespace proctor::hooks {

/// Starts a thread with every signal blocked but those of a crash, and a stack for these.
/// Throws std::system_error where the system gives no thread.
std::thread StartQuietThread(std::function<void()> body);

}  // namespace proctor::hooks
