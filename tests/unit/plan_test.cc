#include <doctest/doctest.h>

#include "core/run/plan.h"

using namespace proctor;

namespace {

std::vector<std::string> Select(std::vector<std::string> suite, std::vector<std::string> selected) {
  Config config;
  config.directory = "/p";
  SuiteConfig s;
  s.paths = std::move(suite);
  Selection selection;
  selection.paths = std::move(selected);
  return SelectPaths(config, s, selection);
}

using Paths = std::vector<std::string>;

}  // namespace

TEST_CASE("without a selection a suite's own paths are run, made absolute") {
  CHECK(Select({"tests", "more/"}, {}) == Paths{"/p/tests", "/p/more"});
}

TEST_CASE("a selected file inside the suite stands for it") {
  CHECK(Select({"tests"}, {"/p/tests/test_a.py"}) == Paths{"/p/tests/test_a.py"});
}

TEST_CASE("a selected directory around the suite selects all of it") {
  CHECK(Select({"tests"}, {"/p"}) == Paths{"/p/tests"});
}

TEST_CASE("a path beside the suite selects nothing of it") {
  CHECK(Select({"tests"}, {"/p/tests_more/test_a.py"}).empty());
}

TEST_CASE("a selected test keeps its name behind the file") {
  CHECK(Select({"tests"}, {"/p/tests/test_a.py::TestX::test_y"}) ==
        Paths{"/p/tests/test_a.py::TestX::test_y"});
}

TEST_CASE("what is selected twice is run once") {
  CHECK(Select({"tests", "."}, {"/p/tests/test_a.py"}) == Paths{"/p/tests/test_a.py"});
}
