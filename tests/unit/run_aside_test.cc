// Update(), event by event: a held test is kept aside while the rest goes on.

#include <doctest/doctest.h>

#include "tests/fakes/scene.h"

using namespace proctor;

namespace {

/// `one` failed on generation 1 and is held by lane 0.
Scene Held(Scene::Options options = {}) {
  Scene scene("test_a.py: one* two*\n test_b.py: three*", options);
  scene.Start();
  scene.Preflight("test_a.py::one");
  scene.SubjectComesUp();
  scene.Happen(HoldOnFailureChanged{true});
  scene.FailAndStand("test_a.py::one");
  scene.Forget();
  return scene;
}

/// Likewise, and it is kept aside as lane 1.
Scene Aside() {
  Scene scene = Held();
  scene.Happen(ReleaseRequested{0, Release::Aside});
  return scene;
}

/// What is aside has been let go, and is torn down.
void LetGoOfIt(Scene& scene) {
  scene.Happen(ReleaseRequested{1, Release::Continue});
  scene.TearDown("test_a.py::one", 1);
  scene.StopsAndKeeps(1);
}

void GenerationEnds(Scene& scene, uint64_t id) {
  scene.Happen(SubjectExited{{id}, {0, ""}, ""});
  scene.Happen(SubjectTreeEnded{{id}, {}});
}

/// The rest of the suite, on generation 2.
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
}

}  // namespace

TEST_CASE("a held test that is set aside keeps its worker and generation; the lane gets new ones") {
  Scene scene = Aside();
  REQUIRE(scene.state.lanes.size() == 2);
  CHECK(scene.state.lanes[1].aside);
  CHECK(scene.state.lanes[1].held);
  CHECK(scene.worker(1) == WorkerId{1});
  CHECK_FALSE(scene.state.lanes[0].held);
  CHECK(scene.Did("spawn worker 2: /suite/test_a.py /suite/test_b.py"));
  CHECK_FALSE(scene.Did("stop and keep"));
  CHECK_FALSE(scene.HasTimer(TimerKind::WorkerTurn));
  scene.WorkerComesUp();
  CHECK(scene.Did("run test_a.py::two; next test_b.py::three"));
  scene.Preflight("test_a.py::two");
  CHECK(scene.Did("spawn subject 2"));
  CHECK(scene.state.generations[0].phase == SubjectPhase::Up);
  scene.SubjectComesUp();
  CHECK(scene.Did("grant test_a.py::two generation 2"));
}

TEST_CASE("the rest runs to its end, and the batch waits for what is aside") {
  Scene scene = Aside();
  RunTheRest(scene);
  scene.WorkerEnds();
  CHECK(scene.Outcomes() == "one -, two passed, three passed");
  CHECK(scene.state.lanes[1].held);
  CHECK(scene.state.generations[0].phase == SubjectPhase::Up);
  LetGoOfIt(scene);
  CHECK(scene.Did("finish worker 1"));
  scene.WorkerEnds(1);
  CHECK(scene.Did("ask 1 to stop"));
  GenerationEnds(scene, 1);
  GenerationEnds(scene, 2);
  CHECK(scene.Outcomes() == "one failed(test), two passed, three passed");
  CHECK(scene.Did("end batch 1"));
}

TEST_CASE("what is aside can be let go while the rest runs, and takes nothing of it along") {
  Scene scene = Aside();
  scene.WorkerComesUp();
  scene.Preflight("test_a.py::two");
  scene.SubjectComesUp();
  scene.Begin("test_a.py::two");
  LetGoOfIt(scene);
  scene.WorkerEnds(1);
  GenerationEnds(scene, 1);
  CHECK(scene.state.lanes[0].draft);
  scene.Finish("test_a.py::two");
  scene.EndFile();
  CHECK(scene.state.generations[1].phase == SubjectPhase::Up);
  CHECK(scene.Outcomes() == "one failed(test), two passed, three -");
}

TEST_CASE("the lane of what was let go is used again") {
  Scene scene = Aside();
  LetGoOfIt(scene);
  scene.WorkerEnds(1);
  GenerationEnds(scene, 1);
  scene.WorkerComesUp();
  scene.Preflight("test_a.py::two");
  scene.SubjectComesUp();
  scene.FailAndStand("test_a.py::two");
  scene.Happen(ReleaseRequested{0, Release::Aside});
  CHECK(scene.state.lanes.size() == 2);
  CHECK(scene.state.lanes[1].held);
}

TEST_CASE("two can be kept aside at once") {
  Scene scene = Aside();
  scene.WorkerComesUp();
  scene.Preflight("test_a.py::two");
  scene.SubjectComesUp();
  scene.FailAndStand("test_a.py::two");
  scene.Happen(ReleaseRequested{0, Release::Aside});
  REQUIRE(scene.state.lanes.size() == 3);
  CHECK(scene.state.lanes[1].held);
  CHECK(scene.state.lanes[2].held);
}

TEST_CASE(
    "a worker that dies while its test is aside ends the hold, and no other takes its place") {
  Scene scene = Aside();
  scene.Forget();
  scene.WorkerDies("SIGKILL", 1);
  CHECK_FALSE(scene.state.lanes[1].held);
  CHECK_FALSE(scene.Did("spawn worker 3: /suite/test_a.py /suite/test_b.py"));
  CHECK(scene.Did("ask 1 to stop"));
  CHECK(IsBad(scene.Test("test_a.py::one").outcome));
}

TEST_CASE("a subject that dies while it is aside starts no other, and spares stay as they were") {
  Scene scene = Held({.spares = 1});
  const auto spare = scene.generation().id;
  scene.SubjectComesUp(spare);
  scene.Happen(ReleaseRequested{0, Release::Aside});
  const size_t generations = scene.state.generations.size();
  GenerationEnds(scene, 1);
  CHECK(scene.state.generations.size() == generations);
  CHECK(scene.state.lanes[0].spares.size() == 1);
  CHECK(scene.state.lanes[1].held);
}

TEST_CASE("a resume and a pause leave what is aside as it is") {
  Scene scene = Aside();
  scene.WorkerComesUp();
  scene.Happen(PauseRequested{});
  scene.Happen(ResumeRequested{});
  CHECK(scene.state.lanes[1].held);
}

TEST_CASE("what is aside can only be let go") {
  Scene scene = Aside();
  scene.Forget();
  const auto refused = [&](Event event) {
    const size_t notices = scene.state.notices.size();
    scene.Happen(std::move(event));
    CHECK(scene.state.notices.size() == notices + 1);
    CHECK(scene.done.empty());
  };
  refused(ReleaseRequested{1, Release::Rerun});
  refused(ReleaseRequested{1, Release::Aside});
  refused(RerunRequested{"test_a.py::one", Fixtures::Kept});
  refused(StepRequested{1});
  refused(SubjectRestartRequested{1});
}

TEST_CASE("a stop lets go of what is aside, and it counts") {
  Scene scene = Aside();
  scene.WorkerComesUp();
  scene.Happen(StopRequested{StopMode::AfterTest});
  scene.TearDown("test_a.py::one", 1);
  scene.Happen(RunFinished{scene.worker(1), true});
  scene.WorkerEnds(1);
  scene.Happen(RunFinished{scene.worker(0), true});
  scene.WorkerEnds(0);
  GenerationEnds(scene, 1);
  CHECK(scene.Outcomes() == "one failed(test), two not_run, three not_run");
  CHECK(scene.Did("end batch 2"));
}

TEST_CASE("a held test without a subject leaves the generation to its lane") {
  Scene scene("test_a.py: one* two three*");
  scene.Start();
  scene.Preflight("test_a.py::one");
  scene.SubjectComesUp();
  scene.Pass("test_a.py::one");
  scene.Happen(HoldOnFailureChanged{true});
  scene.FailAndStand("test_a.py::two");
  scene.Happen(ReleaseRequested{0, Release::Aside});
  CHECK(scene.state.lanes[0].current);
  CHECK_FALSE(scene.state.lanes[1].current);
  scene.WorkerComesUp();
  scene.Preflight("test_a.py::three");
  scene.SeenAlive();
  CHECK(scene.Did("grant test_a.py::three generation 1"));
}

TEST_CASE("the suites that follow run while a test is kept aside") {
  Scene scene("test_a.py: one*\n second/test_b.py: two");
  scene.Start();
  scene.Preflight("test_a.py::one");
  scene.SubjectComesUp();
  scene.Happen(HoldOnFailureChanged{true});
  scene.FailAndStand("test_a.py::one");
  scene.Happen(ReleaseRequested{0, Release::Aside});
  CHECK(scene.Did("spawn worker 2: /suite/second"));
  scene.WorkerComesUp();
  scene.Pass("second/test_b.py::two");
  scene.EndFile();
  scene.WorkerEnds();
  CHECK(scene.state.lanes[1].held);
  CHECK(scene.state.batch.phase == BatchPhase::Running);
  LetGoOfIt(scene);
  scene.WorkerEnds(1);
  GenerationEnds(scene, 1);
  CHECK(scene.Outcomes() == "one failed(test), two passed");
  CHECK(scene.Did("end batch 1"));
}
