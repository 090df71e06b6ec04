// Children that are started at a low priority, and raised later.
#include <doctest/doctest.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <fstream>
#include <set>

#include "process_world.h"

using namespace proctor;
using namespace proctor::test;

namespace {

struct Standing {
  int nice;
  int policy;
  auto operator<=>(const Standing&) const = default;
};
constexpr Standing kNormal{0, SCHED_OTHER};
constexpr Standing kLow{10, SCHED_BATCH};

/// Those that any thread of the processes has.
std::set<Standing> StandingsOf(const std::vector<int>& pids) {
  std::set<Standing> found;
  for (const int pid : pids) {
    for (const int tid : NumbersIn("/proc/" + std::to_string(pid) + "/task")) {
      found.insert({getpriority(PRIO_PROCESS, static_cast<id_t>(tid)), sched_getscheduler(tid)});
    }
  }
  return found;
}

std::string GroupOf(int pid) {
  return ReadProcFile("/proc/" + std::to_string(pid) + "/autogroup", 128);
}

bool WeMayRaise() {
  rlimit nice = {};
  getrlimit(RLIMIT_NICE, &nice);
  return geteuid() == 0 || nice.rlim_cur >= 20;
}

}  // namespace

TEST_CASE("a child is started low and raised with all its threads") {
  if (!WeMayRaise() || getpriority(PRIO_PROCESS, 0) != 0) {
    MESSAGE("we may not raise a priority, or have none to raise to: not tested");
    return;
  }
  World world;
  Collected out;
  const ChildId child = world.Spawn({.argv = {Child("threads")}, .priority = Priority::Low}, out);
  REQUIRE(world.AwaitLine(out));
  const int pid = world.Await<ChildSpawned>(child)->pid;
  REQUIRE(NumbersIn("/proc/" + std::to_string(pid) + "/task").size() == 3);
  CHECK(StandingsOf({pid}) == std::set{kLow});
  if (!GroupOf(pid).empty()) CHECK(GroupOf(pid).ends_with(" nice 10\n"));
  world.tether->SetPriority(child, Priority::Normal);
  CHECK(Within(5s, [&] { return StandingsOf({pid}) == std::set{kNormal}; }));
  if (!GroupOf(pid).empty()) CHECK(Within(5s, [&] { return GroupOf(pid).ends_with(" 0\n"); }));
  world.tether->SetPriority(child, Priority::Low);
  CHECK(Within(5s, [&] { return StandingsOf({pid}) == std::set{kLow}; }));
}

TEST_CASE("the whole tree is raised, what left its session too") {
  if (!WeMayRaise() || getpriority(PRIO_PROCESS, 0) != 0) {
    MESSAGE("we may not raise a priority, or have none to raise to: not tested");
    return;
  }
  World world;
  Collected out;
  const ChildId child = world.Spawn({.argv = {Child("family")}, .priority = Priority::Low}, out);
  REQUIRE(world.AwaitLine(out));
  const std::vector<int> family = out.Numbers();
  REQUIRE(family.size() == 3);
  CHECK(StandingsOf(family) == std::set{kLow});
  world.tether->SetPriority(child, Priority::Normal);
  CHECK(Within(5s, [&] { return StandingsOf(family) == std::set{kNormal}; }));
}

TEST_CASE("a child that is raised right after it was asked for does not stay low") {
  if (!WeMayRaise() || getpriority(PRIO_PROCESS, 0) != 0) {
    MESSAGE("we may not raise a priority, or have none to raise to: not tested");
    return;
  }
  World world;
  for (int i = 0; i < 20; ++i) {
    Collected out;
    const ChildId child = world.Spawn({.argv = {Child("threads")}, .priority = Priority::Low}, out);
    world.tether->SetPriority(child, Priority::Normal);
    REQUIRE(world.AwaitLine(out));
    const int pid = world.Await<ChildSpawned>(child)->pid;
    CHECK(Within(5s, [&] { return StandingsOf({pid}) == std::set{kNormal}; }));
    world.tether->EndTree(child);
    REQUIRE(world.Await<TreeEnded>(child));
  }
}

TEST_CASE("a tether that may not raise what it lowers starts children as normal") {
  TempDir dir;
  const std::string script = (dir.path() / "tether").string();
  // The right is taken from the tether for good: root's capability, a user's limit.
  std::ofstream(script) << "#!/bin/sh\nexec "
                        << (geteuid() == 0 ? "setpriv --bounding-set=-sys_nice " : "")
                        << "prlimit --nice=0:0 '" << PROCTOR_TETHER << "'\n";
  chmod(script.c_str(), 0755);
  World world(script);
  REQUIRE(world.tether);
  Collected out;
  const ChildId child = world.Spawn({.argv = {Child("threads")}, .priority = Priority::Low}, out);
  REQUIRE(world.AwaitLine(out));
  const int pid = world.Await<ChildSpawned>(child)->pid;
  const int own_nice = getpriority(PRIO_PROCESS, 0);
  CHECK(StandingsOf({pid}) == std::set{Standing{own_nice, SCHED_OTHER}});
  world.tether->SetPriority(child, Priority::Low);  // and none of them lowers it later
  REQUIRE(world.Await<TreeEnded>(world.tether->Spawn({.argv = {Child("die"), "exit", "0"}})));
  CHECK(StandingsOf({pid}) == std::set{Standing{own_nice, SCHED_OTHER}});
}
