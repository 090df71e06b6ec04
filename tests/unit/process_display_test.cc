#include <doctest/doctest.h>
#include <signal.h>

#include <cstdlib>

#include "core/process/display_linux.h"
#include "process_world.h"

using namespace proctor;
using namespace proctor::test;

TEST_CASE("a missing Xvfb is told with the package that has it") {
  const auto spec = XvfbSpec({{"PATH", "/no/such"}}, 1);
  REQUIRE_FALSE(spec);
  CHECK(spec.error().find("apt install xvfb") != std::string::npos);
}

TEST_CASE("a display number is read from pieces") {
  DisplayNumberReader reader;
  CHECK_FALSE(reader.Feed("1"));
  CHECK_FALSE(reader.Feed(""));
  CHECK(reader.Feed("07\n") == 107);
  CHECK_FALSE(DisplayNumberReader().Feed("no number\n"));
  CHECK_FALSE(DisplayNumberReader().Feed("\n"));
}

TEST_CASE("a display of one's own replaces every other") {
  Environment env = {{"WAYLAND_DISPLAY", "wayland-0"}, {"A", "b"}, {"DISPLAY", ":0"}};
  CHECK(HasDisplay(env));
  UseDisplay(7, env);
  CHECK(env == Environment{{"A", "b"}, {"DISPLAY", ":7"}, {"XDG_SESSION_TYPE", "x11"}});
  CHECK_FALSE(HasDisplay({{"DISPLAY", ""}}));
}

TEST_CASE("an Xvfb comes up with a number of its own, and leaves nothing behind when killed") {
  const char* path = std::getenv("PATH");
  FdPair pipe = std::move(*MakePipe());
  const auto spec = XvfbSpec({{"PATH", path == nullptr ? "/usr/bin" : path}}, pipe.second.get());
  if (!spec) return;  // the case above tells what a user sees
  World world;
  Collected out;
  world.Collect(std::move(pipe.first), out);
  const ChildId child = world.tether->Spawn(*spec);
  pipe.second.Close();
  REQUIRE(world.AwaitLine(out));
  const std::optional<int> number = DisplayNumberReader().Feed(out.text);
  REQUIRE(number);
  const std::string socket = "/tmp/.X11-unix/X" + std::to_string(*number);
  CHECK(std::filesystem::exists(socket));

  const int pid = world.Find<ChildSpawned>(child)->pid;
  RemoveDisplayRemains(*number, pid);
  CHECK(std::filesystem::exists(socket));  // for it lives
  RemoveDisplayRemains(*number, world.tether->tether_pid());
  CHECK(std::filesystem::exists(socket));  // for it answers
  world.tether->EndTree(child);
  REQUIRE(world.Await<TreeEnded>(child));
  RemoveDisplayRemains(*number, pid);
  CHECK_FALSE(std::filesystem::exists(socket));
}

TEST_CASE("an Xvfb that is asked to end and waited for leaves nothing to remove") {
  const char* path = std::getenv("PATH");
  FdPair pipe = std::move(*MakePipe());
  const auto spec = XvfbSpec({{"PATH", path == nullptr ? "/usr/bin" : path}}, pipe.second.get());
  if (!spec) return;  // a case above tells what a user sees
  World world;
  Collected out;
  world.Collect(std::move(pipe.first), out);
  const ChildId child = world.tether->Spawn(*spec);
  pipe.second.Close();
  REQUIRE(world.AwaitLine(out));
  const std::optional<int> number = DisplayNumberReader().Feed(out.text);
  REQUIRE(number);
  const Witness xvfb(world.Find<ChildSpawned>(child)->pid);
  world.tether->Signal(child, SIGTERM, Target::Process);
  AwaitEnd(xvfb.pid(), 60000);
  CHECK_FALSE(xvfb.Lives());
  CHECK_FALSE(std::filesystem::exists("/tmp/.X11-unix/X" + std::to_string(*number)));
}

TEST_CASE("a process that does not end is waited for no longer than wanted") {
  World world;
  const ChildId child = world.tether->Spawn({.argv = {Child("wait_for_kill")}});
  REQUIRE(world.Await<ChildSpawned>(child));
  const int pid = world.Find<ChildSpawned>(child)->pid;
  const auto begin = std::chrono::steady_clock::now();
  AwaitEnd(pid, 50);
  CHECK(std::chrono::steady_clock::now() - begin >= 50ms);
  CHECK(Witness(pid).Lives());
}
