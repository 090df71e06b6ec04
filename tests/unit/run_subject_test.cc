// Update(), event by event: the subject, its health, and what tests get of it.

#include <doctest/doctest.h>

#include <csignal>

#include "tests/fakes/scene.h"

using namespace proctor;

namespace {

constexpr std::string_view kSuite = R"(
  test_a.py: one* two*
  test_b.py: three* four
  test_c.py: five*
)";

/// The first test of the suite has a healthy generation 1.
Scene WithSubject(Scene::Options options = {}) {
  Scene scene(kSuite, options);
  scene.Start();
  scene.Preflight("test_a.py::one");
  scene.SubjectComesUp();
  return scene;
}

/// test_a.py is done, and generation 1 was seen degraded before test_b.py begins.
Scene WithDegradedSubject(Scene::Options options = {}) {
  Scene scene = WithSubject(options);
  scene.Pass("test_a.py::one");
  scene.Preflight("test_a.py::two");
  scene.SeenAlive();
  scene.Pass("test_a.py::two");
  scene.EndFile();
  scene.Preflight("test_b.py::three");
  scene.Forget();
  scene.AnswerDegraded(100, "Missing End()");
  return scene;
}

}  // namespace

TEST_CASE(
    "the first generation starts beside the worker, and the first test that uses it gets it") {
  Scene scene(kSuite);
  scene.Happen(BatchRequested{});
  scene.Happen(BatchStarted{"b1", 0, {}, scene.state.config});
  CHECK(scene.Did("spawn subject 1"));
  CHECK(scene.Did("spawn worker 1: /suite"));
  scene.WorkerComesUp();
  scene.Preflight("test_a.py::one");
  CHECK_FALSE(scene.Did("spawn subject 2"));
  CHECK_FALSE(scene.Did("grant test_a.py::one generation 1"));
  scene.SubjectComesUp();
  CHECK(scene.Did("grant test_a.py::one generation 1"));
  CHECK(scene.File("test_a.py").note->kind == NoteKind::Fresh);
  CHECK(scene.Test("test_a.py::one").generation == GenerationId{1});
}

TEST_CASE("readiness is asked for again until a good answer comes") {
  Scene scene(kSuite);
  scene.Start();
  scene.Preflight("test_a.py::one");
  const GenerationId g{1};
  scene.Happen(SubjectSpawned{g, SpawnCause::First, "", 200, 4000, "", "", "", ""});
  scene.NoAnswer("the connection was refused");
  CHECK(scene.generation().phase == SubjectPhase::Starting);
  CHECK(scene.HasTimer(TimerKind::NextProbe));
  scene.AnswerDegraded(1, "starting");
  CHECK(scene.generation().phase == SubjectPhase::Starting);
  scene.Answer(2);
  CHECK(scene.generation().phase == SubjectPhase::Up);
}

TEST_CASE("a test after another one waits for a frame that began after the other's end") {
  Scene scene = WithSubject();
  scene.Pass("test_a.py::one");
  scene.Forget();
  scene.Preflight("test_a.py::two");
  CHECK_FALSE(scene.Did("grant test_a.py::two generation 1"));
  scene.Answer(50);
  CHECK_FALSE(scene.Did("grant test_a.py::two generation 1"));
  scene.Answer(51);  // may have been under way when the test ended
  CHECK_FALSE(scene.Did("grant test_a.py::two generation 1"));
  scene.Answer(52);
  CHECK(scene.Did("grant test_a.py::two generation 1"));
}

TEST_CASE("an answer that was asked for before the test's end is no evidence") {
  Scene scene = WithSubject();
  scene.Begin("test_a.py::one");
  scene.Fire(TimerKind::NextProbe, 1);
  const Time asked = scene.generation().probe_sent;
  scene.Tick(Millis(1));
  scene.Finish("test_a.py::one");
  scene.Preflight("test_a.py::two");
  ProbeReading reading;
  reading.status = 200;
  reading.frame = 500;
  scene.Happen(ProbeAnswered{GenerationId{1}, asked, reading});
  CHECK_FALSE(scene.generation().first_frame_after);
}

TEST_CASE("a program without a frame counter is taken at its word") {
  Scene scene = WithSubject();
  scene.Pass("test_a.py::one");
  scene.Preflight("test_a.py::two");
  scene.Fire(TimerKind::NextProbe, 1);
  ProbeReading reading;
  reading.status = 204;
  scene.Happen(ProbeAnswered{GenerationId{1}, scene.generation().probe_sent, reading});
  CHECK(scene.Did("grant test_a.py::two generation 1"));
}

TEST_CASE("a file after a degraded generation starts on a fresh one, and its note says why") {
  Scene scene = WithDegradedSubject();
  CHECK(scene.Did("ask 1 to stop"));
  scene.SubjectIsGone();
  CHECK(scene.Did("spawn subject 2"));
  scene.SubjectComesUp();
  CHECK(scene.Did("grant test_b.py::three generation 2"));
  const FileNote note = *scene.File("test_b.py").note;
  CHECK(note.kind == NoteKind::Respawned);
  CHECK(note.reason.find("test_a.py::two") != std::string::npos);
  CHECK(note.reason.find("Missing End()") != std::string::npos);
}

TEST_CASE("under never a test on a degraded generation fails its pre-flight at once") {
  Scene scene = WithDegradedSubject({.restart = RestartWhen::Never});
  CHECK_FALSE(scene.Did("ask 1 to stop"));
  REQUIRE(scene.done.size() > 0);
  CHECK(scene.done.back().starts_with("refuse test_b.py::three"));
  scene.Happen(TestStarted{scene.worker(), "test_b.py::three"});
  PhaseFinished setup;
  setup.worker = scene.worker();
  setup.test = "test_b.py::three";
  setup.phase = TestPhase::Setup;
  setup.outcome = PhaseOutcome::Failed;
  scene.Happen(setup);
  scene.Happen(TestFinished{scene.worker(), "test_b.py::three"});
  CHECK(scene.Test("test_b.py::three").outcome == Outcome::Error);
  CHECK(scene.Test("test_b.py::three").blame == Blame::Collateral);
}

TEST_CASE("under never a dead subject is not started again") {
  Scene scene = WithSubject({.restart = RestartWhen::Never});
  scene.Begin("test_a.py::one");
  scene.SubjectDies("SIGSEGV");
  scene.Finish("test_a.py::one", PhaseOutcome::Failed);
  scene.Forget();
  scene.Preflight("test_a.py::two");
  CHECK_FALSE(scene.Did("spawn subject 2"));
  CHECK(scene.done.back().starts_with("refuse test_a.py::two: generation 1 died under"));
}

TEST_CASE("a crash is charged to the test that ran, and the rest of its file runs on a fresh one") {
  Scene scene = WithSubject();
  scene.Begin("test_a.py::one");
  scene.SubjectDies("SIGSEGV");
  scene.Finish("test_a.py::one", PhaseOutcome::Failed);
  CHECK(scene.Test("test_a.py::one").blame == Blame::SubjectCrash);
  CHECK(scene.Test("test_a.py::one").details->details.find("SIGSEGV") != std::string::npos);
  scene.Preflight("test_a.py::two");
  scene.SubjectComesUp();
  CHECK(scene.Did("grant test_a.py::two generation 2"));
  CHECK(scene.File("test_a.py").note->kind == NoteKind::Fresh);
  CHECK(scene.File("test_a.py").note->reason.find("generation 2") != std::string::npos);
}

TEST_CASE("a failure's blame waits for the news of a death that is on its way") {
  Scene scene = WithSubject();
  scene.Begin("test_a.py::one");
  scene.Finish("test_a.py::one", PhaseOutcome::Failed);
  CHECK(scene.Test("test_a.py::one").progress == TestProgress::Running);
  scene.NoAnswer("the connection was refused");
  CHECK(scene.Test("test_a.py::one").progress == TestProgress::Running);
  scene.SubjectDies("SIGABRT");
  CHECK(scene.Outcomes().starts_with("one failed(subject_crash)"));
}

TEST_CASE("a failure on a program that goes on is the test's own") {
  Scene scene = WithSubject();
  scene.Begin("test_a.py::one");
  scene.Finish("test_a.py::one", PhaseOutcome::Failed);
  scene.SeenAlive();
  CHECK(scene.Outcomes().starts_with("one failed(test)"));
}

TEST_CASE("a failure during which the program was degraded is laid to that") {
  Scene scene = WithSubject();
  scene.Begin("test_a.py::one");
  scene.Finish("test_a.py::one", PhaseOutcome::Failed);
  scene.AnswerDegraded(60, "Missing EndTable()");
  CHECK(scene.Outcomes().starts_with("one failed(subject_degraded)"));
}

TEST_CASE("a frozen program is found before the next test starts, and ended without asking") {
  Scene scene = WithSubject();
  scene.Pass("test_a.py::one");
  scene.Preflight("test_a.py::two");
  scene.Answer(70);
  scene.Tick(Millis(1900));
  scene.Answer(70);
  CHECK(scene.generation().health == Health::Healthy);
  scene.Tick(Millis(101));
  scene.Forget();
  scene.Fire(TimerKind::Evidence, 1);
  CHECK(scene.generation().health == Health::Hung);
  CHECK(scene.generation().reason.find("70") != std::string::npos);
  CHECK_FALSE(scene.Did("ask 1 to stop"));
  CHECK(scene.Did("take stacks 1"));
  CHECK_FALSE(scene.Did("signal 1 " + std::to_string(SIGTERM)));
  scene.Happen(SubjectStacksTaken{GenerationId{1}, "thread 1: Present()"});
  CHECK(scene.generation().stacks == "thread 1: Present()");
  CHECK(scene.Did("signal 1 " + std::to_string(SIGTERM)));
}

TEST_CASE("the stop ladder climbs a rung when a grace is over") {
  Scene scene = WithDegradedSubject();
  CHECK(scene.Did("ask 1 to stop"));
  scene.Fire(TimerKind::StopRung, 1);
  CHECK(scene.Did("signal 1 " + std::to_string(SIGTERM)));
  CHECK_FALSE(scene.Did("end tree 1"));
  scene.Fire(TimerKind::StopRung, 1);
  CHECK(scene.Did("end tree 1"));
}

TEST_CASE("a program that refuses to be asked is signalled without waiting for the grace") {
  Scene scene = WithDegradedSubject();
  scene.Happen(SubjectAskedToStop{GenerationId{1}, "HTTP 404"});
  CHECK(scene.Did("signal 1 " + std::to_string(SIGTERM)));
}

TEST_CASE(
    "under file every file gets a fresh generation, and under unhealthy a healthy one stays") {
  for (const RestartWhen when : {RestartWhen::File, RestartWhen::Unhealthy}) {
    Scene scene = WithSubject({.restart = when});
    scene.Pass("test_a.py::one");
    scene.Preflight("test_a.py::two");
    scene.SeenAlive();
    scene.Pass("test_a.py::two");
    scene.EndFile();
    scene.Forget();
    scene.Preflight("test_b.py::three");
    if (when == RestartWhen::File) {
      CHECK(scene.Did("ask 1 to stop"));
      scene.SubjectIsGone();
      scene.SubjectComesUp();
      CHECK(scene.Did("grant test_b.py::three generation 2"));
      CHECK(scene.File("test_b.py").note->kind == NoteKind::Fresh);
    } else {
      scene.SeenAlive();
      CHECK(scene.Did("grant test_b.py::three generation 1"));
      CHECK(scene.File("test_b.py").note->kind == NoteKind::Reused);
    }
  }
}

TEST_CASE("a subject that cannot be started makes its tests not_run at once, and the exit code 3") {
  Scene scene(kSuite);
  scene.Start();
  scene.Preflight("test_a.py::one");
  scene.Happen(
      SubjectNotSpawned{GenerationId{1}, SpawnCause::First, "", "port 80 is taken by nginx"});
  CHECK(scene.Did("drop test_a.py::one"));
  scene.Preflight("test_a.py::two");
  CHECK(scene.Did("drop test_a.py::two"));
  scene.EndFile();
  scene.Preflight("test_b.py::three");
  scene.Pass("test_b.py::four");
  scene.EndFile();
  scene.Preflight("test_c.py::five");
  scene.EndFile();
  scene.WorkerEnds();
  CHECK(scene.Outcomes() ==
        "one not_run(infrastructure), two not_run(infrastructure), three not_run(infrastructure), "
        "four passed, five not_run(infrastructure)");
  CHECK(scene.Did("end batch 3"));
}

TEST_CASE("a subject that dies before it is ready is given up, with its last words") {
  Scene scene(kSuite);
  scene.Start();
  scene.Preflight("test_a.py::one");
  scene.Happen(SubjectSpawned{GenerationId{1}, SpawnCause::First, "", 200, 4000, "", "", "/l", ""});
  scene.SubjectDies("SIGABRT");
  CHECK(scene.Did("drop test_a.py::one"));
  CHECK(scene.state.batch.failure.find("SIGABRT") != std::string::npos);
  CHECK(scene.state.batch.failure.find("last words") != std::string::npos);
}

TEST_CASE("a subject that does not become ready in time is ended and given up") {
  Scene scene(kSuite);
  scene.Start();
  scene.Preflight("test_a.py::one");
  scene.Happen(SubjectSpawned{GenerationId{1}, SpawnCause::First, "", 200, 4000, "", "", "/l", ""});
  scene.NoAnswer("the connection was refused");
  scene.Fire(TimerKind::Ready, 1);
  CHECK(scene.Did("end tree 1"));
  scene.SubjectDies("SIGKILL");
  CHECK(scene.Did("drop test_a.py::one"));
  CHECK(scene.state.batch.failure.find("refused") != std::string::npos);
}

TEST_CASE("a spent restart budget makes the rest not_run, and the exit code 1") {
  Scene scene = WithSubject({.restarts = 1});
  scene.Begin("test_a.py::one");
  scene.SubjectDies("SIGSEGV");
  scene.Finish("test_a.py::one", PhaseOutcome::Failed);
  scene.Preflight("test_a.py::two");
  scene.SubjectComesUp();
  scene.Begin("test_a.py::two");
  scene.SubjectDies("SIGSEGV");
  scene.Finish("test_a.py::two", PhaseOutcome::Failed);
  scene.EndFile();
  scene.Forget();
  scene.Preflight("test_b.py::three");
  CHECK_FALSE(scene.Did("spawn subject 3"));
  CHECK(scene.Did("drop test_b.py::three"));
  CHECK(scene.Test("test_b.py::three").details->message.find("budget") != std::string::npos);
}

TEST_CASE("restarts that lie further back than the period do not count") {
  Scene scene = WithSubject({.restarts = 1});
  scene.Begin("test_a.py::one");
  scene.SubjectDies("SIGSEGV");
  scene.Finish("test_a.py::one", PhaseOutcome::Failed);
  scene.Preflight("test_a.py::two");
  scene.SubjectComesUp();
  scene.Begin("test_a.py::two");
  scene.Tick(Millis(31000));
  scene.SubjectDies("SIGSEGV");
  scene.Finish("test_a.py::two", PhaseOutcome::Failed);
  scene.EndFile();
  scene.Preflight("test_b.py::three");
  CHECK(scene.Did("spawn subject 3"));
}

TEST_CASE("a changed policy counts from the next test on") {
  Scene scene = WithDegradedSubject({.restart = RestartWhen::Never});
  scene.Happen(RestartPolicyChanged{RestartWhen::Unhealthy});
  scene.Forget();
  scene.Preflight("test_c.py::five");
  CHECK(scene.Did("ask 1 to stop"));
}

TEST_CASE("a restart that was asked for replaces a healthy generation, and notes say so") {
  Scene scene = WithSubject();
  scene.Pass("test_a.py::one");
  scene.Forget();
  scene.Happen(SubjectRestartRequested{0});
  CHECK(scene.Did("ask 1 to stop"));
  scene.SubjectIsGone();
  CHECK(scene.Did("spawn subject 2"));
}

TEST_CASE("a kill ends the tree at once, and the death is called what it was") {
  Scene scene = WithSubject();
  scene.Happen(SubjectKillRequested{0});
  CHECK(scene.Did("end tree 1"));
  scene.SubjectDies("SIGKILL");
  CHECK(scene.state.lanes[0].next_cause_text == "generation 1 was killed on request");
}

TEST_CASE("a batch ends only when the subject's tree has ended too") {
  Scene scene("test_a.py: one*");
  scene.Start();
  scene.Preflight("test_a.py::one");
  scene.SubjectComesUp();
  scene.Pass("test_a.py::one");
  scene.EndFile();
  scene.Forget();
  scene.WorkerEnds();
  CHECK(scene.Did("ask 1 to stop"));
  CHECK_FALSE(scene.Did("end batch 0"));
  scene.SubjectIsGone();
  CHECK(scene.Did("end batch 0"));
}

TEST_CASE("a stop while the subject starts drops the waiting test and ends the subject") {
  Scene scene(kSuite);
  scene.Start();
  scene.Preflight("test_a.py::one");
  scene.Happen(StopRequested{StopMode::AfterTest});
  CHECK(scene.Did("drop test_a.py::one"));
  scene.Happen(RunFinished{scene.worker(), true});
  scene.WorkerEnds();
  scene.Happen(SubjectSpawned{GenerationId{1}, SpawnCause::First, "", 200, 4000, "", "", "", ""});
  CHECK(scene.Did("end tree 1"));
  scene.SubjectIsGone();
  CHECK(scene.Did("end batch 2"));
}

TEST_CASE("a test that uses live_gui where no subject is configured is told what to do") {
  Scene scene("test_a.py: one*", {.subject = false});
  scene.Start();
  scene.Preflight("test_a.py::one");
  REQUIRE_FALSE(scene.done.empty());
  CHECK(scene.done.back().find("[subject]") != std::string::npos);
}

TEST_CASE("processes that a generation left behind are named") {
  Scene scene = WithSubject();
  scene.Happen(SubjectExited{GenerationId{1}, {std::nullopt, "SIGSEGV"}, ""});
  scene.Happen(SubjectTreeEnded{GenerationId{1}, {"sleep 1000 (pid 77)"}});
  CHECK(scene.generation().leaked.size() == 1);
  bool named = false;
  for (const Notice& notice : scene.state.notices) {
    named |= notice.text.find("sleep 1000") != std::string::npos;
  }
  CHECK(named);
}

TEST_CASE("between batches a subject can be started by hand, and ends when a batch begins") {
  Scene scene(kSuite);
  scene.Happen(SubjectRestartRequested{0});
  CHECK(scene.Did("spawn subject 1"));
  scene.SubjectComesUp();
  CHECK(scene.generation().health == Health::Healthy);
  scene.Forget();
  scene.Happen(BatchRequested{});
  CHECK(scene.Did("ask 1 to stop"));
  CHECK_FALSE(scene.Did("begin batch"));
  scene.SubjectIsGone();
  CHECK(scene.Did("begin batch"));
  scene.Happen(BatchStarted{"b1", 0, {}, scene.state.config});
  CHECK(scene.state.generations.size() == 1);
  CHECK(scene.generation().phase == SubjectPhase::Spawning);  // the batch's own
}

TEST_CASE("a failure's place is told as the test ids have it") {
  Scene scene("test_a.py: one");
  scene.Start();
  scene.Happen(TestStarted{scene.worker(), "test_a.py::one"});
  PhaseFinished call;
  call.worker = scene.worker();
  call.test = "test_a.py::one";
  call.outcome = PhaseOutcome::Failed;
  call.file = "/suite/test_a.py";
  call.line = 4;
  scene.Happen(call);
  scene.Happen(TestFinished{scene.worker(), "test_a.py::one"});
  CHECK(scene.Test("test_a.py::one").details->file == "test_a.py");
}

TEST_CASE("a test that ended with its worker is no evidence: the next one waits for a new answer") {
  Scene scene("test_a.py: one* two*");
  scene.Start();
  scene.Preflight("test_a.py::one");
  scene.SubjectComesUp();
  scene.Begin("test_a.py::one");
  scene.WorkerDies("SIGKILL");
  scene.WorkerComesUp();
  scene.Forget();
  scene.Preflight("test_a.py::two");
  CHECK_FALSE(scene.Did("grant test_a.py::two generation 1"));
  scene.SeenAlive();
  CHECK(scene.Did("grant test_a.py::two generation 1"));
  scene.Pass("test_a.py::two");
  CHECK(scene.Test("test_a.py::two").outcome == Outcome::Passed);
}
