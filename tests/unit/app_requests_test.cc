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

TEST_CASE("a pause is followed by a resume") {
  const auto state = fakes::MakeTwoLanes();
  CHECK(std::holds_alternative<PauseRequested>(NextPause(*state)));
  state->batch.pace = Pace::Paused;
  CHECK(std::holds_alternative<ResumeRequested>(NextPause(*state)));
}

TEST_CASE("a held test may be run again though it is not done, and one that runs may not") {
  const auto state = fakes::MakeTwoLanes();
  REQUIRE(state->lanes[0].held);
  CHECK(HolderOf(*state, *state->lanes[0].held) == 0u);
  CHECK(WhyNoRerun(*state, *state->lanes[0].held).empty());
  state->lanes[0].aside = true;
  CHECK(WhyNoRerun(*state, *state->lanes[0].held) == "it is kept aside; let it go first");
  state->lanes[0].aside = false;
  CHECK_FALSE(HolderOf(*state, state->lanes[1].draft->test));
  CHECK_FALSE(WhyNoRerun(*state, state->lanes[1].draft->test).empty());
  state->batch.phase = BatchPhase::Ended;
  CHECK(WhyNoRerun(*state, *state->lanes[0].held) == "no batch is running");
}

TEST_CASE("a file of another suite comes neither next nor again") {
  const auto state = fakes::MakeTwoLanes();
  CHECK(WhyNoJump(*state, state->files[8]).empty());
  state->batch.suite = 1;
  CHECK(WhyNoJump(*state, state->files[8]) == "its suite does not run now");
  CHECK(WhyNoRerun(*state, {0, 0}) == "its suite does not run now");
}

TEST_CASE("nothing attaches to a process that is not there, and items only to the hooks") {
  GenerationState g;
  CHECK(AttachCommands(g).empty());
  g.pid = 42;
  g.phase = SubjectPhase::Up;
  g.url = "http://127.0.0.1:1";
  CHECK(AttachCommands(g) == std::vector<std::string>{"gdb -p 42", g.url});
  g.frame = 3;
  CHECK(AttachCommands(g).back() == "python -m proctor items --pid 42");
  g.phase = SubjectPhase::Ended;
  CHECK(AttachCommands(g).empty());
}

}  // namespace
}  // namespace proctor
