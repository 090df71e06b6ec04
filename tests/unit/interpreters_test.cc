#include "core/runners/interpreters.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>

using namespace proctor;
namespace fs = std::filesystem;

namespace {

/// A folder that looks like an installation of Python, gone with the object.
struct Installation {
  Installation() {
    std::string name = (fs::temp_directory_path() / "proctor-python-XXXXXX").string();
    root = mkdtemp(name.data());
    fs::create_directories(root / "bin");
    fs::create_directories(packages());
    Touch(root / "bin/python3.11");
    fs::create_symlink("python3.11", root / "bin/python3");
  }
  ~Installation() { fs::remove_all(root); }
  Installation(const Installation&) = delete;
  Installation& operator=(const Installation&) = delete;

  static void Touch(const fs::path& file, const char* text = "") { std::ofstream(file) << text; }
  fs::path packages() const { return root / "lib/python3.11/site-packages"; }
  bool MayHave(Environment environment = {}) const {
    return MayHavePytest(root / "bin/python3", environment);
  }

  fs::path root;
};

}  // namespace

TEST_CASE("an installation without pytest is known as one, whatever setuptools has left in it") {
  const Installation python;
  Installation::Touch(python.packages() / "distutils-precedence.pth");
  CHECK_FALSE(python.MayHave());
}

TEST_CASE("an installation with pytest, or with what may lead to it, is tried") {
  for (const char* name : {"pytest", "pytest.py", "pytest.egg-link", "sitecustomize.py"}) {
    const Installation python;
    Installation::Touch(python.packages() / name);
    CAPTURE(name);
    CHECK(python.MayHave());
  }
}

TEST_CASE("a .pth file counts when it names a folder or touches the import system") {
  const auto with_pth = [](const char* text) {
    const Installation python;
    Installation::Touch(python.packages() / "some.pth", text);
    return python.MayHave();
  };
  CHECK(with_pth("/opt/packages\n"));
  CHECK(with_pth("import __editable___pytest_finder; __editable___pytest_finder.install()\n"));
  CHECK(with_pth("# a comment\nimport sys; sys.path.append('/opt')\n"));
  CHECK_FALSE(with_pth(""));
  CHECK_FALSE(with_pth("# a comment\r\n\r\nimport os; os.environ.get('X')\r\n"));
}

TEST_CASE("a version manager's script is judged by the versions that it chooses from") {
  for (const char* versions : {"versions/3.11", "installs/python/3.11"}) {
    CAPTURE(versions);
    const Installation manager;
    fs::remove_all(manager.root / "lib");
    const fs::path shim = manager.root / "shims/python3";
    fs::create_directories(shim.parent_path());
    Installation::Touch(shim, "#!/bin/bash\n");
    CHECK(MayHavePytest(shim, {}));
    const fs::path packages = manager.root / versions / "lib/python3.11/site-packages";
    fs::create_directories(packages);
    CHECK_FALSE(MayHavePytest(shim, {}));
    Installation::Touch(packages / "pytest.py");
    CHECK(MayHavePytest(shim, {}));
  }
}

TEST_CASE("a virtual environment, and any interpreter under PYTHONPATH, is not judged") {
  const Installation python;
  CHECK(python.MayHave({{"PYTHONPATH", "/somewhere"}}));
  Installation::Touch(python.root / "pyvenv.cfg");
  CHECK(python.MayHave());
}

TEST_CASE("the user's own packages count") {
  const Installation python;
  const Installation home;
  fs::create_directories(home.root / ".local/lib/python3.11/site-packages/pytest");
  CHECK(python.MayHave({{"HOME", home.root.string()}}));
}

TEST_CASE("an interpreter that surely has no pytest is tried last, and a configured one alone") {
  const Installation without;
  const Installation with;
  Installation::Touch(with.packages() / "pytest");
  Config config;
  config.directory = "/nowhere";
  SuiteConfig suite;
  const Environment environment = {
      {"PATH", (without.root / "bin").string() + ":" + (with.root / "bin").string()}};
  const auto candidates = InterpreterCandidates(config, suite, environment);
  REQUIRE(candidates.size() >= 2);
  CHECK(candidates.front() == (with.root / "bin/python3").string());
  suite.python = "./my/python";
  CHECK(InterpreterCandidates(config, suite, environment) ==
        std::vector<std::string>{"/nowhere/my/python"});
}
