// Update(), event by event: files whose tests build on each other, as a notebook's cells do.

#include <doctest/doctest.h>

#include "tests/fakes/scene.h"

using namespace proctor;

namespace {

/// The first cell of a notebook has passed on generation 1.
Scene AfterTheFirstCell(Scene::Options options = {.restart = RestartWhen::File}) {
  Scene scene("a.ipynb: one* two* three*\n b.ipynb: four*", options);
  scene.Start();
  scene.Preflight("a.ipynb::one");
  scene.SubjectComesUp();
  scene.Pass("a.ipynb::one");
  scene.Preflight("a.ipynb::two");
  scene.SeenAlive();
  scene.Begin("a.ipynb::two");
  return scene;
}

/// What a worker says of a cell that it ended itself.
void RunOutOfTime(Scene& scene, const std::string& test) {
  PhaseFinished phase{scene.worker(), test, TestPhase::Call, PhaseOutcome::Failed};
  phase.message = "interrupted at its time limit of 1 s";
  phase.timed_out = true;
  scene.Happen(phase);
  scene.Happen(TestFinished{scene.worker(), test});
}

bool Says(const TestState& test, const char* text) {
  return test.details && test.details->message.find(text) != std::string::npos;
}

}  // namespace

TEST_CASE(
    "cells after the one that killed the kernel are not run, and the next file gets a fresh one") {
  Scene scene = AfterTheFirstCell();
  scene.SubjectDies("SIGKILL");
  scene.Finish("a.ipynb::two", PhaseOutcome::Failed);
  CHECK(scene.Test("a.ipynb::two").blame == Blame::SubjectCrash);
  scene.Preflight("a.ipynb::three");
  const TestState& three = scene.Test("a.ipynb::three");
  CHECK(three.outcome == Outcome::NotRun);
  CHECK(three.blame == Blame::Collateral);
  CHECK(Says(three, "generation 1 died under a.ipynb::two"));
  CHECK(scene.Did("drop a.ipynb::three"));
  scene.EndFile();
  scene.Preflight("b.ipynb::four");
  scene.SubjectComesUp();
  scene.Pass("b.ipynb::four");
  const FileState& b = scene.state.files[1];
  REQUIRE(b.note);
  CHECK(b.note->kind == NoteKind::Respawned);
  CHECK(b.note->reason.find("a.ipynb::two") != std::string::npos);
}

TEST_CASE("a cell that runs out of time ends its notebook, and its generation makes way") {
  Scene scene = AfterTheFirstCell();
  scene.Forget();
  RunOutOfTime(scene, "a.ipynb::two");
  CHECK(scene.Test("a.ipynb::two").outcome == Outcome::TimedOut);
  CHECK(scene.Test("a.ipynb::three").outcome == Outcome::NotRun);
  CHECK(Says(scene.Test("a.ipynb::three"), "a.ipynb::two was past its time limit"));
  CHECK(scene.generation().phase == SubjectPhase::Stopping);
  scene.SubjectIsGone();
  scene.EndFile();
  scene.Preflight("b.ipynb::four");
  scene.SubjectComesUp();
  scene.Pass("b.ipynb::four");
  CHECK(scene.state.files[1].note->kind == NoteKind::Respawned);
}

TEST_CASE("a cell whose worker is lost ends its notebook too") {
  Scene scene = AfterTheFirstCell();
  scene.WorkerDies("SIGKILL");
  CHECK(scene.Test("a.ipynb::two").outcome == Outcome::Crashed);
  CHECK(scene.Test("a.ipynb::three").outcome == Outcome::NotRun);
  CHECK(scene.generation().phase == SubjectPhase::Stopping);
}

TEST_CASE("with restart = never a cell that ran out of time keeps its kernel for the next file") {
  Scene scene = AfterTheFirstCell({.restart = RestartWhen::Never});
  RunOutOfTime(scene, "a.ipynb::two");
  CHECK(scene.Test("a.ipynb::three").outcome == Outcome::NotRun);
  CHECK(scene.generation().phase == SubjectPhase::Up);
}

TEST_CASE("a failed cell keeps nobody from the next one") {
  Scene scene = AfterTheFirstCell();
  scene.Finish("a.ipynb::two", PhaseOutcome::Failed);
  scene.Preflight("a.ipynb::three");
  scene.SeenAlive();
  scene.Pass("a.ipynb::three");
  CHECK(scene.Test("a.ipynb::three").outcome == Outcome::Passed);
}

TEST_CASE("a kernel that dies before the first cell has begun costs the notebook nothing") {
  Scene scene("a.ipynb: one* two*", {.restart = RestartWhen::File});
  scene.Start();
  scene.Preflight("a.ipynb::one");
  scene.SubjectComesUp();
  scene.SubjectDies("SIGKILL");
  scene.Begin("a.ipynb::one");
  scene.Finish("a.ipynb::one", PhaseOutcome::Failed);
  CHECK(scene.Test("a.ipynb::one").progress == TestProgress::Planned);  // to run once more
  scene.EndFile();
  scene.Preflight("a.ipynb::one");
  scene.SubjectComesUp();
  scene.Pass("a.ipynb::one");
  CHECK(scene.Test("a.ipynb::one").outcome == Outcome::Passed);
}

TEST_CASE("whoever asks for a fresh generation for each test gets it for cells too") {
  Scene scene = AfterTheFirstCell({.restart = RestartWhen::Test});
  CHECK(scene.Test("a.ipynb::two").progress != TestProgress::Done);
}
