// Update(), event by event: what people and tests ask for at awkward moments.

#include <doctest/doctest.h>

#include "tests/fakes/scene.h"

using namespace proctor;

namespace {

constexpr std::string_view kSuite = R"(
  test_a.py: one* two*
  test_b.py: three* four*
  test_c.py: five*
)";

/// The batch is paused behind its first test.
Scene Paused() {
  Scene scene("test_a.py: one two\n test_b.py: three");
  scene.Start();
  scene.Begin("test_a.py::one");
  scene.Happen(PauseRequested{});
  scene.Finish("test_a.py::one");
  scene.StopsAndKeeps();
  scene.Forget();
  return scene;
}

/// Two lanes; each has a file and runs its first test.
Scene TwoLanes() {
  Scene scene("test_a.py: one two\n test_b.py: three four\n test_c.py: five\n test_d.py: six",
              {.lanes = 2});
  scene.Start();
  scene.WorkerComesUp(1);
  scene.Begin("test_a.py::one", 0);
  scene.Begin("test_b.py::three", 1);
  return scene;
}

}  // namespace

TEST_CASE("a batch that stands paused is stopped at once: its worker tears down and ends") {
  Scene scene = Paused();
  scene.Happen(StopRequested{StopMode::AfterTest});
  CHECK(scene.Did("finish worker 1"));
  CHECK_FALSE(scene.Did("stop run"));
  scene.WorkerEnds();
  CHECK(scene.Outcomes() == "one passed, two not_run, three not_run");
  CHECK(scene.Did("end batch 2"));
}

TEST_CASE("a pause while a test waits for its subject keeps the test for afterwards") {
  Scene scene(kSuite);
  scene.Start();
  scene.Preflight("test_a.py::one");
  scene.Happen(PauseRequested{});
  scene.StopsAndKeeps();
  scene.SubjectComesUp();
  CHECK_FALSE(scene.Did("grant test_a.py::one generation 1"));
  scene.Happen(ResumeRequested{});
  CHECK(scene.Did("run test_a.py::one test_a.py::two; next test_b.py::three"));
  scene.Preflight("test_a.py::one");
  CHECK(scene.Did("grant test_a.py::one generation 1"));
}

TEST_CASE("a test that stops the run of its own lane stops the others after their tests") {
  Scene scene = TwoLanes();
  scene.Finish("test_a.py::one", PhaseOutcome::Failed, 0);
  scene.Happen(RunFinished{scene.worker(0), true});  // -x
  CHECK(scene.Did("stop run"));
  // What the other was told to run is its own until it has stopped.
  CHECK(scene.Outcomes() ==
        "one failed(test), two not_run, three -, four -, five not_run, six not_run");
  scene.Finish("test_b.py::three", PhaseOutcome::Passed, 1);
  scene.Happen(RunFinished{scene.worker(1), true});
  scene.WorkerEnds(0);
  scene.WorkerEnds(1);
  CHECK(scene.Outcomes() ==
        "one failed(test), two not_run, three passed, four not_run, five not_run, six not_run");
  CHECK(scene.Did("end batch 1"));
}

TEST_CASE("a worker always gets an answer to its pre-flight") {
  Scene scene(kSuite);
  scene.Start();
  scene.Happen(SkipFileRequested{"test_a.py"});  // it asks before it has heard of that
  scene.Happen(TestNotRun{"test_a.py::one", std::nullopt, "for the test"});
  scene.Preflight("test_a.py::one");
  CHECK(scene.Did("drop test_a.py::one"));
}

TEST_CASE("pytest.exit() on one lane stops the others, and drops what waits") {
  Scene scene("test_a.py: one*\n test_b.py: two*", {.lanes = 2});
  scene.Start();
  scene.WorkerComesUp(1);
  scene.Preflight("test_b.py::two", 1);
  scene.Happen(ExitAsked{scene.worker(0), "enough"});
  CHECK(scene.Did("stop run"));
  CHECK(scene.Did("drop test_b.py::two"));
}

TEST_CASE("a file that was handed to the worker ahead can be skipped, and is not run") {
  Scene scene("test_a.py: one two\n test_b.py: three\n test_c.py: four");
  scene.Start();
  scene.Begin("test_a.py::one");
  scene.Forget();
  scene.Happen(SkipFileRequested{"test_b.py"});
  CHECK(scene.Did("stop and keep"));
  scene.Finish("test_a.py::one");
  scene.StopsAndKeeps();
  CHECK(scene.Outcomes() == "one passed, two -, three not_run, four -");
  CHECK(scene.Dealt(0) == "test_a.py test_c.py");
}

TEST_CASE("a file that one lane has is not freed by another's rerun of a test of it") {
  Scene scene = TwoLanes();
  scene.Finish("test_b.py::three", PhaseOutcome::Passed, 1);
  scene.Begin("test_b.py::four", 1);
  scene.Finish("test_a.py::one", PhaseOutcome::Passed, 0);
  scene.Happen(RerunRequested{"test_b.py::three", Fixtures::Kept});
  scene.StopsAndKeeps(0);
  CHECK(scene.Did("run test_b.py::three; next none, keep"));
  scene.Forget();
  scene.Pass("test_b.py::three", 0);
  scene.EndFile(0);
  scene.Happen(ResumeRequested{});  // before the other has stopped
  CHECK(scene.Dealt(0).find("test_b.py") == std::string::npos);
  scene.Finish("test_b.py::four", PhaseOutcome::Passed, 1);
  scene.StopsAndKeeps(1);
  CHECK(scene.Dealt(1).find("test_b.py") == std::string::npos);
  CHECK(scene.Test("test_b.py::four").attempt == 1);
}

TEST_CASE("run to the next failure holds it before its teardown") {
  Scene scene("test_a.py: one two");
  scene.Start();
  scene.Happen(RunToFailureRequested{});
  scene.FailAndStand("test_a.py::one");
  CHECK(scene.state.lanes[0].held);
  CHECK_FALSE(scene.Did("stop and keep"));
  CHECK(scene.state.batch.pace == Pace::Paused);
  scene.Forget();
  scene.Happen(RunToFailureRequested{});
  CHECK(scene.Did("release test_a.py::one"));
}

TEST_CASE("a restart that somebody asks for under a test is not laid to the test's subject") {
  Scene scene(kSuite);
  scene.Start();
  scene.Preflight("test_a.py::one");
  scene.SubjectComesUp();
  scene.Begin("test_a.py::one");
  scene.Happen(SubjectRestartRequested{0});
  scene.SubjectIsGone();
  scene.Finish("test_a.py::one", PhaseOutcome::Failed);
  CHECK(scene.Test("test_a.py::one").blame == Blame::Infrastructure);
  CHECK(scene.Test("test_a.py::one").details->details.find("was replaced on request") !=
        std::string::npos);
}

TEST_CASE("what a stop left out, and a resumed batch ran, ran once") {
  Scene scene = Paused();
  scene.Happen(StopRequested{StopMode::AfterTest});
  scene.Happen(BatchResumed{});
  scene.WorkerComesUp();
  scene.Pass("test_a.py::two");
  CHECK(scene.Test("test_a.py::two").earlier.empty());
}

TEST_CASE("spares are kept under `never` where a file has a policy of its own") {
  Scene scene("test_a.py: one*", {.restart = RestartWhen::Never, .spares = 1});
  scene.Happen(BatchRequested{});
  scene.Happen(BatchStarted{"b1", 0, {}, scene.state.config});
  scene.Happen(WorkerSpawned{scene.worker(), 100});
  scene.Happen(WorkerGreeted{scene.worker(), "3.11", "7.2", "/suite", ""});
  CollectedTest test;
  test.id = "test_a.py::one";
  test.name = "one";
  test.uses_subject = true;
  scene.Happen(FileCollected{scene.worker(), "test_a.py", {test}, RestartWhen::File, ""});
  scene.Happen(CollectionFinished{scene.worker(), 1, 0});
  scene.Preflight("test_a.py::one");
  scene.SubjectComesUp();
  CHECK(scene.state.lanes[0].spares.size() == 1);
}

TEST_CASE("a held failure counts as it was, though its worker is killed") {
  Scene scene("test_a.py: one two");
  scene.Start();
  scene.Happen(HoldOnFailureChanged{true});
  scene.FailAndStand("test_a.py::one");
  scene.WorkerDies("SIGKILL");
  const TestState& test = scene.Test("test_a.py::one");
  CHECK(test.outcome == Outcome::Failed);
  CHECK(test.details->message == "assert False");
  CHECK(test.details->details.find("ended with SIGKILL while this test was held") !=
        std::string::npos);
}

TEST_CASE("a failure that is held just past its limit is not ended with its worker") {
  Scene scene("test_a.py: one two");
  scene.Start();
  scene.Happen(HoldOnFailureChanged{true});
  scene.Begin("test_a.py::one");
  scene.Fire(TimerKind::TestLimit, scene.worker().value);
  CHECK(scene.HasTimer(TimerKind::StacksGrace));
  PhaseFinished call;
  call.worker = scene.worker();
  call.test = "test_a.py::one";
  call.outcome = PhaseOutcome::Failed;
  scene.Happen(call);
  scene.Happen(TestHeld{scene.worker(), "test_a.py::one", TestPhase::Call});
  CHECK_FALSE(scene.HasTimer(TimerKind::StacksGrace));
}

TEST_CASE("a rerun whose stop is overtaken by the end of a file waits for the runs told ahead") {
  Scene scene("test_a.py: one two\n test_b.py: three");
  scene.Start();
  scene.Pass("test_a.py::one");
  scene.Begin("test_a.py::two");
  scene.Happen(RerunRequested{"test_a.py::one", Fixtures::Kept});
  scene.Happen(ResumeRequested{});
  scene.Finish("test_a.py::two");
  scene.Forget();
  scene.EndFile();
  CHECK(scene.done.empty());
  scene.StopsAndKeeps();
  CHECK(scene.Did("run test_a.py::one; next none, keep"));
  scene.Pass("test_a.py::one");
  scene.EndFile();
  CHECK(scene.Dealt(0) == "test_a.py test_b.py");
  scene.Pass("test_b.py::three");
  scene.EndFile();
  scene.WorkerEnds();
  CHECK(scene.Outcomes() == "one passed, two passed, three passed");
  CHECK(scene.Did("end batch 0"));
}

TEST_CASE("a test whose file the present worker has not collected keeps its outcome") {
  Scene scene("test_a.py: one\n test_b.py: two three");
  scene.Start();
  scene.Pass("test_a.py::one");
  scene.EndFile();
  scene.Begin("test_b.py::two");
  scene.WorkerDies("SIGKILL");
  scene.WorkerComesUp();
  scene.Forget();
  scene.Happen(RerunRequested{"test_a.py::one", Fixtures::Kept});
  CHECK(scene.done.empty());
  CHECK(scene.Test("test_a.py::one").outcome == Outcome::Passed);
  CHECK(scene.state.notices[scene.state.notices.size() - 1].text.find("cannot be run again") !=
        std::string::npos);
}

TEST_CASE("a test that is held though it is done is let go") {
  Scene scene("test_a.py: one");
  scene.Start();
  scene.Happen(TestHeld{scene.worker(), "test_a.py::one", TestPhase::Call});
  CHECK(scene.Did("release test_a.py::one"));
}
