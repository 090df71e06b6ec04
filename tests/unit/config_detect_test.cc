// What runs where no proctor.toml says it, and which proctor.toml counts.
#include <doctest/doctest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "core/config/config.h"

using namespace proctor;
namespace fs = std::filesystem;

namespace {

class Tree {
 public:
  Tree() {
    std::string name = fs::temp_directory_path() / "proctor-config-XXXXXX";
    root_ = fs::canonical(mkdtemp(name.data()));
  }
  ~Tree() { fs::remove_all(root_); }
  fs::path Make(const fs::path& file, const std::string& text = "") const {
    fs::create_directories((root_ / file).parent_path());
    std::ofstream(root_ / file) << text;
    return root_ / file;
  }
  const fs::path& root() const { return root_; }

 private:
  fs::path root_;
};

using Paths = std::vector<std::string>;

}  // namespace

TEST_CASE("a Python file is a pytest suite of its own") {
  const Tree tree;
  const fs::path file = tree.Make("any_name.py");
  const std::optional<Config> config = DetectSuite(file);
  REQUIRE(config);
  CHECK(config->directory == tree.root());
  CHECK(config->file.empty());
  CHECK_FALSE(config->subject);
  REQUIRE(config->suites.size() == 1);
  CHECK(config->suites[0].runner == Runner::Pytest);
  CHECK(config->suites[0].name == "pytest");
  CHECK(config->suites[0].paths == Paths{"any_name.py"});
}

TEST_CASE("a directory that looks like pytest's is a pytest suite") {
  for (const char* file : {"test_a.py", "a_test.py", "conftest.py", "pytest.ini", "pyproject.toml",
                           "tests/deep/er/test_a.py"}) {
    CAPTURE(file);
    const Tree tree;
    tree.Make(file);
    const std::optional<Config> config = DetectSuite(tree.root());
    REQUIRE(config);
    CHECK(config->directory == tree.root());
    CHECK(config->suites.at(0).paths == Paths{"."});
    CHECK(DetectSuite(tree.root().string() + "/")->directory == tree.root());
  }
}

TEST_CASE("what does not look like tests is not taken for a suite") {
  const Tree tree;
  CHECK_FALSE(DetectSuite(tree.root()));
  CHECK_FALSE(DetectSuite(tree.root() / "none"));
  tree.Make("module.py");
  tree.Make(".venv/lib/test_x.py");
  tree.Make("test_data.txt");
  CHECK_FALSE(DetectSuite(tree.root()));
  CHECK_FALSE(DetectSuite(tree.Make("notes.txt")));
}

TEST_CASE("the nearest proctor.toml counts") {
  const Tree tree;
  const fs::path outer = tree.Make("proctor.toml");
  const fs::path inner = tree.Make("a/b/proctor.toml");
  const fs::path file = tree.Make("a/b/c/test_x.py");
  tree.Make("d/test_y.py");
  CHECK(FindConfig(tree.root()) == outer);
  CHECK(FindConfig(tree.root() / "a") == outer);
  CHECK(FindConfig(tree.root() / "a/b") == inner);
  CHECK(FindConfig(file) == inner);
  CHECK(FindConfig(tree.root() / "d/test_y.py") == outer);
  CHECK(FindConfig(tree.root() / "a/b/no/such") == inner);
  CHECK_FALSE(FindConfig("/"));
}

TEST_CASE("a proctor.toml without a suite gets the one that stands beside it") {
  const Tree tree;
  const fs::path file = tree.Make("proctor.toml", "[subject]\ncommand = ['x']\n");
  CHECK(LoadConfig(file)->suites.empty());
  tree.Make("tests/test_a.py");
  const auto config = LoadConfig(file);
  REQUIRE(config);
  CHECK(config->suites.size() == 1);
  CHECK(config->subject->cwd == tree.root() / "");
}

TEST_CASE("a notebook and a script of cells are notebooks, each file with a kernel of its own") {
  const Tree tree;
  const fs::path notebook = tree.Make("a.ipynb", "{}");
  const fs::path script = tree.Make("b.py", "import os\n# %% [markdown]\n# words\n");
  for (const fs::path& file : {notebook, script}) {
    const std::optional<Config> config = DetectSuite(file);
    REQUIRE(config);
    CHECK(config->suites[0].runner == Runner::Notebook);
    CHECK(config->suites[0].paths == Paths{file.filename()});
    REQUIRE(config->subject);
    CHECK(config->subject->kind == SubjectKind::Kernel);
    CHECK(config->subject->restart.when == RestartWhen::File);
  }
}

TEST_CASE("what pytest would take is no notebook, whatever its comments look like") {
  const Tree tree;
  const std::optional<Config> config = DetectSuite(tree.Make("test_a.py", "# %%\n"));
  REQUIRE(config);
  CHECK(config->suites[0].runner == Runner::Pytest);
  CHECK(!config->subject);
}

TEST_CASE("a directory of notebooks is a suite where there are no pytest files") {
  const Tree tree;
  tree.Make("deep/a.ipynb");
  CHECK(DetectSuite(tree.root())->suites[0].runner == Runner::Notebook);
  tree.Make("test_a.py");
  CHECK(DetectSuite(tree.root())->suites[0].runner == Runner::Pytest);
}
