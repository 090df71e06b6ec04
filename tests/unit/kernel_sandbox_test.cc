// What a kernel is kept from, with the real bubblewrap: as the user that runs the tests and,
// where that is root, as an ordinary one too.
#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "core/kernel/sandbox.h"
#include "core/kernel/trial_linux.h"
#include "process_world.h"
#include "temporary_folder.h"

using namespace proctor;
using namespace proctor::test;
namespace fs = std::filesystem;

namespace {

using Words = std::vector<std::string>;

constexpr unsigned kNobody = 65534;

KernelEnvironment Usual() {
  return {{"PATH", "/usr/local/bin:/usr/bin:/bin"}, {"LANG", "C.UTF-8"}};
}

bool Contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

void Own(const fs::path& folder, unsigned user) {
  REQUIRE(chown(folder.c_str(), user, user) == 0);
}

/// Folders of a kernel's, and who it runs as.
struct Cage {
  explicit Cage(bool ordinary_user = false) : ordinary(ordinary_user && geteuid() == 0) {
    for (const char* name : {"sockets", "workspace", "cwd"}) fs::create_directory(root / name);
    if (!ordinary) return;
    Own(root.path(), kNobody);
    for (const char* name : {"sockets", "workspace", "cwd"}) Own(root / name, kNobody);
  }
  SandboxFolders Folders() const {
    return {.sockets = root / "sockets", .workspace = root / "workspace", .cwd = root / "cwd"};
  }
  /// What a shell prints inside.
  std::string Shell(const std::string& script) const { return Shell(script, Folders()); }
  std::string Shell(const std::string& script, const SandboxFolders& folders) const {
    Words argv = Wrap(BwrapSandbox{}, {"/bin/sh", "-c", "exec 2>&1; " + script}, folders);
    if (ordinary) {
      const Words user = {"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"};
      argv.insert(argv.begin(), user.begin(), user.end());
    }
    World world;
    Collected out;
    KernelEnvironment environment = Usual();
    environment.emplace_back("JPY_PARENT_PID", "1");
    FdPair errors = std::move(*MakePipe());
    Collected err;
    world.Collect(std::move(errors.first), err);
    world.Spawn(
        {.argv = argv, .env = environment, .fds = {{.child_fd = 2, .fd = errors.second.get()}}},
        out);
    errors.second.Close();
    CHECK(world.Until([&] { return out.ended && err.ended; }));
    return out.text + err.text;
  }

  bool ordinary;
  TemporaryFolder root;
};

/// Runs the test for the present user and, where that is root, for another one.
template <typename Test>
void ForEachUser(const Test& test) {
  for (const bool ordinary : {false, true}) {
    if (ordinary && geteuid() != 0) continue;
    CAPTURE(ordinary);
    test(Cage(ordinary));
  }
}

/// Listens on 127.0.0.1; its backlog answers, so that nobody has to accept.
struct Server {
  Server() : fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address = {};
    socklen_t size = sizeof address;
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(bind(fd.get(), reinterpret_cast<sockaddr*>(&address), size) == 0);
    REQUIRE(listen(fd.get(), 16) == 0);
    getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port = ntohs(address.sin_port);
  }
  std::string ConnectScript() const {
    return "/usr/bin/python3 -c 'import socket; socket.create_connection((\"127.0.0.1\", " +
           std::to_string(port) + "), 10); print(\"connected\")'";
  }
  Fd fd;
  int port = 0;
};

/// A folder of programs to be found first, and srt's settings.
struct Programs {
  Programs() { fs::create_directory(root / "bin"); }
  void Put(const std::string& name, const std::string& script) {
    WriteText(root / "bin" / name, "#!/bin/sh\n" + script + "\n");
    fs::permissions(root / "bin" / name, fs::perms::owner_all);
  }
  KernelEnvironment Only() const { return {{"PATH", root / "bin"}, {"HOME", root.path()}}; }
  std::string Settings(const std::string& network, const std::string& files) const {
    WriteText(root / "srt.json", "{\"network\": {\"allowedDomains\": [], \"deniedDomains\": []" +
                                     network + "}, \"filesystem\": {\"denyRead\": [], " + files +
                                     "}}");
    return root / "srt.json";
  }
  std::string Check(const Sandbox& sandbox) const {
    const auto checked = CheckSandbox(sandbox, Only(), root / "sockets");
    return checked ? std::string() : checked.error();
  }
  TemporaryFolder root;
};

}  // namespace

TEST_CASE("a sandbox is a word, and a path from the folder of the file that says it") {
  const auto parse = [](std::string_view word) {
    const auto sandbox = ParseSandbox(word, "/project");
    return sandbox ? ToString(*sandbox) : "error: " + sandbox.error();
  };
  CHECK(parse("none") == "none");
  CHECK(parse("bwrap") == "bwrap");
  CHECK(parse("srt:settings/a.json") == "srt:/project/settings/a.json");
  CHECK(parse("srt:../a.json") == "srt:/a.json");
  CHECK(parse("srt:/etc/a.json") == "srt:/etc/a.json");
  CHECK(Contains(parse("bwarp"), "'bwarp' is no sandbox: did you mean 'bwrap'?"));
  CHECK(Contains(parse(""), "'' is no sandbox"));
  for (const char* word : {"srt", "srt:"}) CHECK(Contains(parse(word), "names no settings file"));
}

TEST_CASE("without a sandbox the command stays, and nothing is checked") {
  CHECK(Wrap(NoSandbox{}, {"python3", "-m", "x"}, {}) == Words{"python3", "-m", "x"});
  CHECK(CheckSandbox(NoSandbox{}, {}, "/nowhere"));
}

TEST_CASE("what is bound comes after the empty /tmp, which it may lie under") {
  const Cage cage;
  const Words argv = Wrap(BwrapSandbox{}, {"k", "--flag"}, cage.Folders());
  const auto at = [&](const std::string& word) {
    return std::find(argv.begin(), argv.end(), word) - argv.begin();
  };
  CHECK(argv.front() == "bwrap");
  CHECK(at("--tmpfs") < at(cage.root / "cwd"));
  CHECK(at(cage.root / "cwd") < at(cage.root / "workspace"));
  CHECK(at(cage.root / "workspace") < at(cage.root / "sockets"));
  CHECK(Words(argv.end() - 3, argv.end()) == Words{"--", "k", "--flag"});
  for (const char* word :
       {"--unshare-net", "--unshare-pid", "--unshare-user", "--cap-drop", "--die-with-parent"}) {
    CAPTURE(word);
    CHECK(at(word) < at("--tmpfs"));
  }
}

TEST_CASE("srt gets its settings, and a TMPDIR that there is") {
  const Words argv = Wrap(SrtSandbox{"/s.json"}, {"k", "-c", "x"}, {.sockets = "/run/k"});
  CHECK(argv == Words{"srt", "--settings", "/s.json", "--", "/usr/bin/env", "-u", "JPY_PARENT_PID",
                      "TMPDIR=/run/k", "k", "-c", "x"});
}

TEST_CASE("bwrap works here") {
  const auto checked = CheckSandbox(BwrapSandbox{}, Usual(), "/nowhere");
  CHECK_MESSAGE(checked, checked.error());
}

TEST_CASE("no network: what listens on this machine cannot be reached") {
  const Server server;
  const auto outside = TryProgram({"/bin/sh", "-c", server.ConnectScript()}, Usual(), 60s);
  REQUIRE_MESSAGE(outside, outside.error());
  ForEachUser([&](const Cage& cage) {
    const std::string said = cage.Shell(server.ConnectScript());
    CHECK_FALSE(Contains(said, "connected"));
    CHECK(Contains(said, "ConnectionRefusedError"));
  });
}

TEST_CASE("an inner loopback is kept") {
  ForEachUser([](const Cage& cage) {
    const std::string said = cage.Shell(
        "/usr/bin/python3 -c 'import socket; s = socket.create_server((\"127.0.0.1\", 0)); "
        "socket.create_connection(s.getsockname(), 10); print(\"connected\")'");
    CHECK(said == "connected\n");
  });
}

TEST_CASE("the network cannot be had back") {
  ForEachUser([](const Cage& cage) {
    const std::string said = cage.Shell(
        "nsenter --net=/proc/1/ns/net true && echo own; "
        "ip link add dummy0 type dummy && echo made; "
        "mount -o remount,rw / && echo mounted; echo end");
    CHECK(Contains(said, "end"));
    CHECK_FALSE(Contains(said, "made"));
    CHECK_FALSE(Contains(said, "own\n"));
    CHECK_FALSE(Contains(said, "mounted\n"));
  });
}

TEST_CASE("the file system can be read, and only the kernel's own folders written to") {
  ForEachUser([](const Cage& cage) {
    const std::string root = cage.root.path();
    const std::string said = cage.Shell("for d in / /etc /var/tmp /usr " + root +
                                        "/cwd; do echo x >$d/proctor-test && echo wrote $d; done; "
                                        "for d in /tmp " +
                                        root + "/workspace " + root +
                                        "/sockets; do echo x >$d/made && echo may $d; "
                                        "done; test -r /etc/passwd && echo reads");
    CHECK_FALSE(Contains(said, "wrote"));
    CHECK(Contains(said, "Read-only file system"));
    CHECK(Contains(said, "may /tmp\n"));
    CHECK(Contains(said, "may " + root + "/workspace\n"));
    CHECK(Contains(said, "may " + root + "/sockets\n"));
    CHECK(Contains(said, "reads\n"));
    CHECK(ReadText(cage.root / "workspace/made") == "x\n");
    CHECK(ReadText(cage.root / "sockets/made") == "x\n");
    CHECK_FALSE(fs::exists("/tmp/made"));
  });
}

TEST_CASE("the switches of the host's kernel cannot be thrown, by root neither") {
  ForEachUser([](const Cage& cage) {
    const std::string said = cage.Shell(
        "for f in /proc/sys/kernel/core_pattern /proc/sys/vm/drop_caches "
        "/proc/sysrq-trigger; do test -w $f && echo open $f; done; echo end");
    CHECK_FALSE(Contains(said, "open"));
    CHECK(Contains(said, "end"));
  });
}

TEST_CASE("it starts in its folder, without a parent's pid and with pids of its own") {
  ForEachUser([](const Cage& cage) {
    WriteText(cage.root / "cwd/data.txt", "some data\n");
    CHECK(cage.Shell("pwd; cat data.txt; echo [$JPY_PARENT_PID]") ==
          (cage.root / "cwd").string() + "\nsome data\n[]\n");
    const std::string pid = cage.Shell("echo $$");
    CHECK(std::atoi(pid.c_str()) > 0);
    CHECK(std::atoi(pid.c_str()) < 10);
  });
}

TEST_CASE("a folder within the workspace may be written to, and none need be given") {
  const Cage cage;
  fs::create_directory(cage.root / "workspace/inner");
  SandboxFolders folders = cage.Folders();
  folders.cwd = cage.root / "workspace/inner";
  CHECK(cage.Shell("echo x >made && cat made", folders) == "x\n");
  const SandboxFolders least{.sockets = cage.root / "sockets"};
  CHECK(cage.Shell("ls -A /tmp/*; ls " + (cage.root / "workspace").string() + " || echo unseen",
                   least)
            .ends_with("unseen\n"));
}

TEST_CASE("folders behind links are there under both names") {
  const Cage cage;
  fs::create_directory_symlink(cage.root / "workspace", cage.root / "link");
  SandboxFolders folders = cage.Folders();
  folders.workspace = cage.root / "link";
  folders.cwd = cage.root / "link";
  CHECK(cage.Shell("echo x >made && pwd && cat " + (cage.root / "workspace/made").string(),
                   folders) == (cage.root / "link").string() + "\nx\n");
}

TEST_CASE("ending bwrap ends what is inside, and frees its folders") {
  const Cage cage;
  World world;
  Collected out;
  const Words argv = Wrap(
      BwrapSandbox{}, {"/bin/sh", "-c", "trap '' INT TERM; echo up; while :; do sleep 60; done"},
      cage.Folders());
  const ChildId child = world.Spawn({.argv = argv, .env = Usual()}, out);
  REQUIRE(world.AwaitLine(out));
  world.tether->Signal(child, SIGKILL, Target::Process);
  REQUIRE(world.Await<ChildExited>(child));
  CHECK(world.Until([&] { return out.ended; }));  // nobody inside holds the pipe any more
}

TEST_CASE("a missing bwrap is an error that says how to get it") {
  const Programs programs;
  const std::string error = programs.Check(BwrapSandbox{});
  CHECK(Contains(error, "needs 'bwrap', which is not on PATH: `apt install bubblewrap`"));
  CHECK(Contains(error, "sandbox = \"none\""));
}

TEST_CASE("a system that forbids user namespaces is found before anything starts") {
  Programs programs;
  programs.Put("bwrap", "echo 'bwrap: No permissions to create new namespace' >&2; exit 1");
  const std::string error = programs.Check(BwrapSandbox{});
  CHECK(Contains(error, "no sandbox can be made here: '"));
  CHECK(Contains(error, "ended with 1: bwrap: No permissions to create new namespace"));
  CHECK(Contains(error, "kernel.unprivileged_userns_clone=1"));
}

TEST_CASE("a program is tried for a while, and nothing of it stays") {
  const TemporaryFolder folder;
  const std::string pid_file = folder / "pid";
  const std::string script = "sleep 600 & echo $! >" + pid_file + "; echo waiting; wait";
  const auto late = TryProgram({"/bin/sh", "-c", script}, Usual(), 2s);
  REQUIRE_FALSE(late);
  CHECK(Contains(late.error(), "did not end within 2000 ms and was ended: waiting"));
  const int grandchild = std::atoi(ReadText(pid_file).c_str());
  REQUIRE(grandchild > 0);
  CHECK(Within(60s, [&] { return !Witness(grandchild).Lives(); }));
  const auto missing = TryProgram({"/no/such/program"}, Usual(), 60s);
  REQUIRE_FALSE(missing);
  CHECK(Contains(missing.error(), "'/no/such/program' cannot be started: No such file"));
  const auto killed = TryProgram({"/bin/sh", "-c", "kill -KILL $$"}, Usual(), 60s);
  REQUIRE_FALSE(killed);
  CHECK(Contains(killed.error(), "was ended by signal 9: it wrote nothing"));
}

TEST_CASE("srt's settings are refused where a kernel could not be spoken to") {
  const Programs programs;
  const auto check = [&](const std::string& network, const std::string& files) {
    return programs.Check(SrtSandbox{programs.Settings(network, files)});
  };
  const std::string open = ", \"allowAllUnixSockets\": true";
  const std::string root = programs.root.path();
  CHECK(Contains(check("", R"("allowWrite": ["/"], "denyWrite": [])"),
                 "srt.json': network.allowAllUnixSockets is not true"));
  for (const std::string& paths : {std::string(), std::string("\".\", \"sockets\""),
                                   "\"" + root + "/sock\"", "\"" + root + "/sockets/inner\""}) {
    CAPTURE(paths);
    CHECK(Contains(check(open, "\"allowWrite\": [" + paths + "], \"denyWrite\": []"),
                   "holds no folder above the kernel's sockets: add \"" + root + "/sockets\""));
  }
  CHECK(Contains(check(open, "\"allowWrite\": [\"/\"], \"denyWrite\": [\"" + root + "\"]"),
                 "filesystem.denyWrite forbids '" + root + "/sockets'"));
  CHECK(Contains(check(open, R"("allowWrit": [])"), "did you mean 'allowWrite'?"));
  // From here on the settings are right, and the program is what is missing.
  for (const std::string& path :
       {root, root + "/sockets/", std::string("~"), std::string("~/sockets"), std::string("/")}) {
    CAPTURE(path);
    CHECK(Contains(check(open, "\"allowWrite\": [\"" + path + "\"], \"denyWrite\": []"),
                   "needs 'srt', which is not on PATH: `npm install -g "));
  }
  CHECK(Contains(check(open, R"("disabled": true, "allowWrite": [], "denyWrite": [])"),
                 "needs 'srt'"));
}

TEST_CASE("a settings file that is not there is named") {
  const Programs programs;
  CHECK(Contains(programs.Check(SrtSandbox{"/nowhere/srt.json"}),
                 "srt's settings file '/nowhere/srt.json' cannot be read: No such file"));
}

TEST_CASE("what srt itself needs is asked for by name") {
  Programs programs;
  const std::string file = programs.Settings(", \"allowAllUnixSockets\": true",
                                             R"("allowWrite": ["/"], "denyWrite": [])");
  for (const char* name : {"srt", "socat", "rg", "bwrap"}) {
    CHECK(Contains(programs.Check(SrtSandbox{file}),
                   std::string("needs '") + name + "', which is not on PATH"));
    programs.Put(name, "exit 0");
  }
  CHECK(programs.Check(SrtSandbox{file}).empty());
}
