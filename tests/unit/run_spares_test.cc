// Update(), event by event: generations that are ready before anyone needs them.

#include <doctest/doctest.h>

#include "tests/fakes/scene.h"

using namespace proctor;

namespace {

constexpr std::string_view kSuite = R"(
  test_a.py: one* two*
  test_b.py: three*
  test_c.py: four*
)";

/// The first test has generation 1, and generation 2 is its spare, up and healthy.
Scene WithSpare(Scene::Options options = {}) {
  options.spares = 1;
  Scene scene(kSuite, options);
  scene.Start();
  scene.Preflight("test_a.py::one");
  scene.SubjectComesUp();
  scene.SubjectComesUp();
  return scene;
}

/// An answer that was asked for just now, of the spare that was handed over.
void SeenAt(Scene& scene, int64_t frame) {
  scene.Tick(Millis(1));
  const GenerationState& g = scene.state.generations[*scene.state.lanes[0].current];
  if (!g.probing) scene.Fire(TimerKind::NextProbe, g.id.value);
  ProbeReading reading;
  reading.status = 200;
  reading.frame = frame;
  scene.Happen(ProbeAnswered{g.id, g.probe_sent, reading});
}

}  // namespace

TEST_CASE("a spare starts when the lane's own generation is up, and not beside its start") {
  Scene scene(kSuite, {.spares = 1});
  scene.Start();
  CHECK(scene.Did("spawn subject 1"));
  scene.Preflight("test_a.py::one");
  CHECK_FALSE(scene.Did("spawn subject 2"));
  scene.SubjectComesUp();
  CHECK(scene.Did("spawn subject 2"));
  CHECK(scene.generation().role == SubjectRole::Spare);
  CHECK(scene.generation().was_spare);
}

TEST_CASE("under file the next file gets the spare at once, and the old one ends beside it") {
  Scene scene = WithSpare({.restart = RestartWhen::File});
  scene.Pass("test_a.py::one");
  scene.Preflight("test_a.py::two");
  scene.state.generations.Edit(0).evident = true;
  scene.Pass("test_a.py::two");
  scene.EndFile();
  scene.Forget();
  scene.Preflight("test_b.py::three");
  CHECK(scene.Did("raise 2"));
  CHECK(scene.Did("ask 1 to stop"));
  CHECK_FALSE(scene.Did("grant test_b.py::three generation 2"));  // no evidence yet
  SeenAt(scene, 70);
  CHECK(scene.Did("grant test_b.py::three generation 2"));
  CHECK(scene.Did("spawn subject 3"));
  CHECK(scene.File("test_b.py").note->kind == NoteKind::Fresh);
  CHECK(scene.state.generations[0].role == SubjectRole::Retired);
}

TEST_CASE("a subject that dies under a test is replaced by the spare without waiting for its end") {
  Scene scene = WithSpare();
  scene.Begin("test_a.py::one");
  scene.Happen(SubjectExited{GenerationId{1}, {std::nullopt, "SIGSEGV"}, "last words"});
  scene.Finish("test_a.py::one", PhaseOutcome::Failed);
  CHECK(scene.Test("test_a.py::one").blame == Blame::SubjectCrash);
  scene.Preflight("test_a.py::two");
  SeenAt(scene, 70);
  CHECK(scene.Did("grant test_a.py::two generation 2"));
  scene.Happen(SubjectTreeEnded{GenerationId{1}, {}});
  CHECK(scene.state.lanes[0].retiring.empty());
  CHECK(scene.File("test_a.py").note->reason.find("generation 2") != std::string::npos);
}

TEST_CASE("a spare that degrades is replaced before anyone gets it") {
  Scene scene = WithSpare();
  scene.Forget();
  scene.AnswerDegraded(5, "Missing End()");
  CHECK(scene.Did("ask 2 to stop"));
  CHECK(scene.Did("spawn subject 3"));
  CHECK(scene.state.lanes[0].given_up == std::nullopt);
  CHECK(scene.state.lanes[0].respawns.empty());  // no test lost it: no restart of the budget
}

TEST_CASE("after three lost spares in a row generations are started when they are needed") {
  Scene scene = WithSpare();
  for (int i = 0; i < 3; ++i) {
    scene.Forget();
    scene.SubjectDies("SIGABRT");
    if (i < 2) scene.SubjectComesUp();
  }
  CHECK_FALSE(scene.Did("spawn subject 5"));
  CHECK_FALSE(scene.state.lanes[0].no_spares.empty());
  scene.Begin("test_a.py::one");
  scene.Happen(SubjectExited{GenerationId{1}, {std::nullopt, "SIGSEGV"}, ""});
  scene.Finish("test_a.py::one", PhaseOutcome::Failed);
  scene.Preflight("test_a.py::two");
  scene.Happen(SubjectTreeEnded{GenerationId{1}, {}});
  CHECK(scene.Did("spawn subject 5"));
}

TEST_CASE("spares are thrown away when their program changes, and started anew") {
  Scene scene = WithSpare();
  scene.Forget();
  scene.Happen(SubjectProgramChanged{"/demo"});
  CHECK(scene.Did("ask 2 to stop"));
  CHECK(scene.Did("spawn subject 3"));
  CHECK(scene.state.generations[0].role == SubjectRole::Serving);
}

TEST_CASE("no spare is kept for tests that use no subject") {
  Scene scene("test_a.py: one*\n test_b.py: two", {.spares = 1});
  scene.Start();
  scene.Preflight("test_a.py::one");
  scene.SubjectComesUp();
  scene.SubjectComesUp();
  scene.Forget();
  scene.Pass("test_a.py::one");
  scene.EndFile();
  CHECK(scene.Did("ask 2 to stop"));
  CHECK_FALSE(scene.Did("spawn subject 3"));
}

TEST_CASE("the batch ends when the last spare is gone too") {
  Scene scene = WithSpare();
  scene.Happen(StopRequested{StopMode::AfterTest});
  scene.Happen(RunFinished{scene.worker(), true});
  scene.WorkerEnds();
  scene.Happen(SubjectExited{GenerationId{1}, {0, ""}, ""});
  scene.Happen(SubjectTreeEnded{GenerationId{1}, {}});
  CHECK_FALSE(scene.Did("end batch 2"));
  scene.Happen(SubjectExited{GenerationId{2}, {0, ""}, ""});
  scene.Happen(SubjectTreeEnded{GenerationId{2}, {}});
  CHECK(scene.Did("end batch 2"));
}

TEST_CASE("a first generation that is lost before any test asks for it is started again for one") {
  Scene scene(kSuite);
  scene.Start();
  scene.Happen(SubjectNotSpawned{GenerationId{1}, SpawnCause::Spare, "", "no such program"});
  CHECK_FALSE(scene.Did("spawn subject 2"));
  scene.Preflight("test_a.py::one");
  CHECK(scene.Did("spawn subject 2"));
  scene.Happen(SubjectNotSpawned{GenerationId{2}, SpawnCause::First, "", "no such program"});
  CHECK(scene.Test("test_a.py::one").outcome == Outcome::NotRun);
  CHECK(scene.state.batch.failure.find("no such program") != std::string::npos);
}

TEST_CASE(
    "when the first generation was up before its first test, its spare starts with that test") {
  Scene scene(kSuite, {.spares = 1});
  scene.Start();
  scene.SubjectComesUp();
  scene.Preflight("test_a.py::one");
  SeenAt(scene, 5);
  CHECK(scene.Did("grant test_a.py::one generation 1"));
  CHECK(scene.Did("spawn subject 2"));
}

TEST_CASE("a spare that follows a generation of which nothing is left has a spare of its own") {
  Scene scene = WithSpare();
  scene.Begin("test_a.py::one");
  scene.Happen(SubjectExited{GenerationId{1}, {std::nullopt, "SIGSEGV"}, "last words"});
  scene.Happen(SubjectTreeEnded{GenerationId{1}, {}});
  scene.Finish("test_a.py::one", PhaseOutcome::Failed);
  scene.Preflight("test_a.py::two");
  SeenAt(scene, 70);
  CHECK(scene.Did("grant test_a.py::two generation 2"));
  CHECK(scene.Did("spawn subject 3"));
}
