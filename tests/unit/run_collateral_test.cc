// Update(), event by event: what is run again because its subject was lost before it, and
// fixtures that are torn down before their subject goes.

#include <doctest/doctest.h>

#include "tests/fakes/scene.h"

using namespace proctor;

namespace {

/// `two` was given generation 1, which died before the worker had begun the test.
Scene LostBefore(Scene::Options options = {}) {
  Scene scene("test_a.py: one* two*\n test_b.py: three*", options);
  scene.Start();
  scene.Preflight("test_a.py::one");
  scene.SubjectComesUp();
  scene.Pass("test_a.py::one");
  scene.Preflight("test_a.py::two");
  scene.SeenAlive();
  scene.SubjectDies("SIGSEGV");
  return scene;
}

/// A test is done whose module's fixtures hang on generation 1, and another file's begins.
Scene WithFixtures(Scene::Options options = {}) {
  options.restart = RestartWhen::File;
  Scene scene("test_a.py: one*\n test_b.py: two*", options);
  scene.Start();
  scene.Preflight("test_a.py::one");
  scene.SubjectComesUp();
  scene.Pass("test_a.py::one");
  scene.EndFile();
  scene.Forget();
  scene.Happen(PreflightRequested{scene.worker(), "test_b.py::two", /*holds=*/true});
  return scene;
}

}  // namespace

TEST_CASE("a crash is told with the generation's health over its life") {
  Scene scene("test_a.py: one* two*");
  scene.Start();
  scene.Preflight("test_a.py::one");
  scene.SubjectComesUp();
  scene.Tick(Millis(1500));
  scene.Begin("test_a.py::one");
  scene.Tick(Millis(500));
  scene.AnswerDegraded(40, "one assert");
  scene.Tick(Millis(250));
  scene.SubjectDies("SIGSEGV");
  scene.Finish("test_a.py::one", PhaseOutcome::Failed);
  CHECK(
      scene.Test("test_a.py::one")
          .details->details.find(
              "Its health, in seconds after its start: 0.000 healthy, 2.000 degraded (one assert), "
              "2.250 dead (it ended with SIGSEGV); this test began at 1.500.") !=
      std::string::npos);
}

TEST_CASE(
    "the stacks in a core are read beside the next test, and the batch's end waits for them") {
  Scene scene("test_a.py: one*");
  scene.Start();
  scene.Preflight("test_a.py::one");
  scene.SubjectComesUp();
  scene.Begin("test_a.py::one");
  const GenerationId id = scene.generation().id;
  scene.Happen(SubjectExited{id, {std::nullopt, "SIGSEGV"}, "", "", "/work/core.7"});
  scene.Happen(SubjectTreeEnded{id, {}});
  scene.Finish("test_a.py::one", PhaseOutcome::Failed);
  CHECK(scene.Test("test_a.py::one").details->details.find("Its core is /work/core.7; ") !=
        std::string::npos);
  scene.EndFile();
  scene.WorkerEnds();
  CHECK_FALSE(scene.Did("end batch 1"));
  scene.Happen(SubjectStacksTaken{id, "#0 Save"});
  CHECK(scene.generation().stacks == "#0 Save");
  CHECK(scene.Did("end batch 1"));
}

TEST_CASE("a test whose subject was lost before it began is run again, and only that counts") {
  Scene scene = LostBefore();
  scene.Begin("test_a.py::two");
  scene.Finish("test_a.py::two", PhaseOutcome::Failed);
  scene.Forget();
  CHECK(scene.Outcomes() == "one passed, two -, three -");
  scene.EndFile();
  CHECK(scene.Did("run test_a.py::two; next none"));
  scene.Preflight("test_a.py::two");
  scene.SubjectComesUp();
  scene.Pass("test_a.py::two");
  CHECK(scene.Outcomes() == "one passed, two passed, three -");
  const TestState& test = scene.Test("test_a.py::two");
  CHECK(test.attempt == 2);
  CHECK(test.generation == GenerationId{2});
  CHECK(test.earlier == std::vector<std::string>{
                            "attempt 1: failed (collateral), assert False; run again because its "
                            "subject was lost before it had begun"});
  CHECK(scene.state.counts.Bad() == 0);
  CHECK(scene.state.counts.Total() == 2);
}

TEST_CASE("a test that passes although its subject is gone is not run again") {
  Scene scene = LostBefore();
  scene.Pass("test_a.py::two");
  CHECK(scene.Outcomes() == "one passed, two passed, three -");
  CHECK(scene.Test("test_a.py::two").attempt == 1);
}

TEST_CASE("a test is run again once: a second loss before it counts") {
  Scene scene = LostBefore();
  scene.Begin("test_a.py::two");
  scene.Finish("test_a.py::two", PhaseOutcome::Failed);
  scene.EndFile();
  scene.Preflight("test_a.py::two");
  scene.SubjectComesUp();
  scene.SubjectDies("SIGSEGV");
  scene.Begin("test_a.py::two");
  scene.Finish("test_a.py::two", PhaseOutcome::Failed);
  CHECK(scene.Outcomes() == "one passed, two failed(collateral), three -");
  CHECK(scene.Test("test_a.py::two").attempt == 2);
}

TEST_CASE("under never nothing is run again, because nothing fresh may be had for it") {
  Scene scene = LostBefore({.restart = RestartWhen::Never});
  scene.Begin("test_a.py::two");
  scene.Finish("test_a.py::two", PhaseOutcome::Failed);
  CHECK(scene.Outcomes() == "one passed, two failed(collateral), three -");
}

TEST_CASE("a test whose subject died under it is never run again by itself") {
  Scene scene("test_a.py: one*");
  scene.Start();
  scene.Preflight("test_a.py::one");
  scene.SubjectComesUp();
  scene.Begin("test_a.py::one");
  scene.SubjectDies("SIGSEGV");
  scene.Forget();
  scene.Finish("test_a.py::one", PhaseOutcome::Failed);
  scene.EndFile();
  CHECK(scene.Outcomes() == "one failed(subject_crash)");
  CHECK(scene.Dealt(0).empty());
}

TEST_CASE("a batch that was stopped runs nothing again") {
  Scene scene = LostBefore();
  scene.Begin("test_a.py::two");
  scene.Happen(StopRequested{StopMode::AfterTest});
  scene.Finish("test_a.py::two", PhaseOutcome::Failed);
  scene.Happen(RunFinished{scene.worker(), true});
  CHECK(scene.Outcomes() == "one passed, two failed(collateral), three not_run");
}

TEST_CASE("fixtures that hang on a generation are torn down before the policy replaces it") {
  Scene scene = WithFixtures();
  CHECK(scene.Did("let go test_b.py::two"));
  CHECK_FALSE(scene.Did("ask 1 to stop"));
  scene.Happen(SubjectLetGo{scene.worker(), "test_b.py::two"});
  CHECK(scene.Did("ask 1 to stop"));
  scene.SubjectIsGone();
  scene.SubjectComesUp();
  CHECK(scene.Did("grant test_b.py::two generation 2"));
}

TEST_CASE("fixtures are let go before a spare takes the place of their generation") {
  Scene scene("test_a.py: one*\n test_b.py: two*", {.restart = RestartWhen::File, .spares = 1});
  scene.Start();
  scene.Preflight("test_a.py::one");
  scene.SubjectComesUp();
  scene.SubjectComesUp();
  scene.Pass("test_a.py::one");
  scene.EndFile();
  scene.Forget();
  scene.Happen(PreflightRequested{scene.worker(), "test_b.py::two", /*holds=*/true});
  CHECK(scene.Did("let go test_b.py::two"));
  CHECK_FALSE(scene.Did("raise 2"));
  scene.Happen(SubjectLetGo{scene.worker(), "test_b.py::two"});
  CHECK(scene.Did("raise 2"));
  CHECK(scene.Did("ask 1 to stop"));
}

TEST_CASE("a let-go is asked for once, however often the subject is looked at meanwhile") {
  Scene scene = WithFixtures();
  scene.Forget();
  scene.SeenAlive();
  scene.AnswerDegraded(90, "Missing End()");
  CHECK_FALSE(scene.Did("let go test_b.py::two"));
  CHECK_FALSE(scene.Did("ask 1 to stop"));
}

TEST_CASE("a subject that dies while its fixtures let go is replaced all the same") {
  Scene scene = WithFixtures();
  scene.SubjectDies("SIGSEGV");
  CHECK(scene.Did("spawn subject 2"));
  scene.SubjectComesUp();
  CHECK(scene.Did("grant test_b.py::two generation 2"));
  scene.Forget();
  scene.Happen(SubjectLetGo{scene.worker(), "test_b.py::two"});
  CHECK(scene.done.empty());
}

TEST_CASE("a hung subject is not waited for by its fixtures") {
  Scene scene("test_a.py: one* two*");
  scene.Start();
  scene.Preflight("test_a.py::one");
  scene.SubjectComesUp();
  scene.Pass("test_a.py::one");
  scene.Happen(PreflightRequested{scene.worker(), "test_a.py::two", /*holds=*/true});
  scene.Fire(TimerKind::Evidence, 1);
  CHECK_FALSE(scene.Did("let go test_a.py::two"));
  CHECK(scene.Did("take stacks 1"));
}

TEST_CASE("refused connections in a few ms before the news of an end are a crash, no hang") {
  Scene scene("test_a.py: one*");
  scene.Start();
  scene.Preflight("test_a.py::one");
  scene.SubjectComesUp();
  scene.Begin("test_a.py::one");
  scene.Finish("test_a.py::one", PhaseOutcome::Failed);
  for (int i = 0; i < 3; ++i) {  // it is dying; the tether's word of it is still on its way
    scene.Tick(Millis(3));
    scene.NoAnswer("the connection was refused");
  }
  scene.SubjectDies("SIGSEGV");
  CHECK(scene.Outcomes() == "one failed(subject_crash)");
}
