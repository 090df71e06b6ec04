// What a child is given, and how its end is told.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>

#include <fstream>

#include "process_world.h"

using namespace proctor;
using namespace proctor::test;

TEST_CASE("a child's exit code is told, after its pid and before the end of its tree") {
  World world;
  const ChildId child = world.tether->Spawn({.argv = {Child("die"), "exit", "3"}});
  REQUIRE(world.Await<TreeEnded>(child));
  REQUIRE(world.events.size() == 3);
  CHECK(std::get<ChildSpawned>(world.events[0]).pid > 0);
  CHECK(std::get<ChildExited>(world.events[1]).status == ExitStatus{.code = 3});
  CHECK(std::get<ChildExited>(world.events[1]).reason.empty());
  CHECK(std::get<TreeEnded>(world.events[2]).leaked.empty());
}

TEST_CASE("a child that a signal ended is told with the signal") {
  World world;
  for (const int signal : {SIGSEGV, SIGABRT, SIGKILL, SIGTERM, SIGHUP}) {
    CAPTURE(SignalName(signal));
    const ChildId child =
        world.tether->Spawn({.argv = {Child("die"), "signal", std::to_string(signal)}});
    const ChildExited* exited = world.Await<ChildExited>(child);
    REQUIRE(exited);
    CHECK_FALSE(exited->status.code);
    CHECK(exited->status.signal == signal);
  }
}

TEST_CASE("signals and exits have names") {
  CHECK(SignalName(SIGSEGV) == "SIGSEGV");
  CHECK(SignalName(SIGRTMIN) == "SIGRTMIN");
  CHECK(SignalName(SIGRTMIN + 3) == "SIGRTMIN+3");
  CHECK(SignalName(99) == "signal 99");
  CHECK(Describe({.code = 3}) == "exited with code 3");
  CHECK(Describe({.signal = SIGABRT, .core = true}) == "was ended by SIGABRT (core dumped)");
}

TEST_CASE("what cannot be started is told with a sentence that says why") {
  TempDir dir;
  const std::string root = dir.path().string();
  const auto write = [&](const char* name, const char* text, mode_t mode) {
    std::ofstream(dir.path() / name) << text;
    chmod((dir.path() / name).c_str(), mode);
    return root + "/" + name;
  };
  const std::string plain = write("plain", "data", 0644);
  const std::string no_interpreter = write("script", "#!/no/such/shell\n", 0755);
  const std::string nonsense = write("nonsense", "\x01\x02", 0755);
  struct Row {
    SpawnSpec spec;
    std::string reason;
  };
  const std::vector<Row> rows = {
      {{.argv = {"dmeo"}, .env = {{"PATH", "/usr/bin:/bin"}}},
       "no such program 'dmeo' on PATH (/usr/bin:/bin)"},
      {{.argv = {"/no/such/program"}}, "no such program '/no/such/program'"},
      {{.argv = {"./demo"}, .cwd = root}, "no such program './demo' in '" + root + "'"},
      {{.argv = {plain}}, "'" + plain + "' is not executable (chmod +x makes a script so)"},
      {{.argv = {root}}, "'" + root + "' is a directory, not a program"},
      {{.argv = {no_interpreter}},
       "'" + no_interpreter +
           "' cannot be run: the interpreter that its first line or its "
           "loader entry names does not exist"},
      {{.argv = {nonsense}},
       "'" + nonsense +
           "' is not a program that this system can run: a script needs a first "
           "line such as #!/bin/sh, a binary must be made for this machine"},
      {{.argv = {"/bin/true"}, .cwd = "/no/such"},
       "the working directory '/no/such' does not exist"},
      {{.argv = {"/bin/true"}, .cwd = plain},
       "the working directory '" + plain + "' is not a directory"},
      {{.argv = {}}, "there is no command to start"},
      {{.argv = {"/bin/true", std::string(300000, 'x')}},
       "the arguments and environment of '/bin/true' are too large for the system"},
      {{.argv = {"/bin/true"}, .fds = {{.child_fd = 1, .fd = 999}}},
       "its descriptors could not be sent: Bad file descriptor"},
      {{.argv = {"/bin/true"}, .fds = std::vector<FdMapping>(300, {.child_fd = 1, .fd = 0})},
       "too many descriptors for one process"},
  };
  World world;
  for (const Row& row : rows) {
    const ChildId child = world.tether->Spawn(row.spec);
    const ChildNotSpawned* failed = world.Await<ChildNotSpawned>(child);
    CHECK_MESSAGE(failed != nullptr, row.reason);
    if (failed) CHECK(failed->reason == row.reason);
  }
  CHECK(world.events.size() == rows.size());
}

TEST_CASE("a child has the environment, directory and priority it was given, and default signals") {
  TempDir dir;
  World world;
  Collected out;
  const ChildId child = world.Spawn({.argv = {"show_itself"},
                                     .env = {{"PATH", std::string("/no/such:") + PROCTOR_CHILDREN},
                                             {"EMPTY", ""},
                                             {"TEXT", "a b=c\n"}},
                                     .cwd = dir.path(),
                                     .nice = 7},
                                    out);
  REQUIRE(world.Await<TreeEnded>(child));
  REQUIRE(world.Until([&] { return out.ended; }));
  CHECK(out.HasLine("cwd " + dir.path().string()));
  CHECK(out.HasLine("nice 7"));
  CHECK(out.HasLine("session own"));
  CHECK(out.HasLine("blocked 0000000000000000"));
  CHECK(out.HasLine("ignored 0000000000000000"));
  const size_t env = out.text.find("env ");
  CHECK(out.text.substr(env) ==
        std::string("env PATH=/no/such:") + PROCTOR_CHILDREN + "\nenv EMPTY=\nenv TEXT=a b=c\n\n");
}

TEST_CASE("a child can share the tether's session") {
  World world;
  Collected out;
  world.Spawn({.argv = {Child("show_itself")}, .session = Session::Shared}, out);
  REQUIRE(world.Until([&] { return out.ended; }));
  CHECK(out.HasLine("session shared"));
}

TEST_CASE("a child has the descriptors it was given, in their places, and no other") {
  const int leaky = open("/dev/zero", O_RDONLY);  // on purpose not close-on-exec
  World world;
  Collected out;
  Collected err;
  FdPair more = std::move(*MakePipe());
  world.Collect(std::move(more.first), err);
  SpawnSpec spec{.argv = {Child("show_itself")}};
  for (const int place : {2, 9, 40, leaky}) {
    spec.fds.push_back({.child_fd = place, .fd = more.second.get()});
  }
  const ChildId child = world.Spawn(spec, out);
  more.second.Close();
  REQUIRE(world.Await<ChildExited>(child));
  REQUIRE(world.Until([&] { return out.ended && err.ended; }));
  std::string expected = "fd 0\nfd 1\nfd 2\n";
  for (int fd = 3; fd <= 40; ++fd) {
    if (fd == 9 || fd == 40 || fd == leaky) expected += "fd " + std::to_string(fd) + "\n";
  }
  CHECK(out.text.substr(0, out.text.find("cwd")) == expected);
  close(leaky);
}

TEST_CASE("descriptors can trade places") {
  World world;
  FdPair one = std::move(*MakePipe());
  FdPair two = std::move(*MakePipe());
  Collected from_one;
  Collected from_two;
  world.Collect(std::move(one.first), from_one);
  world.Collect(std::move(two.first), from_two);
  const int a = one.second.get();
  const int b = two.second.get();
  const std::string script =
      "echo to-a >&" + std::to_string(a) + "; echo to-b >&" + std::to_string(b);
  world.tether->Spawn({.argv = {"/bin/bash", "-c", script},
                       .fds = {{.child_fd = a, .fd = b}, {.child_fd = b, .fd = a}}});
  one.second.Close();
  two.second.Close();
  REQUIRE(world.Until([&] { return from_one.ended && from_two.ended; }));
  CHECK(from_one.text == "to-b\n");
  CHECK(from_two.text == "to-a\n");
}

TEST_CASE("a command of a megabyte arrives whole") {
  World world;
  Collected out;
  SpawnSpec spec{.argv = {"/bin/sh", "-c", "echo $# ${#1}", "sh"}};
  for (int i = 0; i < 20; ++i) spec.argv.push_back(std::string(50000, 'x'));
  world.Spawn(spec, out);
  REQUIRE(world.Until([&] { return out.ended; }));
  CHECK(out.text == "20 50000\n");
}

TEST_CASE("hundreds of children are asked for at once, and each is told of") {
  World world;
  std::vector<ChildId> children;
  for (int i = 0; i < 600; ++i) {
    FdPair pipe = std::move(*MakePipe());  // closed right after: the request has its own
    children.push_back(world.tether->Spawn({.argv = {Child("die"), "exit", std::to_string(i % 7)},
                                            .fds = {{.child_fd = 1, .fd = pipe.second.get()}}}));
  }
  REQUIRE(world.Until([&] { return world.events.size() >= 1800; }));
  int wrong = 0;
  for (size_t i = 0; i < children.size(); ++i) {
    const ChildExited* exited = world.Find<ChildExited>(children[i]);
    if (exited == nullptr || exited->status.code != static_cast<int>(i % 7)) ++wrong;
  }
  CHECK(wrong == 0);
}

TEST_CASE("a client may be destroyed by its own event") {
  uv_loop_t loop;
  uv_loop_init(&loop);
  std::unique_ptr<TetherClient> client;
  int events = 0;
  auto started = TetherClient::Start(&loop, PROCTOR_TETHER, [&](TetherEvent) {
    ++events;
    client.reset();
  });
  REQUIRE(started);
  client = std::move(*started);
  client->Spawn({.argv = {Child("wait_for_kill")}});
  uv_run(&loop, UV_RUN_DEFAULT);
  CHECK(events == 1);
  CHECK(uv_loop_close(&loop) == 0);
}
