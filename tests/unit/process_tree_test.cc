// What descends from a child: how it is found, told of, signalled and ended.
#include <doctest/doctest.h>
#include <signal.h>

#include "process_world.h"

using namespace proctor;
using namespace proctor::test;

TEST_CASE("exit and end of output are two events") {
  World world;
  Collected out;
  FdPair in = std::move(*MakePipe());
  const ChildId child = world.Spawn(
      {.argv = {Child("hold_stdout")}, .fds = {{.child_fd = 0, .fd = in.first.get()}}}, out);
  in.first.Close();
  REQUIRE(world.Await<ChildExited>(child));
  CHECK_FALSE(out.ended);
  CHECK_FALSE(world.Find<TreeEnded>(child));
  in.second.Close();
  REQUIRE(world.Until([&] { return out.ended; }));
  REQUIRE(world.Await<TreeEnded>(child));
}

TEST_CASE("a daemon that a child left behind is told as leaked and ended") {
  World world;
  Collected out;
  const ChildId child =
      world.Spawn({.argv = {Child("daemonize")}, .leave_descendants = LeaveDescendants::No}, out);
  const TreeEnded* ended = world.Await<TreeEnded>(child);
  REQUIRE(ended);
  REQUIRE(ended->leaked.size() == 1);
  CHECK(ended->leaked[0].pid == out.Numbers().at(0));
  CHECK(ended->leaked[0].command == Child("daemonize"));
  CHECK_FALSE(ReadProcess(ended->leaked[0].pid));
  CHECK(world.Find<ChildExited>(child)->status == ExitStatus{.code = 0});
}

TEST_CASE("a daemon that may live on does, until its tree is ended") {
  World world;
  Collected out;
  const ChildId child = world.Spawn({.argv = {Child("daemonize")}}, out);
  REQUIRE(world.Await<ChildExited>(child));
  REQUIRE(world.Until([&] { return out.ended; }));
  const Witness daemon(out.Numbers().at(0));
  CHECK(daemon.Lives());
  world.tether->EndTree(child);
  const TreeEnded* ended = world.Await<TreeEnded>(child);
  REQUIRE(ended);
  CHECK_FALSE(daemon.Lives());
  CHECK(ended->leaked.size() == 1);
}

TEST_CASE("a helper that ends itself while it may linger is not leaked") {
  World world;
  Collected out;
  const ChildId child = world.Spawn(
      {.argv = {Child("daemonize"), "30"}, .leave_descendants = LeaveDescendants::No, .linger = 5s},
      out);
  const TreeEnded* ended = world.Await<TreeEnded>(child);
  REQUIRE(ended);
  CHECK(ended->leaked.empty());
}

TEST_CASE("a daemon that outlives its time to linger is leaked") {
  World world;
  Collected out;
  const ChildId child = world.Spawn(
      {.argv = {Child("daemonize")}, .leave_descendants = LeaveDescendants::No, .linger = 20ms},
      out);
  const TreeEnded* ended = world.Await<TreeEnded>(child);
  REQUIRE(ended);
  CHECK(ended->leaked.size() == 1);
}

TEST_CASE("a tree that is ended while its child lives has leaked nothing") {
  World world;
  Collected out;
  const ChildId child = world.Spawn({.argv = {Child("family")}}, out);
  REQUIRE(world.AwaitLine(out));
  world.tether->EndTree(child);
  const TreeEnded* ended = world.Await<TreeEnded>(child);
  REQUIRE(ended);
  CHECK(ended->leaked.empty());
  CHECK(world.Find<ChildExited>(child)->status == ExitStatus{.signal = SIGKILL});
  for (const int pid : out.Numbers()) CHECK_FALSE(ReadProcess(pid));
}

TEST_CASE("what forks and exits in a loop is ended") {
  World world;
  Collected out;
  const ChildId child = world.Spawn({.argv = {Child("fork_loop")}}, out);
  REQUIRE(world.AwaitLine(out));
  const auto begin = std::chrono::steady_clock::now();
  world.tether->EndTree(child);
  REQUIRE(world.Await<TreeEnded>(child));
  CHECK(std::chrono::steady_clock::now() - begin < 2s);
  CHECK(world.Until([&] { return out.ended; }));  // nobody is left to hold it
}

TEST_CASE("a stopped tree is ended") {
  World world;
  Collected out;
  const ChildId child = world.Spawn({.argv = {Child("family")}}, out);
  REQUIRE(world.AwaitLine(out));
  world.tether->Signal(child, SIGSTOP, Target::Tree);
  const int last = out.Numbers().at(2);
  REQUIRE(Within(2s, [&] { return ReadProcess(last)->state == 'T'; }));
  world.tether->EndTree(child);
  CHECK(world.Await<TreeEnded>(child));
}

TEST_CASE("SIGTERM does not end who ignores it, and ending its tree does") {
  World world;
  Collected out;
  const ChildId child = world.Spawn({.argv = {Child("ignore_term")}}, out);
  REQUIRE(world.AwaitLine(out));
  world.tether->Signal(child, SIGTERM, Target::Tree);
  // By the time that another child has come and gone, the signal was delivered.
  REQUIRE(world.Await<TreeEnded>(world.tether->Spawn({.argv = {Child("die"), "exit", "0"}})));
  CHECK_FALSE(world.Find<ChildExited>(child));
  world.tether->EndTree(child);
  REQUIRE(world.Await<TreeEnded>(child));
  CHECK(world.Find<ChildExited>(child)->status.signal == SIGKILL);
}

TEST_CASE("a signal goes to the process, its group or its tree") {
  struct Row {
    Target target;
    std::vector<bool> lives;  ///< itself, same group, other session
  };
  for (const Row& row :
       {Row{Target::Process, {false, true, true}}, Row{Target::Group, {false, false, true}},
        Row{Target::Tree, {false, false, false}}}) {
    World world;
    Collected out;
    const ChildId child = world.Spawn({.argv = {Child("family")}}, out);
    REQUIRE(world.AwaitLine(out));
    std::vector<Witness> family;
    for (const int pid : out.Numbers()) family.emplace_back(pid);
    REQUIRE(family.size() == 3);
    world.tether->Signal(child, SIGTERM, row.target);
    REQUIRE(world.Await<ChildExited>(child));
    for (size_t i = 0; i < 3; ++i) {
      CAPTURE(i);
      if (!row.lives[i]) CHECK(Within(2s, [&] { return !family[i].Lives(); }));
      if (row.lives[i]) CHECK(family[i].Lives());
    }
    world.tether->EndTree(child);
    CHECK(world.Await<TreeEnded>(child));
  }
}

TEST_CASE("a group outlives its leader and can still be signalled") {
  World world;
  Collected out;
  const ChildId child = world.Spawn({.argv = {Child("family")}}, out);
  REQUIRE(world.AwaitLine(out));
  const std::vector<int> pids = out.Numbers();
  const Witness same_group(pids.at(1));
  const Witness other_session(pids.at(2));
  world.tether->Signal(child, SIGKILL, Target::Process);
  REQUIRE(world.Await<ChildExited>(child));
  world.tether->Signal(child, SIGTERM, Target::Group);
  CHECK(Within(2s, [&] { return !same_group.Lives(); }));
  CHECK(other_session.Lives());
}

TEST_CASE("signals to nobody do no harm") {
  World world;
  const ChildId child = world.tether->Spawn({.argv = {Child("die"), "exit", "0"}});
  REQUIRE(world.Await<TreeEnded>(child));
  world.tether->Signal(child, SIGKILL, Target::Tree);
  world.tether->EndTree(child);
  world.tether->EndTree(ChildId{4711});
  CHECK(world.Await<TreeEnded>(world.tether->Spawn({.argv = {Child("die"), "exit", "0"}})));
}
