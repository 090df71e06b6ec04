// What happens when a part of the supervision dies: nothing may be left alive.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#include <cstdio>

#include "process_world.h"

using namespace proctor;
using namespace proctor::test;

namespace {

/// The owner program with its output read line by line, and nothing else of ours.
struct Owner {
  explicit Owner(std::vector<std::string> programs) {
    FdPair pipe = std::move(*MakePipe());
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, pipe.second.get(), 1);
    programs.insert(programs.begin(), {Child("owner"), PROCTOR_TETHER});
    std::vector<char*> argv;
    for (std::string& arg : programs) argv.push_back(arg.data());
    argv.push_back(nullptr);
    posix_spawn(&pid, argv[0], &actions, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    pipe.second.Close();
    out = fdopen(pipe.first.Release(), "r");
  }
  ~Owner() {
    kill(pid, SIGKILL);
    waitpid(pid, nullptr, 0);
    fclose(out);
  }

  /// The pid in the next line of output.
  int NextPid() {
    int number = -1;
    return fscanf(out, "%*s %d", &number) == 1 ? number : -1;
  }

  pid_t pid = -1;
  FILE* out = nullptr;
};

}  // namespace

TEST_CASE("when Proctor is SIGKILLed, nothing that it had started lives on") {
  Owner owner({Child("wait_for_kill"), Child("daemonize"), Child("ignore_term"), Child("fork_loop"),
               Child("family")});
  const int tether = owner.NextPid();
  REQUIRE(tether > 0);
  for (int i = 0; i < 5; ++i) REQUIRE(owner.NextPid() > 0);
  // tether, five nests, and at least: 1 waits, 1 daemon, 1 ignores, 2 of the loop, 3 of a family
  REQUIRE(Within(3s, [&] { return DescendantsOf(owner.pid).size() >= 1 + 5 + 8; }));
  std::vector<Witness> all;
  for (const ProcessInfo& process : DescendantsOf(owner.pid)) all.emplace_back(process.pid);
  kill(owner.pid, SIGKILL);
  CHECK(Within(1s, [&] { return AllDead(all); }));
}

TEST_CASE("when the tether is SIGKILLed, the loss is told and every tree ends") {
  World world;
  Collected out;
  world.Spawn({.argv = {Child("family")}}, out);
  REQUIRE(world.AwaitLine(out));
  std::vector<Witness> family;
  for (const int pid : out.Numbers()) family.emplace_back(pid);
  kill(world.tether->tether_pid(), SIGKILL);
  REQUIRE(world.Until([&] { return world.Lost() != nullptr; }));
  CHECK(world.Lost()->reason ==
        "the tether, which holds all processes, was ended by SIGKILL; all that it held is ended");
  CHECK(Within(1s, [&] { return AllDead(family); }));

  const ChildId late = world.tether->Spawn({.argv = {"/bin/true"}});
  world.Until([&] { return world.Find<ChildNotSpawned>(late) != nullptr; });
  REQUIRE(world.Find<ChildNotSpawned>(late));
  CHECK(world.Find<ChildNotSpawned>(late)->reason == "the tether is gone");
}

TEST_CASE("a tether that stands still is given up, and what it held is ended") {
  World world;
  Collected out;
  world.Spawn({.argv = {Child("family")}}, out);
  REQUIRE(world.AwaitLine(out));
  std::vector<Witness> family;
  for (const int pid : out.Numbers()) family.emplace_back(pid);
  const int tether = world.tether->tether_pid();
  kill(tether, SIGSTOP);  // and nobody asks anything of it
  for (const ProcessInfo& process : DescendantsOf(tether)) {
    if (process.parent == tether) kill(process.pid, SIGSTOP);  // its nest
  }
  REQUIRE(world.Until([&] { return world.Lost() != nullptr; }));
  CHECK(world.Lost()->reason.find("has not answered for 5 s") != std::string::npos);
  CHECK(Within(1s, [&] { return AllDead(family); }));
}

TEST_CASE("a tether that stands still for a moment only is waited for") {
  World world;
  kill(world.tether->tether_pid(), SIGSTOP);
  const ChildId child = world.tether->Spawn({.argv = {"/bin/true"}});
  CHECK_FALSE(world.Until([&] { return world.Lost() != nullptr; }, 3s));
  kill(world.tether->tether_pid(), SIGCONT);
  CHECK(world.Await<ChildExited>(child));
  CHECK(world.Lost() == nullptr);
}

TEST_CASE("when a nest is SIGKILLed, its child's exit is told and its tree ends") {
  World world;
  Collected out;
  const ChildId child = world.Spawn({.argv = {Child("family")}}, out);
  const ChildId other = world.tether->Spawn({.argv = {Child("wait_for_kill")}});
  REQUIRE(world.AwaitLine(out));
  REQUIRE(world.Await<ChildSpawned>(child));
  REQUIRE(world.Await<ChildSpawned>(other));
  std::vector<Witness> family;
  for (const int pid : out.Numbers()) family.emplace_back(pid);
  const int nest = ReadProcess(family.at(0).pid())->parent;
  kill(nest, SIGKILL);
  REQUIRE(world.Await<TreeEnded>(child));
  CHECK(AllDead(family));
  const ChildExited* exited = world.Find<ChildExited>(child);
  REQUIRE(exited);
  CHECK(exited->status.signal == SIGKILL);
  CHECK_FALSE(exited->reason.empty());
  CHECK(Witness(world.Find<ChildSpawned>(other)->pid).Lives());
}

TEST_CASE("when a nest is SIGKILLed after its child's exit, a daemon that lived on ends") {
  World world;
  Collected out;
  const ChildId child = world.Spawn({.argv = {Child("daemonize")}}, out);
  REQUIRE(world.Await<ChildExited>(child));
  REQUIRE(world.Until([&] { return out.ended; }));
  const Witness daemon(out.Numbers().at(0));
  REQUIRE(daemon.Lives());
  kill(ReadProcess(daemon.pid())->parent, SIGKILL);
  REQUIRE(world.Await<TreeEnded>(child));
  CHECK_FALSE(daemon.Lives());
}

TEST_CASE("a nest that was stopped cannot keep its tree alive") {
  World world;
  const ChildId child = world.tether->Spawn({.argv = {Child("wait_for_kill")}});
  REQUIRE(world.Await<ChildSpawned>(child));
  const Witness witness(world.Find<ChildSpawned>(child)->pid);
  kill(ReadProcess(witness.pid())->parent, SIGSTOP);
  world.tether->EndTree(child);
  REQUIRE(world.Await<TreeEnded>(child));
  CHECK_FALSE(witness.Lives());
}

TEST_CASE("when the client is destroyed, everything is gone when the destructor returns") {
  std::vector<Witness> all;
  {
    World world;
    Collected out;
    world.Spawn({.argv = {Child("family")}}, out);
    REQUIRE(world.AwaitLine(out));
    for (const int pid : out.Numbers()) all.emplace_back(pid);
    all.emplace_back(world.tether->tether_pid());
    REQUIRE(all.size() == 4);
    world.tether.reset();
    CHECK(AllDead(all));
  }
}

TEST_CASE("a terminal's signals to the tether's group do not reach it or the children") {
  World world;
  const ChildId child = world.tether->Spawn({.argv = {Child("wait_for_kill")}});
  REQUIRE(world.Await<ChildSpawned>(child));
  const int tether = world.tether->tether_pid();
  CHECK(ReadProcess(tether)->group == tether);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGUSR1}) {
    kill(-tether, signal);
  }
  REQUIRE(world.Await<TreeEnded>(world.tether->Spawn({.argv = {Child("die"), "exit", "0"}})));
  CHECK_FALSE(world.Find<ChildExited>(child));
}

TEST_CASE("the tether and its nests hold nothing that was Proctor's") {
  const int leaky = open("/dev/zero", O_RDONLY);  // on purpose not close-on-exec
  World world;
  const ChildId child = world.tether->Spawn({.argv = {Child("wait_for_kill")}});
  REQUIRE(world.Await<ChildSpawned>(child));
  close(leaky);
  const int nest = ReadProcess(world.Find<ChildSpawned>(child)->pid)->parent;
  for (const int pid : {world.tether->tether_pid(), nest}) {
    const std::string fds = "/proc/" + std::to_string(pid) + "/fd";
    for (const auto& entry : std::filesystem::directory_iterator(fds)) {
      const std::string target = std::filesystem::read_symlink(entry.path());
      CAPTURE(target);
      CHECK((target == "/dev/null" || target.starts_with("socket:") ||
             target == "anon_inode:[signalfd]"));
    }
  }
}

TEST_CASE("a tether that is not there, or is another program, is told clearly") {
  uv_loop_t loop;
  uv_loop_init(&loop);
  const auto missing = TetherClient::Start(&loop, "/no/such/tether", [](TetherEvent) {});
  REQUIRE_FALSE(missing);
  CHECK(missing.error().message.find("'/no/such/tether'") != std::string::npos);

  std::string reason;
  auto wrong = TetherClient::Start(
      &loop, "/bin/true", [&](TetherEvent event) { reason = std::get<TetherLost>(event).reason; });
  REQUIRE(wrong);
  while (reason.empty()) uv_run(&loop, UV_RUN_ONCE);
  CHECK(reason.find("exited with code 0") != std::string::npos);
  wrong->reset();
  uv_run(&loop, UV_RUN_DEFAULT);
  CHECK(uv_loop_close(&loop) == 0);
}
