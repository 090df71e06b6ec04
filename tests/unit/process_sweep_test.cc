#include <doctest/doctest.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <ostream>
#include <string>

#include "core/process/proc_linux.h"
#include "core/process/remains_linux.h"
#include "temporary_folder.h"

namespace proctor {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

/// A process that waits to be killed, and is reaped at the end.
struct Sleeper {
  int pid = fork();
  Sleeper() {
    if (pid == 0) {
      execlp("sleep", "sleep", "600", nullptr);
      _exit(127);
    }
  }
  ~Sleeper() { End(); }
  Sleeper(const Sleeper&) = delete;
  Sleeper& operator=(const Sleeper&) = delete;

  ProcessKey Key() const { return {pid, ReadProcess(pid)->start_ticks}; }
  bool Lives() const { return waitpid(pid, nullptr, WNOHANG) == 0; }
  void End() {
    kill(pid, SIGKILL);
    waitpid(pid, nullptr, 0);
  }
};

ProcessKey DeadProcess() {
  Sleeper sleeper;
  return sleeper.Key();
}

std::string Line(const std::string& what, const ProcessKey& key) {
  return what + " " + std::to_string(key.pid) + " " + std::to_string(key.start_ticks) + "\n";
}

/// A record as a Proctor leaves it that was killed.
struct Scene {
  TemporaryFolder folder;
  std::string text = "proctor-run 1\nworld " + ThisWorld() + "\n" + Line("proctor", DeadProcess());

  fs::path File() const { return folder.path() / "1-abcdef.run"; }
  std::vector<RunRecord> Records() const {
    std::ofstream(File()) << text;
    return ReadRunRecords(folder.path());
  }
  RunRecord Record() const {
    const std::vector<RunRecord> records = Records();
    REQUIRE(records.size() == 1);
    return records.front();
  }
};

std::vector<int> Pids(const std::vector<RemainingProcess>& processes) {
  std::vector<int> pids;
  for (const RemainingProcess& process : processes) pids.push_back(process.key.pid);
  return pids;
}

std::vector<std::string> Proofs(const std::vector<RemainingFile>& files) {
  std::vector<std::string> proofs;
  for (const RemainingFile& file : files) proofs.push_back(file.proof);
  return proofs;
}

TEST_CASE("what a Proctor writes down is read as it was, and goes with it") {
  const TemporaryFolder folder;
  const Sleeper child;
  fs::create_directory(folder.path() / "proctor- x y");
  {
    const auto recorder = RunRecorder::Begin(folder.path() / "runs");
    REQUIRE(recorder);
    (*recorder)->AddTether(child.pid);
    (*recorder)->AddChild(child.pid);
    (*recorder)->AddDisplay(987, child.pid);
    (*recorder)->AddRuntimeDir(folder.path() / "proctor- x y");
    struct stat info = {};
    REQUIRE(stat((*recorder)->file().c_str(), &info) == 0);
    CHECK((info.st_mode & 0777) == 0600);
    const std::vector<RunRecord> records = ReadRunRecords(folder.path() / "runs");
    REQUIRE(records.size() == 1);
    const RunRecord& record = records.front();
    CHECK(record.proctor.pid == getpid());
    CHECK(record.tether == child.Key());
    CHECK(record.children == std::vector{child.Key()});
    REQUIRE(record.displays.size() == 1);
    CHECK(record.displays[0].number == 987);
    CHECK(record.displays[0].xvfb == child.Key());
    CHECK_FALSE(record.displays[0].socket);
    CHECK(record.runtime_dir == folder.path() / "proctor- x y");
    CHECK(record.runtime_key == KeyOf(folder.path() / "proctor- x y"));
    CHECK(ConditionOf(record) == RunCondition::Lives);
  }
  CHECK(ReadRunRecords(folder.path() / "runs").empty());
}

TEST_CASE("a record that cannot be read whole, or that others may write, proves nothing") {
  Scene scene;
  const Sleeper child;
  scene.text += Line("child", child.Key());
  CHECK(scene.Record().children.size() == 1);
  scene.text += "child 12";  // it was killed while it wrote this
  CHECK(scene.Record().children.size() == 1);
  chmod(scene.File().c_str(), 0666);
  CHECK(ReadRunRecords(scene.folder.path()).empty());
  chmod(scene.File().c_str(), 0600);
  scene.text += " 34\ngarbage\n";
  CHECK(scene.Records().empty());
}

TEST_CASE("a process whose number was another's is not touched, whoever's it is now") {
  Scene scene;
  const Sleeper stranger;
  ProcessKey recycled = stranger.Key();
  --recycled.start_ticks;
  scene.text += Line("tether", recycled) + Line("child", recycled);
  const RunRecord record = scene.Record();
  CHECK(ProcessesLeft(record, {}).empty());
  CHECK(EndProcesses(record, {}, 1s).empty());
  CHECK(stranger.Lives());
}

TEST_CASE("what lives of a dead Proctor is named and ended, with what descends from it") {
  Scene scene;
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  const int parent = fork();
  if (parent == 0) {
    if (fork() == 0) setsid();  // of a session of its own, and a child all the same
    const bool told = write(ends[1], "x", 1) == 1;
    while (told) pause();
    _exit(1);
  }
  char both[2];
  REQUIRE(read(ends[0], both, 1) == 1);
  REQUIRE(read(ends[0], both, 1) == 1);
  const std::vector<ProcessInfo> below = DescendantsOf(parent);
  REQUIRE(below.size() == 1);
  kill(parent, SIGSTOP);  // stopped ones too
  scene.text += Line("child", {parent, ReadProcess(parent)->start_ticks});
  const RunRecord record = scene.Record();
  CHECK(ConditionOf(record) == RunCondition::Dead);
  CHECK(Pids(ProcessesLeft(record, {})) == std::vector{parent, below[0].pid});
  const std::vector<ProcessKey> spared = {{below[0].pid, below[0].start_ticks}};
  CHECK(Pids(ProcessesLeft(record, spared)) == std::vector{parent});
  CHECK(EndProcesses(record, {}, 5s).empty());
  int status = 0;
  CHECK(waitpid(parent, &status, 0) == parent);  // a sanitizer's own thread ends after the others
  CHECK(WTERMSIG(status) == SIGKILL);
  const auto orphan = ReadProcess(below[0].pid);
  CHECK((!orphan || orphan->state == 'Z'));
  close(ends[0]);
  close(ends[1]);
}

TEST_CASE("a Proctor that lives keeps all that it has, and so do we") {
  Scene living;
  const Sleeper proctor;
  const Sleeper child;
  living.text = "proctor-run 1\nworld " + ThisWorld() + "\n" + Line("proctor", proctor.Key()) +
                Line("child", child.Key());
  const RunRecord record = living.Record();
  CHECK(ConditionOf(record) == RunCondition::Lives);
  CHECK(ProcessesLeft(record, {}).empty());
  CHECK(FilesLeft(record).empty());
  // One that ran under a dead one is spared with what it started.
  Scene dead;
  dead.text += Line("child", proctor.Key()) + Line("child", child.Key());
  dead.text += Line("child", {getpid(), ReadProcess(getpid())->start_ticks});
  CHECK(ProcessesLeft(dead.Record(), SparedProcesses({record})).empty());
  CHECK(ProcessesLeft(dead.Record(), {}).size() >= 3);
}

TEST_CASE("what was written down in another boot is left alone") {
  Scene scene;
  const Sleeper child;
  scene.text = "proctor-run 1\nworld 00000000-another/pid:[1]\n" + Line("proctor", DeadProcess()) +
               Line("child", child.Key());
  const RunRecord record = scene.Record();
  CHECK(ConditionOf(record) == RunCondition::OtherWorld);
  CHECK(ProcessesLeft(record, {}).empty());
  CHECK(FilesLeft(record).empty());
}

TEST_CASE("only the very directory that was written down is removed") {
  Scene scene;
  const fs::path runtime = scene.folder.path() / "proctor-x";
  fs::create_directories(runtime / "batch/1");
  const auto key = KeyOf(runtime);
  REQUIRE(key);
  scene.text += "runtime " + std::to_string(key->device) + " " + std::to_string(key->inode) + " " +
                runtime.string() + "\n";
  const std::vector<RemainingFile> files = FilesLeft(scene.Record());
  REQUIRE(Proofs(files) == std::vector<std::string>{"its runtime directory", "its record"});
  fs::rename(runtime, scene.folder.path() / "kept");
  fs::create_directory(runtime);  // another one of its name
  CHECK(Proofs(FilesLeft(scene.Record())) == std::vector<std::string>{"its record"});
  CHECK_FALSE(Remove(files[0]));
  CHECK(fs::exists(runtime));
  fs::remove(runtime);
  CHECK(Remove(files[0]));  // gone is no error
  fs::rename(scene.folder.path() / "kept", runtime);
  CHECK(Remove(files[0]));
  CHECK_FALSE(fs::exists(runtime));
}

/// A Unix socket under a display's name; closed, it is abandoned.
int ListenAs(const std::string& path) {
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  REQUIRE(bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  REQUIRE(listen(fd, 1) == 0);
  return fd;
}

TEST_CASE("the socket of a dead Xvfb goes, if it is that socket and nobody listens on it") {
  Scene scene;
  const int number = 700'000 + getpid() % 100'000;
  const std::string path = "/tmp/.X11-unix/X" + std::to_string(number);
  fs::create_directory("/tmp/.X11-unix");
  const int fd = ListenAs(path);
  const auto key = KeyOf(path);
  REQUIRE(key);
  const std::string before = scene.text;
  const std::string display = "display " + std::to_string(number) + " " +
                              std::to_string(DeadProcess().pid) + " 77 " +
                              std::to_string(key->device) + " ";
  scene.text = before + display + std::to_string(key->inode) + "\n";
  CHECK(FilesLeft(scene.Record()).size() == 1);  // the record: somebody listens there
  close(fd);
  const std::vector<RemainingFile> files = FilesLeft(scene.Record());
  REQUIRE(files.size() == 2);
  CHECK(files[0].path == path);
  scene.text = before + display + std::to_string(key->inode + 1) + "\n";
  CHECK(FilesLeft(scene.Record()).size() == 1);  // it is another server's
  CHECK(Remove(files[0]));
  CHECK_FALSE(fs::exists(path));
}

}  // namespace
}  // namespace proctor
