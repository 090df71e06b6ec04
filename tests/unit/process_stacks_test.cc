// Where the threads of a live process stand, as the kernel and as debuggers tell it.
#include <doctest/doctest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "core/process/environment.h"
#include "core/process/stacks_linux.h"
#include "process_world.h"

using namespace proctor;
using namespace proctor::test;

namespace {

bool Has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

Environment OurPath() {
  const char* path = std::getenv("PATH");
  return {{"PATH", path == nullptr ? "/usr/bin:/bin" : path}};
}

/// A folder of programs that do nothing, to be a PATH.
struct Programs {
  explicit Programs(const std::vector<std::string>& names) {
    for (const std::string& name : names) {
      std::ofstream(dir.path() / name) << "#!/bin/sh\n";
      chmod((dir.path() / name).c_str(), 0755);
    }
    environment = {{"PATH", dir.path().string()}};
  }
  TempDir dir;
  Environment environment;
};

/// A child that has printed its first line, and its pid.
struct Running {
  Running(World& world, SpawnSpec spec) : child(world.Spawn(std::move(spec), out)) {
    if (world.AwaitLine(out)) pid = world.Await<ChildSpawned>(child)->pid;
  }
  Collected out;
  ChildId child;
  int pid = 0;
};

}  // namespace

TEST_CASE("a thread is told in words, with the kernel's frames below") {
  CHECK(DescribeThread({.tid = 7,
                        .name = "io\npool",
                        .state = 'S',
                        .wchan = "futex_wait_queue",
                        .syscall = std::to_string(SYS_futex) + " 0x1 0x2",
                        .stack = "[<0>] futex_wait+0x1/0x2\n[<0>] do_syscall_64+0x3/0x4"}) ==
        "thread 7 'io pool': sleeping, in system call futex, waits in futex_wait_queue\n"
        "  futex_wait+0x1/0x2\n  do_syscall_64+0x3/0x4\n");
  CHECK(DescribeThread({.tid = 8, .name = "a", .state = 'R', .wchan = "0", .syscall = "running"}) ==
        "thread 8 'a': running\n");
  CHECK(Has(DescribeThread({.tid = 9, .state = 'D', .syscall = "99999 0x0"}),
            "uninterruptible (no signal, SIGKILL neither, ends it before what it waits for), in "
            "system call 99999"));
  CHECK(Has(DescribeThread({.tid = 9, .state = 'S', .syscall = "-1 0x7f 0x7f"}), ": sleeping\n"));
  CHECK(Has(DescribeThread({.tid = 9, .name = "\xff", .state = '%'}), "unknown state '%'"));
}

TEST_CASE("every thread of a process is told, and that it is stopped") {
  World world;
  const Running child(world, {.argv = {Child("threads")}});
  REQUIRE(child.pid > 0);
  // It may still be on its way from its line of output to its rest.
  const std::string first = "thread " + std::to_string(child.pid) + " 'threads': sleeping";
  CHECK(Within(2s, [&] { return Has(ThreadsOf(child.pid), first); }));
  const std::string text = ThreadsOf(child.pid);
  CAPTURE(text);
  CHECK(Has(text, "'left': sleeping"));
  CHECK(Has(text, "'right': sleeping"));
  CHECK_FALSE(Has(text, "stopped"));
  world.tether->Signal(child.child, SIGSTOP, Target::Process);
  CHECK(Within(2s, [&] { return Has(ThreadsOf(child.pid), "'left': stopped (by a signal"); }));
}

TEST_CASE("a process that is gone has no threads, and that is said") {
  CHECK(ThreadsOf(1 << 29) == "there is no process 536870912 any more\n");
}

TEST_CASE("stacks are taken by gdb, else by eu-stack, else by nobody") {
  const Programs both({"gdb", "eu-stack"});
  const Programs one({"eu-stack"});
  const auto gdb = StackDumpSpec(42, both.environment);
  REQUIRE(gdb);
  CHECK(gdb->argv.front() == "gdb");
  CHECK(gdb->argv.back() == "42");
  CHECK(std::find(gdb->argv.begin(), gdb->argv.end(), "-nx") != gdb->argv.end());
  CHECK(StackDumpSpec(42, one.environment)->argv ==
        std::vector<std::string>{"eu-stack", "-p", "42"});
  CHECK_FALSE(StackDumpSpec(42, {{"PATH", "/no/such"}}));
}

TEST_CASE("the tool is not told of servers that have symbols") {
  Programs gdb({"gdb"});
  gdb.environment.emplace_back("DEBUGINFOD_URLS", "https://example.com");
  CHECK(ValueOf(StackDumpSpec(42, gdb.environment)->env, "DEBUGINFOD_URLS", "none") == "none");
}

TEST_CASE("py-spy is asked about Python programs alone") {
  const Programs py_spy({"py-spy"});
  World world;
  const Running other(world, {.argv = {Child("threads")}});
  CHECK_FALSE(PythonStackDumpSpec(other.pid, py_spy.environment));
  const Running python(world, {.argv = {"/usr/bin/python3", "-c",
                                        "print('up', flush=True); import signal; signal.pause()"},
                               .fds = {}});
  REQUIRE(python.pid > 0);
  const auto spec = PythonStackDumpSpec(python.pid, py_spy.environment);
  CHECK_FALSE(PythonStackDumpSpec(python.pid, {{"PATH", "/no/such"}}));
  REQUIRE(spec);
  CHECK(spec->argv ==
        std::vector<std::string>{"py-spy", "dump", "--pid", std::to_string(python.pid)});
}

TEST_CASE("what gdb says of itself is removed, and its stacks stay") {
  CHECK(TidyStacks("[New LWP 23771]\n"
                   "warning: Unable to find libthread_db matching inferior's thread library, so\n"
                   "thread debugging will not be available.\n"
                   "[Thread debugging using libthread_db enabled]\n"
                   "0x00007f62c6eed545 in __GI___clock_nanosleep () at clock_nanosleep.c:48\n"
                   "48\t../sysdeps/unix/sysv/linux/clock_nanosleep.c: No such file.\n"
                   "\n"
                   "Thread 2 (Thread 0x7f62c6d3d6c0 (LWP 23771) \"worker one\"):\n"
                   "#0  0x00007f62c6ef1df2 in __libc_pause () at pause.c:29\n"
                   "warning: 29\t../sysdeps/pause.c: No such file or directory\n"
                   "#1  0x000055f5f0bca1c2 in Inner () at hang.cc:4\n"
                   "\n\n"
                   "Thread 1 (LWP 23769):\n"
                   "#0  main () at hang.cc:5\n"
                   "[Inferior 1 (process 23769) detached]\n") ==
        "Thread 2 (Thread 0x7f62c6d3d6c0 (LWP 23771) \"worker one\"):\n"
        "#0  0x00007f62c6ef1df2 in __libc_pause () at pause.c:29\n"
        "#1  0x000055f5f0bca1c2 in Inner () at hang.cc:4\n"
        "\n"
        "Thread 1 (LWP 23769):\n"
        "#0  main () at hang.cc:5\n");
}

TEST_CASE("why gdb has no stacks is kept") {
  CHECK(TidyStacks("Could not attach to process.  If your uid matches the uid of the target\n"
                   "process, check the setting of /proc/sys/kernel/yama/ptrace_scope\n"
                   "warning: process 9 is already traced by process 8\n"
                   "ptrace: Operation not permitted.\n") ==
        "Could not attach to process.  If your uid matches the uid of the target\n"
        "process, check the setting of /proc/sys/kernel/yama/ptrace_scope\n"
        "warning: process 9 is already traced by process 8\n"
        "ptrace: Operation not permitted.\n");
  CHECK(TidyStacks("").empty());
  CHECK(TidyStacks("[New LWP 1]").empty());
}

TEST_CASE("the stacks of eu-stack and py-spy stay as they are") {
  const std::string eu_stack =
      "PID 23 - process\nTID 23:\n#0  0x00007f pause\n#1  0x000055 main\nTID 24:\n#0  0x00007f x\n";
  CHECK(TidyStacks(eu_stack) == eu_stack);
  const std::string py_spy =
      "Process 12: python3 -c x\nPython v3.11.2 (/usr/bin/python3.11)\n\n"
      "Thread 12 (idle): \"MainThread\"\n    <module> (<string>:1)\n";
  CHECK(TidyStacks(py_spy) == py_spy);
}

TEST_CASE("a debugger that the tether started may attach to its cousin") {
  const auto with_gdb = [](int pid) { return StackDumpSpec(pid, OurPath()); };
  if (!with_gdb(1) || with_gdb(1)->argv[0] != "gdb") {
    MESSAGE("gdb is not installed: not tested");
    return;
  }
  World world;
  const Running child(world, {.argv = {Child("threads")}});
  REQUIRE(child.pid > 0);
  Collected out;
  SpawnSpec spec = *with_gdb(child.pid);
  FdPair errors = std::move(*MakePipe());
  Collected err;
  world.Collect(std::move(errors.first), err);
  spec.fds.push_back({.child_fd = 2, .fd = errors.second.get()});
  world.Spawn(spec, out);
  errors.second.Close();
  REQUIRE(world.Until([&] { return out.ended && err.ended; }));
  CAPTURE(err.text);
  CAPTURE(out.text);
  const std::string stacks = TidyStacks(out.text);
  CHECK(stacks.starts_with("Thread 3 "));
  CHECK(Has(stacks, "\"left\""));
  CHECK(Has(stacks, "WaitInVain"));
  CHECK(Has(stacks, " main "));
  CHECK_FALSE(Has(stacks, "[New LWP"));
  CHECK(Has(ThreadsOf(child.pid), "'left': sleeping"));  // it goes on
}
