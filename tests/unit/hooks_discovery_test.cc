#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "hooks/discovery.h"

namespace proctor::hooks {
namespace {

namespace fs = std::filesystem;

/// $XDG_RUNTIME_DIR in an empty directory of the test's own.
class RuntimeDir {
 public:
  RuntimeDir() {
    std::string pattern = (fs::temp_directory_path() / "hooks-test-XXXXXX").string();
    path_ = mkdtemp(pattern.data());
    if (const char* value = std::getenv("XDG_RUNTIME_DIR")) before_ = value;
    setenv("XDG_RUNTIME_DIR", path_.c_str(), 1);
  }
  ~RuntimeDir() {
    if (before_) setenv("XDG_RUNTIME_DIR", before_->c_str(), 1);
    if (!before_) unsetenv("XDG_RUNTIME_DIR");
    fs::remove_all(path_);
  }
  RuntimeDir(const RuntimeDir&) = delete;
  RuntimeDir& operator=(const RuntimeDir&) = delete;

  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
  std::optional<std::string> before_;
};

unsigned ModeOf(const fs::path& path) {
  struct stat found {};
  return stat(path.c_str(), &found) == 0 ? found.st_mode & 07777 : 0;
}

const DiscoveryFile::Content kContent = {
    .url = "http://127.0.0.1:1", .token = "secret", .app = "demo"};

}  // namespace

TEST_CASE("the discovery file is private, complete, and gone with its owner") {
  const RuntimeDir runtime;
  std::string path;
  {
    auto file = DiscoveryFile::Write(kContent);
    REQUIRE(file);
    path = file->path();
    CHECK(path == (runtime.path() / "proctor" / (std::to_string(getpid()) + ".json")).string());
    CHECK(ModeOf(path) == 0600);
    CHECK(ModeOf(runtime.path() / "proctor") == 0700);
    const auto json = nlohmann::json::parse(std::ifstream(path));
    CHECK(json == nlohmann::json{{"url", "http://127.0.0.1:1"},
                                 {"token", "secret"},
                                 {"pid", getpid()},
                                 {"app", "demo"}});
  }
  CHECK_FALSE(fs::exists(path));
}

TEST_CASE("a file that a dead process of this pid left is replaced") {
  const RuntimeDir runtime;
  fs::create_directory(runtime.path() / "proctor");
  const fs::path stale = runtime.path() / "proctor" / (std::to_string(getpid()) + ".json");
  std::ofstream(stale) << "stale";
  std::ofstream(stale.string() + ".new") << "stale";
  auto file = DiscoveryFile::Write(kContent);
  REQUIRE(file);
  CHECK(nlohmann::json::parse(std::ifstream(stale))["app"] == "demo");
  CHECK(ModeOf(stale) == 0600);
}

TEST_CASE("a directory that others could write to is closed before use") {
  const RuntimeDir runtime;
  fs::create_directory(runtime.path() / "proctor");
  fs::permissions(runtime.path() / "proctor", fs::perms::all);
  REQUIRE(DiscoveryFile::Write(kContent));
  CHECK(ModeOf(runtime.path() / "proctor") == 0700);
}

TEST_CASE("a link in the directory's place is not followed") {
  const RuntimeDir runtime;
  const fs::path elsewhere = runtime.path() / "elsewhere";
  fs::create_directory(elsewhere);
  fs::create_directory_symlink(elsewhere, runtime.path() / "proctor");
  auto file = DiscoveryFile::Write(kContent);
  CHECK(fs::is_empty(elsewhere));
  if (file) CHECK(file->path().find("/tmp/proctor-") == 0);
}

}  // namespace proctor::hooks
