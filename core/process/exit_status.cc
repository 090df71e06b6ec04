#include "core/process/exit_status.h"

#include <csignal>
#include <cstring>

namespace proctor {

std::string SignalName(int signal) {
  if (const char* name = sigabbrev_np(signal)) return std::string("SIG") + name;
  if (signal >= SIGRTMIN && signal <= SIGRTMAX) {
    const int above = signal - SIGRTMIN;
    return above == 0 ? "SIGRTMIN" : "SIGRTMIN+" + std::to_string(above);
  }
  return "signal " + std::to_string(signal);
}

std::string Describe(const ExitStatus& status) {
  if (!status.signal) return "exited with code " + std::to_string(status.code.value_or(0));
  return "was ended by " + SignalName(*status.signal) + (status.core ? " (core dumped)" : "");
}

}  // namespace proctor
