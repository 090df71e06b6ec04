#pragma once
// The crash note: when a signal is about to end the program, its name and a
// backtrace go to stderr, which is the subject's log. The signal then takes its
// default course, so that the exit status still names it.

#include <string>

namespace proctor::hooks {

/// Installs the handlers, on a signal stack of the calling thread's own, so that a
/// stack overflow there is told too. `remove_file` ("" for none) is unlinked on the
/// way out. The note goes to stderr, and to the file that $PROCTOR_CRASH_FILE names. A handler that
/// the program installed itself is left alone.
void InstallCrashNote(const std::string& remove_file);

/// Takes the handlers out again.
void RemoveCrashNote();

}  // namespace proctor::hooks
