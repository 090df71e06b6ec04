#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <fstream>

#include "process_world.h"

using namespace proctor;
using namespace proctor::test;
namespace fs = std::filesystem;

TEST_CASE("every workspace is new, empty and its owner's alone") {
  TempDir dir;
  const auto one = MakeWorkspace(dir.path() / "deep" / "root", "generation-1");
  const auto two = MakeWorkspace(dir.path() / "deep" / "root", "generation-1");
  REQUIRE(one);
  REQUIRE(two);
  CHECK(*one != *two);
  CHECK(fs::is_empty(*one));
  CHECK((fs::status(*one).permissions() & fs::perms::mask) == fs::perms::owner_all);
  CHECK(one->filename().string().starts_with("generation-1-"));
}

TEST_CASE("a workspace that cannot be made is told with its place") {
  const auto none = MakeWorkspace("/proc/no", "x");
  REQUIRE_FALSE(none);
  CHECK(none.error().find("'/proc/no'") != std::string::npos);
}

TEST_CASE("removing a tree does not follow links out of it") {
  TempDir dir;
  const fs::path outside = dir.path() / "outside";
  const fs::path tree = dir.path() / "tree";
  fs::create_directories(outside);
  fs::create_directories(tree / "sub");
  std::ofstream(outside / "precious") << "x";
  fs::create_directory_symlink(outside, tree / "sub" / "link");
  fs::create_symlink("nowhere", tree / "dangling");
  REQUIRE(RemoveTree(tree));
  CHECK_FALSE(fs::exists(tree));
  CHECK(fs::exists(outside / "precious"));

  fs::create_directory_symlink(outside, tree);
  CHECK_FALSE(RemoveTree(tree));
  CHECK(fs::exists(outside / "precious"));
}

TEST_CASE("a tree without permissions, with pipes and strange names is removed") {
  TempDir dir;
  const fs::path tree = dir.path() / "tree";
  fs::create_directories(tree / "closed" / "inner");
  std::ofstream(tree / "closed" / "inner" / "a\nb\xff") << "x";
  REQUIRE(mkfifo((tree / "pipe").c_str(), 0600) == 0);
  fs::permissions(tree / "closed" / "inner", fs::perms::none);
  fs::permissions(tree / "closed", fs::perms::none);
  REQUIRE(RemoveTree(tree));
  CHECK_FALSE(fs::exists(tree));
}

TEST_CASE("a tree deeper than any path can name is removed") {
  TempDir dir;
  const fs::path tree = dir.path() / "tree";
  fs::create_directory(tree);
  Fd at(open(tree.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const std::string name(200, 'd');
  for (int depth = 0; depth < 300; ++depth) {
    REQUIRE(mkdirat(at.get(), name.c_str(), 0700) == 0);
    at = Fd(openat(at.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    REQUIRE(at);
  }
  at.Close();
  REQUIRE(RemoveTree(tree));
  CHECK_FALSE(fs::exists(tree));
}

TEST_CASE("what is not there needs no removing, and the root is never removed") {
  TempDir dir;
  CHECK(RemoveTree(dir.path() / "none"));
  CHECK_FALSE(RemoveTree("/"));
  CHECK_FALSE(RemoveTree("relative"));
  CHECK_FALSE(RemoveTree(""));
}
