// Update(), event by event: a batch goes on whose Proctor was ended.

#include <doctest/doctest.h>

#include "tests/fakes/scene.h"

using namespace proctor;

namespace {

/// `one` is done, `two` runs on generation 1, `three` is to come.
Scene Interrupted(Scene::Options options = {}) {
  Scene scene("test_a.py: one two*\n test_b.py: three*", options);
  scene.Start();
  scene.Pass("test_a.py::one");
  scene.Preflight("test_a.py::two");
  scene.SubjectComesUp();
  scene.Begin("test_a.py::two");
  return scene;
}

void Resume(Scene& scene) {
  scene.Forget();
  scene.Happen(BatchResumed{});
}

/// All that is left runs well.
void RunTheRest(Scene& scene) {
  scene.WorkerComesUp();
  scene.Preflight("test_a.py::two");
  scene.SubjectComesUp();
  scene.Pass("test_a.py::two");
  scene.EndFile();
  scene.Preflight("test_b.py::three");
  scene.SeenAlive();
  scene.Pass("test_b.py::three");
  scene.EndFile();
  scene.WorkerEnds();
  scene.SubjectIsGone();
}

}  // namespace

TEST_CASE("what was done stays done, and what was interrupted runs again") {
  Scene scene = Interrupted();
  Resume(scene);
  CHECK(scene.Did("spawn worker 2: /suite"));
  scene.WorkerComesUp();
  CHECK(scene.Did("run test_a.py::two; next test_b.py::three"));
  CHECK(scene.Outcomes() == "one passed, two -, three -");
  CHECK(scene.Test("test_a.py::two").earlier ==
        std::vector<std::string>{"attempt 1: interrupted, its Proctor ended before it did"});
}

TEST_CASE("a resumed batch ends as one that was never interrupted") {
  Scene scene = Interrupted();
  Resume(scene);
  RunTheRest(scene);
  CHECK(scene.Outcomes() == "one passed, two passed, three passed");
  CHECK(scene.Test("test_a.py::two").attempt == 2);
  CHECK(scene.Did("end batch 0"));
}

TEST_CASE("generations of before are over, and the rest gets new ones") {
  Scene scene = Interrupted();
  Resume(scene);
  CHECK(scene.state.generations[0].phase == SubjectPhase::Ended);
  scene.WorkerComesUp();
  scene.Preflight("test_a.py::two");
  CHECK(scene.Did("spawn subject 2"));
}

TEST_CASE("stacks that nobody reads any more do not keep a resumed batch from its end") {
  Scene scene = Interrupted();
  const GenerationId id = scene.generation().id;
  scene.Happen(SubjectExited{id, {std::nullopt, "SIGSEGV"}, "", "", "/work/core.7"});
  scene.Happen(SubjectTreeEnded{id, {}});
  Resume(scene);
  RunTheRest(scene);
  CHECK(scene.Did("end batch 0"));
}

TEST_CASE("what was kept aside runs again with the rest") {
  Scene scene = Interrupted();
  scene.Happen(HoldOnFailureChanged{true});
  PhaseFinished call;
  call.worker = scene.worker();
  call.test = "test_a.py::two";
  call.outcome = PhaseOutcome::Failed;
  scene.Happen(call);
  scene.Happen(TestHeld{scene.worker(), "test_a.py::two", TestPhase::Call});
  scene.Happen(ReleaseRequested{0, Release::Aside});
  Resume(scene);
  CHECK(scene.state.lanes.size() == 1);
  RunTheRest(scene);
  CHECK(scene.Outcomes() == "one passed, two passed, three passed");
}

TEST_CASE("what a stop had left out is run by the resumed batch") {
  Scene scene = Interrupted();
  scene.Happen(StopRequested{StopMode::AfterTest});
  scene.Finish("test_a.py::two");
  scene.Happen(RunFinished{scene.worker(), true});
  CHECK(scene.Test("test_b.py::three").outcome == Outcome::NotRun);
  Resume(scene);
  scene.WorkerComesUp();
  CHECK(scene.Did("run test_b.py::three; next none"));
}
