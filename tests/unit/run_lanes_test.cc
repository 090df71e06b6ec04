// Update(), event by event: several lanes share a suite's files.

#include <doctest/doctest.h>

#include "tests/fakes/scene.h"

using namespace proctor;

namespace {

constexpr std::string_view kFourFiles = R"(
  test_a.py: one two
  test_b.py: three
  test_c.py: four
  test_d.py: five
)";

constexpr std::string_view kSubjects = R"(
  test_a.py: one* two*
  test_b.py: three* four*
  test_c.py: five*
  test_d.py: six*
)";

/// Both lanes' workers have collected the suite and were told of their first files.
Scene TwoLanes(std::string_view suite, Scene::Options options = {}) {
  options.lanes = 2;
  Scene scene(suite, options);
  scene.Start();
  scene.WorkerComesUp(1);
  return scene;
}

/// Each lane's first test has begun on its own generation: test_a.py's on 1, test_b.py's on 2.
Scene TwoSubjects() {
  Scene scene = TwoLanes("test_a.py: one* two*\n test_b.py: three* four*\n test_c.py: five*");
  scene.Preflight("test_a.py::one");
  scene.Preflight("test_b.py::three", 1);
  scene.SubjectComesUp(GenerationId{1});
  scene.SubjectComesUp(GenerationId{2});
  scene.SeenAlive(GenerationId{1});
  scene.SeenAlive(GenerationId{2});
  scene.Begin("test_a.py::one");
  scene.Begin("test_b.py::three", 1);
  return scene;
}

/// What makes up a lane's own part of the state, as text.
std::string Picture(const Scene& scene, int lane) {
  const LaneState& l = scene.state.lanes[static_cast<size_t>(lane)];
  std::string text = std::to_string(l.worker.value) + " on ";
  if (l.current) text += std::to_string(scene.state.generations[*l.current].id.value);
  for (const uint32_t file : l.sent) text += " " + scene.state.files[file].path;
  if (l.draft)
    text += " runs " + scene.state.files[l.draft->test.file].tests[l.draft->test.test].id;
  return text + (l.given_up ? " given up" : "");
}

}  // namespace

TEST_CASE("each lane has a worker and a first generation of its own") {
  Scene scene(kSubjects, {.lanes = 2});
  scene.Happen(BatchRequested{});
  scene.Happen(BatchStarted{"b1", 0, {}, scene.state.config});
  CHECK(scene.Did("spawn worker 1: /suite"));
  CHECK(scene.Did("spawn worker 2: /suite"));
  CHECK(scene.Did("spawn subject 1"));
  CHECK(scene.Did("spawn subject 2"));
  CHECK(scene.state.generations[0].lane == 0);
  CHECK(scene.state.generations[1].lane == 1);
}

TEST_CASE("files are dealt longest first, by what they took before") {
  Scene scene = TwoLanes(
      "test_a.py: one\n test_b.py: two\n test_c.py: three\n test_d.py: four",
      {.history = {{"test_a.py", 10}, {"test_b.py", 900}, {"test_c.py", 50}, {"test_d.py", 700}}});
  CHECK(scene.Dealt(0) == "test_b.py");
  CHECK(scene.Dealt(1) == "test_d.py");
  scene.Pass("test_d.py::four", 1);
  scene.EndFile(1);
  CHECK(scene.Dealt(1) == "test_d.py test_c.py");
}

TEST_CASE("a file without a history counts as an average one") {
  Scene scene = TwoLanes(kFourFiles, {.history = {{"test_a.py", 10}, {"test_d.py", 30}}});
  CHECK(scene.Dealt(0) == "test_d.py");
  CHECK(scene.Dealt(1) == "test_b.py");
}

TEST_CASE("one lane keeps the runner's own order, whatever the files took before") {
  Scene scene(kFourFiles, {.history = {{"test_a.py", 10}, {"test_d.py", 30}}});
  scene.Start();
  CHECK(scene.Dealt(0) == "test_a.py test_b.py");
}

TEST_CASE("every file is dealt once, and the idle lane takes from the rest") {
  Scene scene = TwoLanes(kFourFiles);
  CHECK(scene.Dealt(0) == "test_a.py");
  CHECK(scene.Dealt(1) == "test_b.py");
  scene.Begin("test_a.py::one");
  for (const char* test : {"test_b.py::three", "test_c.py::four", "test_d.py::five"}) {
    scene.Pass(test, 1);
    scene.EndFile(1);
  }
  CHECK(scene.Dealt(0) == "test_a.py");
  CHECK(scene.Dealt(1) == "test_b.py test_c.py test_d.py");
  CHECK(scene.Did("finish worker 2"));
  CHECK_FALSE(scene.Did("finish worker 1"));
  CHECK(scene.File("test_c.py").lane == 1);
}

TEST_CASE("with plenty left a lane has one file ahead, so that it never stands idle") {
  Scene scene = TwoLanes(
      "test_a.py: a\n test_b.py: b\n test_c.py: c\n test_d.py: d\n test_e.py: e\n test_f.py: f");
  CHECK(scene.Dealt(0) == "test_a.py test_b.py");
  CHECK(scene.Dealt(1) == "test_c.py");
}

TEST_CASE("the batch ends when the last lane has ended") {
  Scene scene = TwoLanes("test_a.py: one\n test_b.py: two");
  scene.Pass("test_b.py::two", 1);
  scene.EndFile(1);
  scene.WorkerEnds(1);
  CHECK_FALSE(scene.Did("end batch 0"));
  scene.Pass("test_a.py::one");
  scene.EndFile();
  scene.WorkerEnds();
  CHECK(scene.Did("end batch 0"));
}

TEST_CASE("files of one group stay on one lane") {
  Scene scene = TwoLanes(
      "test_a.py@db: one\n test_b.py: two\n test_c.py@db: three\n test_d.py: four\n test_e.py: "
      "five");
  CHECK(scene.Dealt(0) == "test_a.py test_b.py");
  CHECK(scene.Dealt(1) == "test_d.py");
  scene.Pass("test_d.py::four", 1);
  scene.EndFile(1);
  scene.Pass("test_e.py::five", 1);
  scene.EndFile(1);
  CHECK(scene.Dealt(1) == "test_d.py test_e.py");
  scene.Pass("test_a.py::one");
  scene.EndFile();
  scene.Pass("test_b.py::two");
  scene.EndFile();
  CHECK(scene.Dealt(0) == "test_a.py test_b.py test_c.py");
}

TEST_CASE("a suite that asks to run alone has one worker, whatever the lanes") {
  Scene scene(kSubjects, {.lanes = 2, .alone = true});
  scene.Start();
  CHECK(scene.Did("spawn worker 1: /suite"));
  CHECK_FALSE(scene.Did("spawn worker 2: /suite"));
  CHECK(scene.Dealt(0) == "test_a.py");
  CHECK(scene.state.lanes[1].phase == LanePhase::Idle);
}

TEST_CASE("the only suite asks to run alone: no lane but its own gets a subject") {
  Scene scene(kSubjects, {.lanes = 2, .alone = true});
  scene.Start();
  CHECK(scene.Did("spawn subject 1"));
  CHECK_FALSE(scene.Did("spawn subject 2"));
}

TEST_CASE("a worker's crash gives its files back, and no other lane notices") {
  Scene scene = TwoSubjects();
  const std::string before = Picture(scene, 0);
  scene.Forget();
  scene.WorkerDies("SIGSEGV", 1);
  CHECK(Picture(scene, 0) == before);
  CHECK(scene.Test("test_b.py::three").outcome == Outcome::Crashed);
  CHECK(scene.Did("spawn worker 3: /suite/test_a.py /suite/test_b.py /suite/test_c.py"));
  scene.WorkerComesUp(1);
  CHECK(scene.Dealt(1) == "test_b.py");
  CHECK(scene.Did("run test_b.py::four; next test_c.py::five"));
}

TEST_CASE("what a crashed worker left is taken by a lane that is idle sooner") {
  Scene scene = TwoLanes("test_a.py: one\n test_b.py: two three");
  scene.Begin("test_b.py::two", 1);
  scene.WorkerDies("SIGKILL", 1);
  scene.Pass("test_a.py::one");
  scene.EndFile();
  CHECK(scene.Did("run test_b.py::three; next none"));
  scene.WorkerComesUp(1);
  CHECK(scene.Dealt(1).empty());
  scene.Pass("test_b.py::three");
  scene.EndFile();
  scene.WorkerEnds();
  scene.WorkerEnds(1);
  CHECK(scene.Outcomes() == "one passed, two crashed(test), three passed");
  CHECK(scene.Did("end batch 1"));
}

TEST_CASE("a subject's crash is its own lane's") {
  Scene scene = TwoSubjects();
  const std::string before = Picture(scene, 0);
  scene.Happen(SubjectExited{GenerationId{2}, {std::nullopt, "SIGSEGV"}, "last words"});
  scene.Happen(SubjectTreeEnded{GenerationId{2}, {}});
  scene.Finish("test_b.py::three", PhaseOutcome::Failed, 1);
  scene.Preflight("test_b.py::four", 1);
  CHECK(Picture(scene, 0) == before);
  CHECK(scene.state.generations[0].health == Health::Healthy);
  CHECK(scene.Test("test_b.py::three").blame == Blame::SubjectCrash);
  CHECK(scene.generation().lane == 1);
  CHECK(scene.generation().cause == SpawnCause::Unhealthy);
  scene.Finish("test_a.py::one");
  CHECK(scene.Test("test_a.py::one").outcome == Outcome::Passed);
}

TEST_CASE("a lane that is given up leaves the rest to the others") {
  Scene scene = TwoSubjects();
  scene.Happen(SubjectExited{GenerationId{2}, {std::nullopt, "SIGSEGV"}, ""});
  scene.Finish("test_b.py::three", PhaseOutcome::Failed, 1);
  scene.Happen(SubjectGivenUp{"the restart budget is spent", false, 1});
  scene.Happen(SubjectTreeEnded{GenerationId{2}, {}});
  scene.Preflight("test_b.py::four", 1);
  CHECK(scene.Test("test_b.py::four").blame == Blame::Infrastructure);
  scene.Forget();
  scene.EndFile(1);
  CHECK(scene.Did("finish worker 2"));
  CHECK(scene.Dealt(1).empty());
  scene.Finish("test_a.py::one");
  scene.Preflight("test_a.py::two");
  scene.SeenAlive(GenerationId{1});
  scene.Pass("test_a.py::two");
  scene.EndFile();
  CHECK(scene.Dealt(0) == "test_c.py");
}

TEST_CASE("a group whose lane is given up goes to another lane") {
  Scene scene = TwoLanes("test_a.py@db: one*\n test_b.py: two*\n test_c.py@db: three*");
  scene.Happen(SubjectGivenUp{"the restart budget is spent", false, 0});
  scene.Preflight("test_a.py::one");
  scene.EndFile();
  CHECK(scene.Did("finish worker 1"));
  scene.WorkerEnds();
  scene.Preflight("test_b.py::two", 1);
  scene.SubjectComesUp(GenerationId{2});
  scene.SeenAlive(GenerationId{2});
  scene.Pass("test_b.py::two", 1);
  scene.EndFile(1);
  CHECK(scene.Dealt(1) == "test_b.py test_c.py");
}

TEST_CASE("once every lane is given up the rest is not_run with the reason, at once") {
  Scene scene = TwoLanes(kSubjects);
  scene.Happen(SubjectGivenUp{"no display", false, 0});
  scene.Happen(SubjectGivenUp{"no display", false, 1});
  const auto drop = [&](const char* test, int lane) { scene.Preflight(test, lane); };
  drop("test_a.py::one", 0), drop("test_a.py::two", 0), scene.EndFile();
  drop("test_b.py::three", 1), drop("test_b.py::four", 1), scene.EndFile(1);
  drop("test_c.py::five", 0), scene.EndFile();
  drop("test_d.py::six", 1), scene.EndFile(1);
  for (const FileState& file : scene.state.files) {
    for (const TestState& test : file.tests) {
      CAPTURE(test.id);
      CHECK(test.outcome == Outcome::NotRun);
      CHECK(test.blame == Blame::Infrastructure);
      CHECK(test.details->message == "no display");
    }
  }
}

TEST_CASE("a group that one suite had on a lane is at home on any lane of the next") {
  Scene scene("test_a.py: one\n test_b.py@db: two\n second/test_c.py@db: three",
              {.lanes = 2, .second_alone = true});
  scene.Start();
  scene.WorkerComesUp(1);
  scene.Pass("test_a.py::one", 0);
  scene.EndFile(0);
  scene.Pass("test_b.py::two", 1);
  scene.EndFile(1);
  scene.WorkerEnds(0);
  scene.WorkerEnds(1);
  scene.WorkerComesUp(0);
  CHECK(scene.Dealt(0) == "second/test_c.py");
}
