#include "hooks/crash_note.h"

#include <execinfo.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <cstring>

#include "hooks/last_request.h"
#include "hooks/signal_stack.h"

namespace proctor::hooks {
namespace {

constexpr std::array kSignals = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
constexpr int kMaxFrames = 64;

// The handler can be given nothing else: signals are a process's own.
char file_to_remove[512] = "";
char file_to_write[512] = "";

void Say(int fd, const char* text) {
  // A crashing program has nobody to report a failed write to.
  if (write(fd, text, strlen(text)) < 0) return;
}

const char* NameOf(int signal) {
  switch (signal) {
    case SIGSEGV:
      return "SIGSEGV (invalid memory access, or stack overflow)";
    case SIGBUS:
      return "SIGBUS (invalid memory access)";
    case SIGFPE:
      return "SIGFPE (arithmetic error)";
    case SIGILL:
      return "SIGILL (invalid instruction)";
    case SIGABRT:
      return "SIGABRT (abort)";
    default:
      return "a signal";  // an int, not an enum of ours
  }
}

void Tell(int fd, const char* prefix, int signal, void* const* frames, int count) {
  Say(fd, prefix);
  Say(fd, "the program is ended by ");
  Say(fd, NameOf(signal));
  Say(fd, "\n");
  Say(fd, prefix);
  Say(fd, "backtrace, innermost first:\n");
  backtrace_symbols_fd(frames, count, fd);
  TellLastRequest(fd, prefix);
}

/// Calls only what is safe here in practice: open, write, unlink, and glibc's backtrace,
/// whose library InstallCrashNote() has loaded beforehand.
void OnCrash(int signal) {
  void* frames[kMaxFrames];
  const int count = backtrace(frames, kMaxFrames);
  Say(STDERR_FILENO, "\n");
  Tell(STDERR_FILENO, "hooks: ", signal, frames, count);
  if (file_to_write[0] != '\0') {
    const int fd = open(file_to_write, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd >= 0) Tell(fd, "", signal, frames, count);
    if (fd >= 0) close(fd);
  }
  if (file_to_remove[0] != '\0') unlink(file_to_remove);
  raise(signal);  // SA_RESETHAND has put the default back
}

}  // namespace

void InstallCrashNote(const std::string& remove_file) {
  void* warm_up[1];
  backtrace(warm_up, 1);
  strncpy(file_to_remove, remove_file.c_str(), sizeof file_to_remove - 1);
  if (const char* const write_file = std::getenv("PROCTOR_CRASH_FILE")) {
    strncpy(file_to_write, write_file, sizeof file_to_write - 1);
  }
  static thread_local const SignalStack stack;  // as long as the calling thread
  static_cast<void>(stack);
  for (int signal : kSignals) {
    struct sigaction present {};
    if (sigaction(signal, nullptr, &present) == 0 && present.sa_handler != SIG_DFL) continue;
    struct sigaction action {};
    action.sa_handler = OnCrash;
    action.sa_flags = SA_ONSTACK | SA_RESETHAND | SA_NODEFER;
    sigemptyset(&action.sa_mask);
    sigaction(signal, &action, nullptr);
  }
}

void RemoveCrashNote() {
  for (int signal : kSignals) {
    struct sigaction present {};
    if (sigaction(signal, nullptr, &present) != 0 || present.sa_handler != OnCrash) continue;
    ::signal(signal, SIG_DFL);
  }
  file_to_remove[0] = '\0';
}

}  // namespace proctor::hooks
