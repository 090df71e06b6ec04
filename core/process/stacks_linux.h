#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "core/process/spawn_spec.h"

namespace proctor {

/// Where the threads of a process stand: what the kernel tells of them at once, and
/// which program tells their own stacks. The program is spawned by who wants it.

/// One thread as /proc/PID/task/TID describes it; what could not be read is empty.
struct ThreadFacts {
  int tid = 0;
  std::string name;     ///< comm
  char state = '?';     ///< as in stat: R, S, D, T, t, Z, X, I, P
  std::string wchan;    ///< the kernel function that it waits in; "0" for none
  std::string syscall;  ///< "running", or a number followed by arguments
  std::string stack;    ///< the kernel's stack, a line for each frame; root's to read
};

/// "thread 4242 'worker': stopped by a signal or a debugger's request …" and, indented
/// below it, the kernel's frames.
std::string DescribeThread(const ThreadFacts& thread);

/// A block for each thread of the process, at most 256 of them; a sentence when there
/// is no such process. Takes some milliseconds at most, and reads nothing that waits
/// for the process: no arguments and no maps, whose lock a hung program may hold.
std::string ThreadsOf(int pid);

/// What prints the stacks of a live process: gdb, else eu-stack; empty when neither is
/// on the environment's PATH. It stops the process while it looks. It runs no script
/// that the program brings along, and asks no server for symbols.
std::optional<SpawnSpec> StackDumpSpec(int pid, const Environment& environment);

/// The same for a core of that program.
std::optional<SpawnSpec> CoreStackSpec(const std::filesystem::path& core,
                                       const std::filesystem::path& program,
                                       const Environment& environment);

/// py-spy, which tells a Python program's stacks in lines of Python. Empty when the
/// program is not Python or py-spy is not there; nothing is ever sent to the program.
std::optional<SpawnSpec> PythonStackDumpSpec(int pid, const Environment& environment);

/// Options for gdb that make it print and end, whatever it is pointed at.
std::vector<std::string> QuietGdb();

/// The environment for it, without the servers that gdb would ask for symbols.
Environment WithoutSymbolServers(Environment environment);

/// The stacks alone, of what gdb, eu-stack or py-spy has written: what gdb tells of
/// itself and of missing symbols is removed. Without any stack in it, what remains is
/// the tool's reason for that.
std::string TidyStacks(std::string_view raw);

}  // namespace proctor
