#pragma once
// Threads of a library inside somebody else's program: the program's signals go
// to the program's threads.

#include <functional>
#include <thread>

namespace proctor::hooks {

/// Starts a thread with every signal blocked but those of a crash, and a stack for these.
/// Throws std::system_error where the system gives no thread.
std::thread StartQuietThread(std::function<void()> body);

/// The calling thread asks for short turns, and gets them soon: one that mostly waits is to
/// answer while the program's own threads compute on every core. Takes no privilege; kernels
/// before Linux 6.12 pay no heed to it. Quiet threads have asked for it.
void AskForShortTurns();

}  // namespace proctor::hooks
