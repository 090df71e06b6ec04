// Update(), event by event: the batch, its workers and tests without a subject.

#include <doctest/doctest.h>

#include "tests/fakes/scene.h"

using namespace proctor;

namespace {

constexpr std::string_view kTwoFiles = R"(
  test_a.py: one two
  test_b.py: three
)";

}  // namespace

TEST_CASE("a batch begins with a worker for the suite's paths") {
  Scene scene(kTwoFiles);
  scene.Happen(BatchRequested{});
  CHECK(scene.Did("begin batch"));
  scene.Happen(BatchStarted{"b1", 0, {}, scene.state.config});
  CHECK(scene.Did("spawn worker 1: /suite"));
  CHECK(scene.state.batch.phase == BatchPhase::Running);
}

TEST_CASE("a second request while a batch runs changes nothing but is noticed") {
  Scene scene(kTwoFiles);
  scene.Start();
  scene.Forget();
  scene.Happen(BatchRequested{});
  CHECK(scene.done.empty());
  CHECK(scene.state.notices.size() == 1);
}

TEST_CASE("the worker is told of two files ahead, and which test comes after each") {
  Scene scene(kTwoFiles);
  scene.Start();
  CHECK(scene.Did("run test_a.py::one test_a.py::two; next test_b.py::three"));
  CHECK(scene.Did("run test_b.py::three; next none"));
}

TEST_CASE("a batch whose tests all pass ends with 0, once the worker has ended") {
  Scene scene(kTwoFiles);
  scene.Start();
  scene.Pass("test_a.py::one");
  scene.Pass("test_a.py::two");
  scene.EndFile();
  scene.Pass("test_b.py::three");
  scene.Forget();
  scene.EndFile();
  CHECK(scene.Did("finish worker 1"));
  CHECK_FALSE(scene.Did("end batch 0"));
  scene.WorkerEnds();
  CHECK(scene.Did("end batch 0"));
  scene.Happen(BatchEnded{0});
  CHECK(scene.state.batch.phase == BatchPhase::Ended);
  CHECK(scene.Outcomes() == "one passed, two passed, three passed");
}

TEST_CASE("phases add up to pytest's outcomes") {
  struct Case {
    TestPhase phase;
    PhaseOutcome outcome;
    bool xfail;
    Outcome expected;
  };
  const Case cases[] = {
      {TestPhase::Setup, PhaseOutcome::Failed, false, Outcome::Error},
      {TestPhase::Setup, PhaseOutcome::Skipped, false, Outcome::Skipped},
      {TestPhase::Call, PhaseOutcome::Failed, false, Outcome::Failed},
      {TestPhase::Call, PhaseOutcome::Skipped, true, Outcome::Xfailed},
      {TestPhase::Call, PhaseOutcome::Passed, true, Outcome::Xpassed},
      {TestPhase::Call, PhaseOutcome::Failed, true, Outcome::Failed},  // strict
      {TestPhase::Teardown, PhaseOutcome::Failed, false, Outcome::Error},
  };
  for (const Case& c : cases) {
    Scene scene("test_a.py: one");
    scene.Start();
    scene.Happen(TestStarted{scene.worker(), "test_a.py::one"});
    PhaseFinished phase;
    phase.worker = scene.worker();
    phase.test = "test_a.py::one";
    phase.phase = c.phase;
    phase.outcome = c.outcome;
    if (c.xfail) phase.xfail = "known";
    scene.Happen(phase);
    scene.Happen(TestFinished{scene.worker(), "test_a.py::one"});
    CAPTURE(static_cast<int>(c.phase));
    CHECK(ToString(scene.Test("test_a.py::one").outcome) == ToString(c.expected));
  }
}

TEST_CASE("a failed call stays failed when its teardown fails too") {
  Scene scene("test_a.py: one");
  scene.Start();
  scene.Begin("test_a.py::one");
  PhaseFinished call;
  call.worker = scene.worker();
  call.test = "test_a.py::one";
  call.outcome = PhaseOutcome::Failed;
  call.message = "assert 1 == 2";
  scene.Happen(call);
  call.phase = TestPhase::Teardown;
  call.message = "RuntimeError";
  scene.Happen(call);
  scene.Happen(TestFinished{scene.worker(), "test_a.py::one"});
  CHECK(scene.Outcomes() == "one failed(test)");
  CHECK(scene.Test("test_a.py::one").details->message == "assert 1 == 2");
}

TEST_CASE("an outcome is final only once the journal has it") {
  Scene scene("test_a.py: one two");
  scene.Start();
  scene.Pass("test_a.py::one");
  CHECK(scene.Test("test_a.py::one").progress == TestProgress::Done);
  CHECK_FALSE(scene.Test("test_a.py::one").final);
  const uint64_t done_at = scene.state.seq;
  scene.Happen(JournalCommitted{done_at - 1});
  CHECK(scene.state.finals == 0);
  scene.Happen(JournalCommitted{done_at});
  CHECK(scene.Test("test_a.py::one").final);
  CHECK(scene.state.finals == 1);
}

TEST_CASE("a worker's death is charged to the running test, and a fresh worker runs the rest") {
  Scene scene(kTwoFiles);
  scene.Start();
  scene.Begin("test_a.py::one");
  scene.Forget();
  scene.WorkerDies("SIGSEGV");
  CHECK(scene.Outcomes() == "one crashed(test), two -, three -");
  CHECK(scene.Did("spawn worker 2: /suite/test_a.py /suite/test_b.py"));
  scene.Forget();
  scene.WorkerComesUp();
  CHECK(scene.Did("run test_a.py::two; next test_b.py::three"));
  CHECK_FALSE(scene.Did("run test_a.py::one test_a.py::two; next test_b.py::three"));
}

TEST_CASE("what a dead worker's successor does not find again is not_run, and said so") {
  Scene scene(kTwoFiles);
  scene.Start();
  scene.Begin("test_a.py::one");
  scene.WorkerDies("SIGKILL");
  scene.WorkerComesUp();
  scene.Happen(TestUnknown{scene.worker(), "test_a.py::two"});
  scene.EndFile();
  CHECK(scene.Outcomes() == "one crashed(test), two not_run(infrastructure), three -");
}

TEST_CASE("a test past its limit has its stacks taken before its worker is ended") {
  Scene scene(kTwoFiles);
  scene.Start();
  scene.Begin("test_a.py::one");
  CHECK(scene.HasTimer(TimerKind::TestLimit));
  scene.Forget();
  scene.Fire(TimerKind::TestLimit, scene.worker().value);
  CHECK(scene.Did("dump stacks"));
  CHECK_FALSE(scene.Did("kill worker 1"));
  scene.Happen(StacksDumped{scene.worker(), "Thread 0x1: in wait_forever"});
  scene.Fire(TimerKind::StacksGrace, scene.worker().value);
  CHECK(scene.Did("kill worker 1"));
  scene.WorkerDies("SIGKILL");
  CHECK(scene.Outcomes() == "one timed_out(test), two -, three -");
  CHECK(scene.Test("test_a.py::one").details->details.find("wait_forever") != std::string::npos);
  CHECK(scene.Did("spawn worker 2: /suite/test_a.py /suite/test_b.py"));
}

TEST_CASE("a short limit for one test does not cut a worker's last finalizers short") {
  Scene scene("test_a.py: one", {.timeout = Millis{500}});
  scene.Start();
  scene.Begin("test_a.py::one");
  CHECK(scene.TimerOf(TimerKind::TestLimit) == Millis{500});
  scene.Finish("test_a.py::one");
  scene.EndFile();
  CHECK(scene.Did("finish worker 1"));
  CHECK(scene.TimerOf(TimerKind::WorkerStop) == Millis{60000});
  scene.Fire(TimerKind::WorkerStop, scene.worker().value);
  CHECK(scene.Did("kill worker 1"));
}

TEST_CASE("a long limit for one test counts for finalizers too") {
  Scene scene("test_a.py: one", {.timeout = Millis{300000}});
  scene.Start();
  scene.Pass("test_a.py::one");
  scene.EndFile();
  CHECK(scene.TimerOf(TimerKind::WorkerStop) == Millis{300000});
}

TEST_CASE("a test that ends while its stacks are taken is timed_out, and its worker goes on") {
  Scene scene(kTwoFiles);
  scene.Start();
  scene.Begin("test_a.py::one");
  scene.Fire(TimerKind::TestLimit, scene.worker().value);
  scene.Finish("test_a.py::one");
  CHECK_FALSE(scene.HasTimer(TimerKind::StacksGrace));
  CHECK(scene.Test("test_a.py::one").outcome == Outcome::TimedOut);
}

TEST_CASE("a module that ends the worker at import is an error, and left out afterwards") {
  Scene scene(kTwoFiles);
  scene.Happen(BatchRequested{});
  scene.Happen(BatchStarted{"b1", 0, {}, scene.state.config});
  scene.Happen(WorkerSpawned{scene.worker(), 100});
  scene.Happen(WorkerGreeted{scene.worker(), "3.11", "7.2", "/suite", ""});
  scene.Happen(CollectionStarted{scene.worker(), "test_bad.py"});
  scene.WorkerDies("SIGSEGV");
  CHECK(scene.state.batch.ignored == std::vector<std::string>{"test_bad.py"});
  CHECK(scene.Did("spawn worker 2: /suite"));
  scene.WorkerComesUp();
  CHECK(scene.Test("test_bad.py").outcome == Outcome::Error);
  CHECK(scene.Did("run test_a.py::one test_a.py::two; next test_b.py::three"));
}

TEST_CASE("a batch whose config cannot be used is refused, and another can be asked for") {
  Scene scene(kTwoFiles);
  scene.Happen(BatchRequested{});
  scene.Happen(BatchRefused{"proctor.toml:3: no such key"});
  CHECK(scene.state.batch.phase == BatchPhase::None);
  CHECK(scene.state.notices[0].text == "No batch was begun: proctor.toml:3: no such key");
  scene.Start();
  CHECK(scene.Did("run test_a.py::one test_a.py::two; next test_b.py::three"));
}

TEST_CASE("three workers in a row that get nowhere end the batch as Proctor's own failure") {
  Scene scene(kTwoFiles);
  scene.Happen(BatchRequested{});
  scene.Happen(BatchStarted{"b1", 0, {}, scene.state.config});
  for (int i = 0; i < 3; ++i) {
    scene.Happen(WorkerSpawned{scene.worker(), 100});
    scene.WorkerDies("SIGKILL");
  }
  CHECK(scene.Did("end batch 3"));
  CHECK_FALSE(scene.state.batch.failure.empty());
}

TEST_CASE("pytest's own refusal to start ends the batch with its exit code and words") {
  Scene scene(kTwoFiles);
  scene.Happen(BatchRequested{});
  scene.Happen(BatchStarted{"b1", 0, {}, scene.state.config});
  scene.Happen(WorkerStartupFailed{scene.worker(), "unrecognized arguments: --nope", 4});
  scene.Happen(WorkerExited{scene.worker(), {4, ""}, ""});
  CHECK(scene.Did("end batch 4"));
  CHECK(scene.state.batch.failure.find("--nope") != std::string::npos);
}

TEST_CASE("a file that cannot be collected is an error, and the others run") {
  Scene scene(kTwoFiles);
  scene.Happen(BatchRequested{});
  scene.Happen(BatchStarted{"b1", 0, {}, scene.state.config});
  scene.Happen(FileNotCollected{scene.worker(), "test_x.py", "test_x.py", "SyntaxError", "line 1"});
  scene.WorkerComesUp();
  CHECK(scene.Test("test_x.py").outcome == Outcome::Error);
  CHECK(scene.Test("test_x.py").details->message == "SyntaxError");
  CHECK(scene.Did("run test_a.py::one test_a.py::two; next test_b.py::three"));
}

TEST_CASE("a suite without tests ends with 5") {
  Scene scene("");
  scene.Start();
  scene.WorkerEnds();
  CHECK(scene.Did("end batch 5"));
}

TEST_CASE("a stop lets the running test end and leaves the rest not_run, without blame") {
  Scene scene(kTwoFiles);
  scene.Start();
  scene.Begin("test_a.py::one");
  scene.Forget();
  scene.Happen(StopRequested{StopMode::AfterTest});
  CHECK(scene.Did("stop run"));
  CHECK_FALSE(scene.Did("kill worker 1"));
  scene.Finish("test_a.py::one");
  scene.Happen(RunFinished{scene.worker(), true});
  CHECK(scene.Did("finish worker 1"));
  scene.WorkerEnds();
  CHECK(scene.Outcomes() == "one passed, two not_run, three not_run");
  CHECK(scene.Did("end batch 2"));
}

TEST_CASE("a second stop ends the worker at once, and the running test was interrupted") {
  Scene scene(kTwoFiles);
  scene.Start();
  scene.Begin("test_a.py::one");
  scene.Happen(StopRequested{StopMode::AfterTest});
  scene.Forget();
  scene.Happen(StopRequested{StopMode::Now});
  CHECK(scene.Did("kill worker 1"));
  scene.WorkerDies("SIGKILL");
  CHECK(scene.Outcomes() == "one not_run, two not_run, three not_run");
  CHECK(scene.Did("end batch 2"));
}

TEST_CASE("a worker that breaks the protocol is ended, and its test's outcome is not the test's") {
  Scene scene(kTwoFiles);
  scene.Start();
  scene.Begin("test_a.py::one");
  scene.Forget();
  scene.Happen(WorkerSpokeNonsense{scene.worker(), "it is no JSON object: hello"});
  CHECK(scene.Did("kill worker 1"));
  scene.WorkerDies("SIGKILL");
  CHECK(scene.Test("test_a.py::one").outcome == Outcome::Crashed);
  CHECK(scene.Test("test_a.py::one").blame == Blame::Infrastructure);
}

TEST_CASE("a selection keeps the tests that it names and counts no others") {
  Scene scene(kTwoFiles, {.only = {"test_a.py::two"}});
  scene.Start();
  CHECK(scene.state.planned == 1);
  CHECK(scene.Did("run test_a.py::two; next none"));
}

TEST_CASE("a journal that fails stops the batch after the running test, with exit code 3") {
  Scene scene(kTwoFiles);
  scene.Start();
  scene.Begin("test_a.py::one");
  scene.Happen(JournalFailed{"the disk is full"});
  CHECK(scene.Did("stop run"));
  scene.Finish("test_a.py::one");
  CHECK(scene.Test("test_a.py::one").final);
  scene.Happen(RunFinished{scene.worker(), true});
  scene.WorkerEnds();
  CHECK(scene.Did("end batch 3"));
}

TEST_CASE("without the tether the batch ends at once, every test accounted for") {
  Scene scene(kTwoFiles);
  scene.Start();
  scene.Begin("test_a.py::one");
  scene.Happen(SupervisionLost{"the tether was killed"});
  CHECK(scene.Did("end batch 3"));
  CHECK(scene.Outcomes() ==
        "one crashed(infrastructure), two not_run(infrastructure), three not_run(infrastructure)");
}

TEST_CASE("late words of a replaced worker change nothing") {
  Scene scene(kTwoFiles);
  scene.Start();
  const WorkerId old = scene.worker();
  scene.Begin("test_a.py::one");
  scene.WorkerDies("SIGKILL");
  scene.WorkerComesUp();
  scene.Happen(TestStarted{old, "test_a.py::two"});
  scene.Happen(TestFinished{old, "test_a.py::two"});
  CHECK(scene.Test("test_a.py::two").progress == TestProgress::Planned);
}

TEST_CASE("a worker that dies after its last test is a notice and no failure") {
  Scene scene("test_a.py: one");
  scene.Start();
  scene.Pass("test_a.py::one");
  scene.EndFile();
  scene.WorkerDies("SIGSEGV");
  CHECK(scene.Did("end batch 0"));
  CHECK(scene.state.notices.size() == 1);
}

TEST_CASE("the same events give the same state, which is how a journal is read") {
  const auto play = [] {
    Scene scene("test_a.py: one* two*");
    scene.Start();
    scene.Preflight("test_a.py::one");
    scene.SubjectComesUp();
    scene.Begin("test_a.py::one");
    scene.SubjectDies("SIGSEGV");
    scene.Finish("test_a.py::one", PhaseOutcome::Failed);
    return scene.Outcomes();
  };
  CHECK(play() == play());
}
