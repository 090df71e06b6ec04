#pragma once

#include <optional>
#include <string>

namespace proctor {

/// How a process ended: exactly one of code and signal is set.
struct ExitStatus {
  std::optional<int> code;    ///< what it returned
  std::optional<int> signal;  ///< the number of the signal that ended it
  bool core = false;          ///< a core was dumped

  friend bool operator==(const ExitStatus&, const ExitStatus&) = default;
};

/// "SIGSEGV"; "SIGRTMIN+3"; "signal 99" for a number that has no name.
std::string SignalName(int signal);

/// A half sentence: "exited with code 3", "was ended by SIGSEGV (core dumped)".
std::string Describe(const ExitStatus& status);

}  // namespace proctor
