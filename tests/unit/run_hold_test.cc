// Update(), event by event: what failed is held before its teardown.

#include <doctest/doctest.h>

#include "tests/fakes/scene.h"

using namespace proctor;

namespace {

constexpr std::string_view kSuite = R"(
  test_a.py: one two
  test_b.py: three
  test_c.py: four
)";

/// `one` failed and is held.
Scene Held() {
  Scene scene(kSuite);
  scene.Start();
  scene.Happen(HoldOnFailureChanged{true});
  scene.FailAndStand("test_a.py::one");
  scene.Forget();
  return scene;
}

/// Likewise, on generation 1.
Scene HeldWithSubject() {
  Scene scene("test_a.py: one* two*");
  scene.Start();
  scene.Preflight("test_a.py::one");
  scene.SubjectComesUp();
  scene.Happen(HoldOnFailureChanged{true});
  scene.FailAndStand("test_a.py::one");
  return scene;
}

/// The batch is paused behind its first test, which passed.
Scene Paused() {
  Scene scene(kSuite);
  scene.Start();
  scene.Begin("test_a.py::one");
  scene.Happen(PauseRequested{});
  scene.Finish("test_a.py::one");
  scene.StopsAndKeeps();
  scene.Forget();
  return scene;
}

}  // namespace

TEST_CASE("a failed test is held before its teardown, without a limit on its time") {
  Scene scene(kSuite);
  scene.Start();
  scene.Happen(HoldOnFailureChanged{true});
  CHECK(scene.Did("hold on failure"));
  scene.FailAndStand("test_a.py::one");
  REQUIRE(scene.state.lanes[0].held);
  CHECK(scene.state.lanes[0].held_in == TestPhase::Call);
  CHECK_FALSE(scene.HasTimer(TimerKind::TestLimit));
  CHECK(scene.Outcomes() == "one -, two -, three -, four -");
}

TEST_CASE("a held test that is let go is torn down, and the batch goes on") {
  Scene scene = Held();
  scene.Happen(ReleaseRequested{0, Release::Continue});
  CHECK(scene.Did("release test_a.py::one"));
  CHECK_FALSE(scene.state.lanes[0].held);
  scene.TearDown("test_a.py::one");
  scene.Pass("test_a.py::two");
  scene.EndFile();
  CHECK(scene.Outcomes() == "one failed(test), two passed, three -, four -");
}

TEST_CASE("the teardown of a test that was held has a limit again") {
  Scene scene = Held();
  scene.Happen(ReleaseRequested{0, Release::Continue});
  CHECK(scene.HasTimer(TimerKind::TestLimit));
}

TEST_CASE("a held test can be run again with its fixtures, and only that counts") {
  Scene scene = Held();
  scene.Happen(ReleaseRequested{0, Release::Rerun});
  CHECK(scene.Did("stop and keep"));
  scene.TearDown("test_a.py::one");
  scene.StopsAndKeeps();
  CHECK(scene.Did("run test_a.py::one; next none, keep"));
  scene.Pass("test_a.py::one");
  scene.EndFile();
  CHECK(scene.Outcomes() == "one passed, two -, three -, four -");
  CHECK(scene.state.counts.Bad() == 0);
}

TEST_CASE("a held test can be let go onto a fresh generation") {
  Scene scene = HeldWithSubject();
  scene.Happen(ReleaseRequested{0, Release::Restart});
  CHECK(scene.Did("release test_a.py::one"));
  CHECK(scene.Did("ask 1 to stop"));
  scene.TearDown("test_a.py::one");
  scene.SubjectIsGone();
  CHECK(scene.Did("spawn subject 2"));
  scene.Preflight("test_a.py::two");
  scene.SubjectComesUp();
  CHECK(scene.Did("grant test_a.py::two generation 2"));
  CHECK(scene.Outcomes() == "one failed(test), two -");
}

TEST_CASE("a release of a lane that holds nothing is a notice") {
  Scene scene = Paused();
  scene.Happen(ReleaseRequested{});
  CHECK(scene.done.empty());
  CHECK(scene.state.notices[scene.state.notices.size() - 1].text == "Lane 0 holds no test.");
}

TEST_CASE("a pause leaves a held test as it is, and a step ends the hold") {
  Scene scene = Held();
  scene.Happen(PauseRequested{});
  CHECK(scene.state.lanes[0].held);
  CHECK_FALSE(scene.Did("stop and keep"));
  scene.Happen(StepRequested{});
  CHECK(scene.Did("stop and keep"));
  scene.TearDown("test_a.py::one");
  scene.StopsAndKeeps();
  CHECK(scene.Did("run test_a.py::two; next test_b.py::three"));
  CHECK(scene.Outcomes() == "one failed(test), two -, three -, four -");
}

TEST_CASE("a stop ends a hold, and the failure counts") {
  Scene scene = Held();
  scene.Happen(StopRequested{StopMode::AfterTest});
  CHECK(scene.Did("stop run"));
  scene.TearDown("test_a.py::one");
  scene.Happen(RunFinished{scene.worker(), true});
  scene.WorkerEnds();
  CHECK(scene.Outcomes() == "one failed(test), two not_run, three not_run, four not_run");
  CHECK(scene.Did("end batch 2"));
}

TEST_CASE("a failure that was held still counts when the batch is stopped at once") {
  Scene scene = Held();
  scene.Happen(StopRequested{StopMode::Now});
  scene.WorkerDies("SIGKILL");
  CHECK(scene.Test("test_a.py::one").outcome == Outcome::Failed);
}

TEST_CASE("no test is held any more once the batch was stopped") {
  Scene scene = Held();
  scene.Happen(ReleaseRequested{0, Release::Continue});
  scene.TearDown("test_a.py::one");
  scene.Happen(StopRequested{StopMode::AfterTest});
  scene.FailAndStand("test_a.py::two");
  CHECK_FALSE(scene.state.lanes[0].held);
  CHECK(scene.Did("release test_a.py::two"));
}

TEST_CASE("a worker that dies during a hold ends it, and its successor runs the rest") {
  Scene scene = Held();
  scene.WorkerDies("SIGKILL");
  CHECK_FALSE(scene.state.lanes[0].held);
  CHECK(IsBad(scene.Test("test_a.py::one").outcome));
  scene.Forget();
  scene.WorkerComesUp();
  CHECK(scene.Did("hold on failure"));
  CHECK(scene.Did("run test_a.py::two; next test_b.py::three"));
}

TEST_CASE("a subject that dies while its failed test is held is not what the test failed by") {
  Scene scene = HeldWithSubject();
  scene.SubjectDies("SIGKILL");
  scene.Happen(ReleaseRequested{0, Release::Continue});
  scene.TearDown("test_a.py::one");
  CHECK(scene.Outcomes() == "one failed(test), two -");
}
