#include "hooks/crash_note.h"

#include <execinfo.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cstring>

namespace proctor::hooks {
namespace {

constexpr std::array kSignals = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
constexpr size_t kStackBytes = 128 * 1024;  // the unwinder needs some 20 KiB
constexpr int kMaxFrames = 64;

// The handler can be given nothing else: signals are a process's own.
char file_to_remove[512] = "";

void Say(const char* text) {
  // A crashing program has nobody to report a failed write to.
  if (write(STDERR_FILENO, text, strlen(text)) < 0) return;
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

/// Calls only what is safe here in practice: write, unlink, and glibc's backtrace,
/// whose library InstallCrashNote() has loaded beforehand.
void OnCrash(int signal) {
  Say("\nhooks: the program is ended by ");
  Say(NameOf(signal));
  Say("\nhooks: backtrace, innermost first:\n");
  void* frames[kMaxFrames];
  backtrace_symbols_fd(frames, backtrace(frames, kMaxFrames), STDERR_FILENO);
  if (file_to_remove[0] != '\0') unlink(file_to_remove);
  raise(signal);  // SA_RESETHAND has put the default back
}

/// Mapped and never unmapped: a sanitizer's own clean-up may unmap it as well.
void GiveThisThreadASignalStack() {
  stack_t present{};
  if (sigaltstack(nullptr, &present) == 0 && (present.ss_flags & SS_DISABLE) == 0 &&
      present.ss_size >= kStackBytes) {
    return;
  }
  void* memory = mmap(nullptr, kStackBytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
  if (memory == MAP_FAILED) return;
  const stack_t stack{.ss_sp = memory, .ss_flags = 0, .ss_size = kStackBytes};
  sigaltstack(&stack, nullptr);
}

}  // namespace

void InstallCrashNote(const std::string& remove_file) {
  void* warm_up[1];
  backtrace(warm_up, 1);
  strncpy(file_to_remove, remove_file.c_str(), sizeof file_to_remove - 1);
  GiveThisThreadASignalStack();
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
