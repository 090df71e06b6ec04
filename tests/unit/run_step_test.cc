// Update(), event by event: going through a batch step by step.

#include <doctest/doctest.h>

#include "tests/fakes/scene.h"

using namespace proctor;

namespace {

constexpr std::string_view kSuite = R"(
  test_a.py: one two
  test_b.py: three
  test_c.py: four
)";

/// The batch is paused behind its first test, which passed.
Scene PausedAfterOne() {
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

TEST_CASE("a pause lets the running test end, keeps its fixtures, and runs nothing more") {
  Scene scene(kSuite);
  scene.Start();
  scene.Begin("test_a.py::one");
  scene.Forget();
  scene.Happen(PauseRequested{});
  CHECK(scene.Did("stop and keep"));
  scene.Finish("test_a.py::one");
  scene.StopsAndKeeps();
  scene.Happen(RunFinished{scene.worker(), true, true});  // of the file that was told ahead
  CHECK(scene.Dealt(0).empty());
  CHECK(scene.Outcomes() == "one passed, two -, three -, four -");
}

TEST_CASE("what goes on after a pause goes on where it stopped, in the same order") {
  Scene scene = PausedAfterOne();
  scene.Happen(ResumeRequested{});
  CHECK(scene.done == std::vector<std::string>{"hold nothing",
                                               "run test_a.py::two; next test_b.py::three",
                                               "run test_b.py::three; next test_c.py::four"});
}

TEST_CASE("a second pause asks nothing more of the worker") {
  Scene scene(kSuite);
  scene.Start();
  scene.Begin("test_a.py::one");
  scene.Happen(PauseRequested{});
  scene.Forget();
  scene.Happen(PauseRequested{});
  CHECK_FALSE(scene.Did("stop and keep"));
}

TEST_CASE("a pause before the tests are collected holds from the first one on") {
  Scene scene(kSuite);
  scene.Happen(BatchRequested{});
  scene.Happen(BatchStarted{"b1", 0, {}, scene.state.config});
  scene.Happen(PauseRequested{});
  scene.WorkerComesUp();
  CHECK(scene.Dealt(0).empty());
  scene.Happen(StepRequested{});
  CHECK(scene.Did("run test_a.py::one; next test_a.py::two"));
}

TEST_CASE("a pause that crosses the end of the last run does not stall the lane") {
  Scene scene("test_a.py: one");
  scene.Start();
  scene.Pass("test_a.py::one");
  scene.Happen(PauseRequested{});  // the worker has ended the run by now, and drops the stop
  scene.EndFile();
  scene.Happen(ResumeRequested{});
  CHECK(scene.Did("finish worker 1"));
}

TEST_CASE("a step runs exactly one test, and names the one whose fixtures stay") {
  Scene scene = PausedAfterOne();
  scene.Happen(StepRequested{});
  CHECK(scene.done == std::vector<std::string>{"run test_a.py::two; next test_b.py::three"});
  scene.Pass("test_a.py::two");
  scene.Forget();
  scene.EndFile();
  CHECK(scene.Dealt(0).empty());
  scene.Happen(StepRequested{});
  CHECK(scene.Did("run test_b.py::three; next test_c.py::four"));
}

TEST_CASE("steps through a file stay in it") {
  Scene scene("test_a.py: one two three");
  scene.Happen(BatchRequested{});
  scene.Happen(BatchStarted{"b1", 0, {}, scene.state.config});
  scene.Happen(PauseRequested{});
  scene.WorkerComesUp();
  for (const char* test : {"test_a.py::one", "test_a.py::two", "test_a.py::three"}) {
    scene.Forget();
    scene.Happen(StepRequested{});
    scene.Pass(test);
    scene.EndFile();
    CHECK(scene.Dealt(0) == "test_a.py");
  }
  CHECK(scene.Outcomes() == "one passed, two passed, three passed");
  scene.Happen(ResumeRequested{});
  CHECK(scene.Did("finish worker 1"));
}

TEST_CASE("two steps asked for at once run two tests, over the end of a file too") {
  Scene scene = PausedAfterOne();
  scene.Happen(StepRequested{});
  scene.Happen(StepRequested{});
  scene.Pass("test_a.py::two");
  scene.EndFile();
  CHECK(scene.Did("run test_b.py::three; next test_c.py::four"));
  scene.Pass("test_b.py::three");
  scene.Forget();
  scene.EndFile();
  CHECK(scene.Dealt(0).empty());
}

TEST_CASE("a step of a batch that runs freely pauses it") {
  Scene scene(kSuite);
  scene.Start();
  scene.Begin("test_a.py::one");
  scene.Happen(StepRequested{});
  CHECK(scene.Did("stop and keep"));
  CHECK(scene.state.batch.pace == Pace::Paused);
}

TEST_CASE("a step on a lane that is not there is a notice") {
  Scene scene = PausedAfterOne();
  scene.Happen(StepRequested{7});
  CHECK(scene.done.empty());
  CHECK(scene.state.notices[scene.state.notices.size() - 1].text == "There is no lane 7.");
}

TEST_CASE("run to the next failure pauses there, before its teardown") {
  Scene scene = PausedAfterOne();
  scene.Happen(RunToFailureRequested{});
  CHECK(scene.Did("hold on failure"));
  CHECK(scene.Did("run test_a.py::two; next test_b.py::three"));
  scene.Pass("test_a.py::two");
  scene.EndFile();
  scene.Forget();
  scene.FailAndStand("test_b.py::three");
  CHECK(scene.Did("hold nothing"));
  CHECK_FALSE(scene.Did("stop and keep"));
  CHECK(scene.state.batch.pace == Pace::Paused);
  CHECK(scene.state.lanes[0].held);
  scene.Happen(ReleaseRequested{0, Release::Continue});
  CHECK(scene.Did("release test_b.py::three"));
  scene.TearDown("test_b.py::three");
  CHECK(scene.Outcomes() == "one passed, two passed, three failed(test), four -");
}

TEST_CASE("a rerun with kept fixtures tears nothing down, and only the newest attempt counts") {
  Scene scene(kSuite);
  scene.Start();
  scene.Begin("test_a.py::one");
  scene.Happen(PauseRequested{});
  scene.Finish("test_a.py::one", PhaseOutcome::Failed);
  scene.StopsAndKeeps();
  CHECK(scene.Outcomes() == "one failed(test), two -, three -, four -");
  scene.Forget();
  scene.Happen(RerunRequested{"test_a.py::one", Fixtures::Kept});
  CHECK(scene.Did("run test_a.py::one; next none, keep"));
  CHECK(scene.state.counts.Bad() == 0);
  scene.Pass("test_a.py::one");
  scene.EndFile();
  CHECK(scene.Outcomes() == "one passed, two -, three -, four -");
  CHECK(scene.Test("test_a.py::one").attempt == 2);
  CHECK(scene.Test("test_a.py::one").earlier ==
        std::vector<std::string>{
            "attempt 1: failed (test), assert False; run again because somebody asked for it"});
  CHECK(scene.state.counts.Bad() == 0);
  CHECK(scene.state.counts.Total() == 1);
}

TEST_CASE("a rerun with fresh fixtures tears everything down first") {
  Scene scene = PausedAfterOne();
  scene.Happen(RerunRequested{"test_a.py::one", Fixtures::Fresh});
  CHECK(scene.Did("run test_a.py::one; next none, keep, fresh"));
}

TEST_CASE("a rerun leaves the batch paused, and the rest of the file where it was") {
  Scene scene = PausedAfterOne();
  scene.Happen(RerunRequested{"test_a.py::one", Fixtures::Kept});
  scene.Pass("test_a.py::one");
  scene.Forget();
  scene.EndFile();
  CHECK(scene.Dealt(0).empty());
  scene.Happen(ResumeRequested{});
  CHECK(scene.Did("run test_a.py::two; next test_b.py::three"));
}

TEST_CASE("a rerun while another test runs waits for its end") {
  Scene scene(kSuite);
  scene.Start();
  scene.Pass("test_a.py::one");
  scene.Begin("test_a.py::two");
  scene.Forget();
  scene.Happen(RerunRequested{"test_a.py::one", Fixtures::Kept});
  CHECK(scene.Did("stop and keep"));
  CHECK_FALSE(scene.Did("run test_a.py::one; next none, keep"));
  scene.Finish("test_a.py::two");
  scene.StopsAndKeeps();
  CHECK(scene.Did("run test_a.py::one; next none, keep"));
}

TEST_CASE("a rerun of what has not run is a notice") {
  Scene scene = PausedAfterOne();
  scene.Happen(RerunRequested{"test_b.py::three", Fixtures::Kept});
  scene.Happen(RerunRequested{"test_z.py::nobody", Fixtures::Kept});
  CHECK(scene.done.empty());
  CHECK(scene.state.notices.size() == 2);
}

TEST_CASE("a rerun of a test whose blame is being looked into counts as the newest") {
  Scene scene("test_a.py: one* two*");
  scene.Start();
  scene.Preflight("test_a.py::one");
  scene.SubjectComesUp();
  scene.Happen(HoldOnFailureChanged{true});
  scene.FailAndStand("test_a.py::one");
  scene.Happen(ReleaseRequested{0, Release::Rerun});
  scene.TearDown("test_a.py::one");
  scene.StopsAndKeeps();  // before the subject was seen alive after the test
  scene.SeenAlive();
  CHECK(scene.Did("run test_a.py::one; next none, keep"));
  scene.Preflight("test_a.py::one");
  scene.SeenAlive();
  scene.Pass("test_a.py::one");
  CHECK(scene.Outcomes() == "one passed, two -");
  CHECK(scene.Test("test_a.py::one").attempt == 2);
}

TEST_CASE("the rest of a file that runs can be skipped, and is not run") {
  Scene scene(kSuite);
  scene.Start();
  scene.Begin("test_a.py::one");
  scene.Happen(SkipFileRequested{"test_a.py"});
  CHECK(scene.Did("stop and keep"));
  scene.Finish("test_a.py::one");
  scene.Forget();
  scene.StopsAndKeeps();
  CHECK(scene.Outcomes() == "one passed, two not_run, three -, four -");
  CHECK(scene.Test("test_a.py::two").details->message ==
        "the rest of the file was skipped on request");
  CHECK(scene.Dealt(0) == "test_b.py test_c.py");
}

TEST_CASE("a file that has not begun can be skipped") {
  Scene scene(kSuite);
  scene.Start();
  scene.Happen(SkipFileRequested{"test_c.py"});
  CHECK(scene.Outcomes() == "one -, two -, three -, four not_run");
}

TEST_CASE("a file that is skipped while the batch is paused stays skipped") {
  Scene scene = PausedAfterOne();
  scene.Happen(SkipFileRequested{"test_a.py"});
  CHECK(scene.Outcomes() == "one passed, two not_run, three -, four -");
  scene.Happen(ResumeRequested{});
  CHECK(scene.Dealt(0) == "test_b.py test_c.py");
}

TEST_CASE("a skip of a file that nobody knows is a notice") {
  Scene scene = PausedAfterOne();
  scene.Happen(SkipFileRequested{"test_z.py"});
  CHECK(scene.state.notices.size() == 1);
}

TEST_CASE("a jump takes the file next, and what it passed over afterwards") {
  Scene scene(kSuite);
  scene.Start();
  scene.Begin("test_a.py::one");
  scene.Happen(JumpRequested{"test_c.py"});
  scene.Finish("test_a.py::one");
  scene.Forget();
  scene.StopsAndKeeps();
  CHECK(scene.done == std::vector<std::string>{"run test_c.py::four; next test_a.py::two",
                                               "run test_a.py::two; next test_b.py::three"});
}

TEST_CASE("a jump of a paused batch waits for the next step") {
  Scene scene = PausedAfterOne();
  scene.Happen(JumpRequested{"test_c.py"});
  CHECK(scene.Dealt(0).empty());
  scene.Happen(StepRequested{});
  CHECK(scene.Did("run test_c.py::four; next test_a.py::two"));
}

TEST_CASE("a jump to a file that another lane was told of runs it once") {
  Scene scene(
      "test_a.py: a\n test_b.py: b\n test_c.py: c\n test_d.py: d\n test_e.py: e\n"
      "test_f.py: f",
      {.lanes = 2});
  scene.Start();
  scene.WorkerComesUp(1);
  REQUIRE(scene.Dealt(0) == "test_a.py test_b.py");
  scene.Begin("test_a.py::a");
  scene.Pass("test_c.py::c", 1);
  scene.Happen(PauseRequested{});
  scene.Happen(RunFinished{scene.worker(1), true, true});  // lane 1 stands, lane 0 runs
  scene.Happen(JumpRequested{"test_b.py"});
  scene.Forget();
  scene.Happen(ResumeRequested{});
  scene.Finish("test_a.py::a");
  scene.StopsAndKeeps();
  const std::string both = scene.Dealt(0) + " " + scene.Dealt(1);
  CAPTURE(both);
  CHECK(both.find("test_b.py") == both.rfind("test_b.py"));
}
