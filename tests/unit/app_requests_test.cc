#include <doctest/doctest.h>

#include <ostream>

#include "app/desk.h"
#include "app/requests.h"
#include "tests/fakes/sample_state.h"

namespace proctor {
namespace {

TEST_CASE("the bad tests are those whose outcome is bad, in the order of the tree") {
  const auto state = fakes::MakeSampleState({});
  const auto bad = BadTests(*state);
  CHECK(bad.size() == static_cast<size_t>(state->counts.Bad()));
  CHECK(bad.front() == state->files[2].tests[3].id);
}

TEST_CASE("the first stop waits for the running test, the second does not") {
  const auto state = fakes::MakeSampleState({.done = 0.5});
  CHECK(IsRunning(*state));
  CHECK(NextStop(*state).mode == StopMode::AfterTest);
  state->batch.stop = StopMode::AfterTest;
  CHECK(NextStop(*state).mode == StopMode::Now);
}

TEST_CASE("a path of the state is absolute below the runner's root") {
  const auto state = fakes::MakeSampleState({});
  CHECK(SourcePath(*state, "tests/test_form.py") == "/home/ada/harbour/tests/test_form.py");
  state->batch.rootdir = "/elsewhere";
  CHECK(WholeFile(*state, state->files[0]).paths ==
        std::vector<std::string>{"/elsewhere/tests/test_project.py"});
}

TEST_CASE("what is picked stays picked when a new batch has it in another place") {
  const auto state = fakes::MakeSampleState({});
  Desk desk;
  CHECK(PickTest(desk, *state, state->files[3].tests[5].id));
  State later;
  later.files.push_back(state->files[3]);
  const Picked picked = FindPicked(later, desk);
  REQUIRE(picked.test != nullptr);
  CHECK(picked.test->id == state->files[3].tests[5].id);
}

TEST_CASE("what a new batch does not have is not picked") {
  const auto state = fakes::MakeSampleState({});
  Desk desk;
  PickTest(desk, *state, TestRef{3, 5});
  CHECK(FindPicked(State{}, desk).file == nullptr);
  CHECK_FALSE(PickTest(desk, *state, "no such test"));
}

TEST_CASE("a file stays picked when its test is gone") {
  const auto state = fakes::MakeSampleState({});
  Desk desk;
  PickTest(desk, *state, TestRef{0, 11});
  const auto fewer = fakes::MakeSampleState({.tests_per_file = 4});
  const Picked picked = FindPicked(*fewer, desk);
  CHECK(picked.file == &fewer->files[0]);
  CHECK(picked.test == nullptr);
}

}  // namespace
}  // namespace proctor
