#include "app/nearest.h"

#include <doctest/doctest.h>

#include <ostream>

#include "tests/fakes/sample_state.h"

namespace proctor {

TEST_CASE("a path that is nearly one is answered with that one") {
  const auto state = fakes::MakeSampleState({});
  CHECK(NearestFile(*state, "tests/test_panel.py") == "did you mean 'tests/test_panels.py'?");
}

TEST_CASE("a path that is near to nothing is answered with what there is") {
  const auto state = fakes::MakeSampleState({});
  const std::string told = NearestFile(*state, "x");
  CHECK(told.find("tests/test_project.py") != std::string::npos);
  CHECK(told.find("and 3 more") != std::string::npos);
  CHECK(NearestFile(State{}, "x") == "there is none yet");
}

TEST_CASE("a test id is compared within its file, and its file where that is unknown") {
  const auto state = fakes::MakeSampleState({});
  CHECK(NearestTest(*state, "tests/test_panels.py::test_opens_emtpy") ==
        "did you mean 'tests/test_panels.py::test_opens_empty'?");
  CHECK(NearestTest(*state, "tests/test_panel.py::test_opens_empty") ==
        "did you mean 'tests/test_panels.py'?");
}

TEST_CASE("a file is found as the test ids have it, and by its absolute path") {
  const auto state = fakes::MakeSampleState({});
  CHECK(FindFileOrSource(*state, "tests/test_panels.py") == 1u);
  CHECK(FindFileOrSource(*state, "./tests/test_panels.py") == 1u);
  CHECK(FindFileOrSource(*state, "/home/ada/harbour/tests/test_panels.py") == 1u);
  CHECK_FALSE(FindFileOrSource(*state, "/tests/test_panels.py"));
}

}  // namespace proctor
