// What a tree of processes holds, and what a test file leaves behind.
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <fstream>

#include "core/process/leftovers.h"
#include "core/process/usage_linux.h"
#include "process_world.h"

using namespace proctor;
using namespace proctor::test;

using Told = std::vector<std::string>;

TEST_CASE("a tree is measured with all its processes and threads") {
  World world;
  Collected out;
  const ChildId family = world.Spawn({.argv = {Child("family")}}, out);
  REQUIRE(world.AwaitLine(out));
  const auto usage = MeasureTree(world.Await<ChildSpawned>(family)->pid);
  REQUIRE(usage);
  CHECK(usage->processes == 3);
  CHECK(usage->threads == 3);
  CHECK(usage->descriptors >= 3 * 3);
  CHECK(usage->rss_bytes > 100'000);
  CHECK(usage->ports.empty());

  Collected more;
  const ChildId threads = world.Spawn({.argv = {Child("threads")}}, more);
  REQUIRE(world.AwaitLine(more));
  const int pid = world.Await<ChildSpawned>(threads)->pid;
  CHECK(MeasureTree(pid)->threads == 3);
}

TEST_CASE("what forked twice counts as its tree's while the child lives") {
  World world;
  Collected out;
  const std::string script = Child("daemonize") + "; echo; read line";
  FdPair in = std::move(*MakePipe());
  const ChildId child = world.Spawn(
      {.argv = {"/bin/sh", "-c", script}, .fds = {{.child_fd = 0, .fd = in.first.get()}}}, out);
  REQUIRE(world.Until([&] { return out.text.find("\n\n") != std::string::npos; }));
  CHECK(MeasureTree(world.Await<ChildSpawned>(child)->pid)->processes == 2);
}

TEST_CASE("the ports that a tree listens on are told") {
  const Fd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  REQUIRE(bind(fd.get(), reinterpret_cast<sockaddr*>(&address), size) == 0);
  getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size);
  const int port = ntohs(address.sin_port);
  World world;
  const auto ports_of_child = [&] {
    Collected out;
    const ChildId child =
        world.Spawn({.argv = {Child("threads")}, .fds = {{.child_fd = 5, .fd = fd.get()}}}, out);
    REQUIRE(world.AwaitLine(out));
    return MeasureTree(world.Await<ChildSpawned>(child)->pid)->ports;
  };
  CHECK(ports_of_child().empty());
  REQUIRE(listen(fd.get(), 1) == 0);
  CHECK(ports_of_child() == std::vector{port});
}

TEST_CASE("a process that is gone has no usage") {
  CHECK_FALSE(MeasureTree(1 << 29));
}

TEST_CASE("a workspace is listed without following links, and names are bounded") {
  TempDir dir;
  std::filesystem::create_directories(dir.path() / "a" / "b");
  std::ofstream(dir.path() / "a" / "b" / "file") << "12345";
  std::filesystem::create_directory_symlink("/usr", dir.path() / "link");
  const WorkspaceFiles few = WorkspaceListing(dir.path());
  CHECK(few.sizes == std::map<std::string, int64_t>{{"a/b/file", 5}, {"link", 0}});
  CHECK(few.bytes == 5);
  for (int i = 0; i < 250; ++i) std::ofstream(dir.path() / std::to_string(i)) << "x";
  const WorkspaceFiles many = WorkspaceListing(dir.path());
  CHECK(many.sizes.size() == 200);
  CHECK(many.count == 252);
  CHECK(many.bytes == 255);
  CHECK(Compare({.usage = {}, .files = few}, {.usage = {}, .files = many}).Sentences() ==
        Told{"250 files in the workspace (250 bytes)"});
  CHECK(WorkspaceListing(dir.path() / "none").count == 0);
}

TEST_CASE("what is left behind is told in sentences, growth alone") {
  Footprint before;
  before.usage = Usage{50'000'000, 10, 4, 1, {80}};
  before.files = {{{"old", 7}}, 1, 7};
  Footprint after;
  after.usage = Usage{62'000'000, 13, 5, 3, {80, 4711}};
  after.files = {{{"big", 3'100'000}, {"new", 1}}, 2, 3'100'001};
  CHECK(Compare(before, after).Sentences() ==
        Told{"RSS +12 MB", "3 descriptors more", "1 thread more", "2 processes more",
             "port 4711 still open", "2 files in the workspace (3.1 MB)"});
  CHECK(Compare(after, before).Sentences() == Told{"1 file in the workspace (7 bytes)"});
  after = before;
  after.usage->rss_bytes += 999'999;
  CHECK(Compare(before, after).Sentences().empty());
  after.usage->rss_bytes += 1;
  CHECK(Compare(before, after).Sentences() == Told{"RSS +1.0 MB"});
  CHECK(
      Compare({.usage = {}, .files = {}}, {.usage = after.usage, .files = {}}).Sentences().empty());
}
