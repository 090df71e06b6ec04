#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace proctor {

/// What /proc tells about processes. Nothing here waits or allocates much; a
/// process that is gone by now is simply not found.

struct ProcessInfo {
  int pid = 0;
  int parent = 0;
  int group = 0;
  char state = '?';          ///< Z: a zombie, T: stopped
  uint64_t start_ticks = 0;  ///< since boot; with pid it names a process for good
};

std::optional<ProcessInfo> ReadProcess(int pid);

/// Every descendant of `pid`, zombies too, parents before their children. Those
/// that are born meanwhile may be missing: who wants all dead walks again.
std::vector<ProcessInfo> DescendantsOf(int pid);

/// Signals a process that a walk found, unless its number has been given to
/// another process since. `adopter` is who inherits the walk's orphans.
void SignalDescendant(const ProcessInfo& process, int adopter, int signal);

/// SIGKILLs the children of this single-threaded process, newest first, but those
/// that are `spared`. Far quicker than a walk, since nothing has to be looked at: the
/// number of a child that is not reaped cannot be another's. It is what catches a
/// process that forks and exits in a loop, whose orphans all become our children.
void KillOwnChildren(const std::vector<int>& spared);

/// The arguments with spaces between, or "[name]" where there are none.
std::string CommandLine(int pid, size_t max_bytes);

/// The numbers of all processes.
std::vector<int> AllProcesses();

/// The beginning of a file of /proc; empty when it is gone or not ours to read.
std::string ReadProcFile(const std::string& path, size_t max_bytes);

/// The entries of a directory that are numbers: processes, threads, descriptors.
std::vector<int> NumbersIn(const std::string& directory);

}  // namespace proctor
