// Stacks of live processes, taken through the tether.
#include <doctest/doctest.h>
#include <signal.h>
#include <sys/stat.h>

#include <algorithm>
#include <fstream>

#include "core/subject/stack_taker.h"
#include "process_world.h"

using namespace proctor;
using namespace proctor::test;

namespace {

bool Has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

/// A PATH whose only debugger is this script.
struct Debugger {
  explicit Debugger(const std::string& script) {
    std::ofstream(dir.path() / "gdb") << "#!/bin/sh\n" << script << "\n";
    chmod((dir.path() / "gdb").c_str(), 0755);
  }
  Environment environment() const { return {{"PATH", dir.path().string() + ":/usr/bin:/bin"}}; }
  TempDir dir;
};

/// A taker on a world, a child to be looked at, and all that was told.
struct Scene {
  explicit Scene(const Environment& environment, std::chrono::milliseconds limit = 30s)
      : taker(world.loop(), world.tether.get(), environment, limit) {
    child = world.Spawn({.argv = {Child("threads")}}, out);
    if (world.AwaitLine(out)) pid = world.Await<ChildSpawned>(child)->pid;
  }
  void Take(int of) {
    taker.Take(of, [this](std::string text) { told.push_back(std::move(text)); });
  }
  /// Passes the tether's events on until so many were told.
  bool AwaitTold(size_t count) {
    return world.Until([&] {
      for (; passed < world.events.size(); ++passed) taker.OnTether(world.events[passed]);
      return told.size() >= count;
    });
  }
  World world;
  Collected out;
  ChildId child;
  int pid = 0;
  size_t passed = 0;
  std::vector<std::string> told;
  StackTaker taker;
};

}  // namespace

TEST_CASE("the kernel's part comes first and the tool's after it, from the loop") {
  const Debugger gdb("echo '[New LWP 1]'; echo 'Thread 1 (LWP 1):'; echo '#0 main ()'");
  Scene scene(gdb.environment());
  scene.Take(scene.pid);
  CHECK(scene.told.empty());
  REQUIRE(scene.AwaitTold(1));
  CAPTURE(scene.told[0]);
  CHECK(scene.told[0].starts_with("thread " + std::to_string(scene.pid) + " 'threads': "));
  CHECK(scene.told[0].ends_with("\n\ngdb:\nThread 1 (LWP 1):\n#0 main ()\n"));
}

TEST_CASE("stacks of several processes are taken at once") {
  const Debugger gdb("for last; do true; done; echo \"Thread 1 (LWP $last):\"");
  Scene scene(gdb.environment());
  Collected out;
  const ChildId other = scene.world.Spawn({.argv = {Child("threads")}}, out);
  REQUIRE(scene.world.AwaitLine(out));
  const int pid = scene.world.Await<ChildSpawned>(other)->pid;
  scene.Take(scene.pid);
  scene.Take(pid);
  REQUIRE(scene.AwaitTold(2));
  for (const int each : {scene.pid, pid}) {
    const std::string heading = "Thread 1 (LWP " + std::to_string(each) + "):";
    CHECK(Has(scene.told[0] + scene.told[1], heading));
  }
}

TEST_CASE("a tool that takes too long is ended, and what it wrote is kept") {
  // The second does not let go when it is asked to.
  for (const char* stubborn : {"", "trap '' TERM; "}) {
    CAPTURE(stubborn);
    const Debugger gdb(std::string(stubborn) +
                       "echo 'Thread 1 (LWP 1):'; while :; do sleep 60; done");
    Scene scene(gdb.environment(), 1000ms);
    scene.Take(scene.pid);
    REQUIRE(scene.AwaitTold(1));
    CHECK(Has(scene.told[0], "gdb:\nThread 1 (LWP 1):\n"));
    CHECK(Has(scene.told[0], "(gdb was ended after 1000 ms; what it had not written yet"));
    // Once the tool's tree has ended, nothing can be told a second time.
    REQUIRE(scene.world.Until([&] {
      return std::any_of(scene.world.events.begin(), scene.world.events.end(),
                         [](const auto& e) { return std::holds_alternative<TreeEnded>(e); });
    }));
    REQUIRE(scene.AwaitTold(1));
    CHECK(scene.told.size() == 1);
  }
}

TEST_CASE("without a debugger the kernel's part is told with what to install") {
  Scene scene(Environment{{"PATH", "/no/such"}});
  scene.Take(scene.pid);
  CHECK(scene.told.empty());
  REQUIRE(scene.AwaitTold(1));
  CHECK(Has(scene.told[0], "'left': sleeping"));
  CHECK(Has(scene.told[0], "apt install gdb"));
}

TEST_CASE("a debugger that cannot be run, or a lost tether, is told in its place") {
  const Debugger broken("");
  std::ofstream(broken.dir.path() / "gdb") << "#!/no/such/shell\n";
  Scene scene(Environment{{"PATH", broken.dir.path().string()}});
  scene.Take(scene.pid);
  REQUIRE(scene.AwaitTold(1));
  CHECK(Has(scene.told[0], "gdb:\nno such program 'gdb' on PATH"));
  const Debugger slow("while :; do sleep 60; done");
  Scene other(slow.environment());
  other.Take(other.pid);
  kill(other.world.tether->tether_pid(), SIGKILL);
  REQUIRE(other.AwaitTold(1));
  CHECK(Has(other.told[0], "gdb:\n(nothing)"));
}
