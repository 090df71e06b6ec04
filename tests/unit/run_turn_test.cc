// Update(), event by event: a worker whose turn it is to speak has a limit.

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "tests/fakes/scene.h"

using namespace proctor;

namespace {

constexpr std::string_view kSuite = R"(
  test_a.py: one two
  test_b.py: three
)";

bool IsWatched(const Scene& scene) {
  return scene.HasTimer(TimerKind::WorkerTurn);
}

/// The worker says nothing until its limit is over, and is gone for it.
void Silence(Scene& scene) {
  const WorkerId worker = scene.worker();
  scene.Fire(TimerKind::WorkerTurn, worker.value);
  CHECK(scene.Did("dump stacks"));
  scene.Fire(TimerKind::StacksGrace, worker.value);
  CHECK(scene.Did(fmt::format("kill worker {}", worker.value)));
  scene.WorkerDies("SIGKILL");
}

}  // namespace

TEST_CASE("a worker has a limit between two tests, and none while one of them runs") {
  Scene scene(kSuite);
  scene.Start();
  CHECK(IsWatched(scene));
  scene.Begin("test_a.py::one");
  CHECK_FALSE(IsWatched(scene));
  scene.Finish("test_a.py::one");
  CHECK(IsWatched(scene));
  scene.Pass("test_a.py::two");
  scene.EndFile();
  scene.Pass("test_b.py::three");
  CHECK(IsWatched(scene));
  scene.EndFile();
  CHECK_FALSE(IsWatched(scene));  // it is to finish, which has its own
}

TEST_CASE("a worker that says nothing between two tests is ended, and another goes on") {
  Scene scene(kSuite);
  scene.Start();
  scene.Pass("test_a.py::one");
  Silence(scene);
  CHECK_FALSE(IsWatched(scene));
  scene.Forget();
  scene.WorkerComesUp();
  CHECK(scene.Did("run test_a.py::two; next test_b.py::three"));
  CHECK(scene.Outcomes() == "one passed, two -, three -");
}

TEST_CASE("the stacks of a worker that said nothing are told") {
  Scene scene(kSuite);
  scene.Start();
  scene.Pass("test_a.py::one");
  scene.Fire(TimerKind::WorkerTurn, scene.worker().value);
  scene.Happen(StacksDumped{scene.worker(), "in conftest.py, line 3"});
  scene.WorkerDies("SIGKILL");
  const auto& notices = scene.state.notices;
  CHECK(notices[notices.size() - 1].text.find("in conftest.py, line 3") != std::string::npos);
}

TEST_CASE("a worker that never speaks ends the batch after three of its kind") {
  Scene scene(kSuite);
  scene.Start();
  Silence(scene);
  scene.WorkerComesUp();
  Silence(scene);
  scene.WorkerComesUp();
  Silence(scene);
  CHECK(scene.Outcomes() ==
        "one not_run(infrastructure), two not_run(infrastructure), three not_run(infrastructure)");
  CHECK(scene.Did("end batch 3"));
}

TEST_CASE("a worker that waits for its subject has no limit; with the grant it has one again") {
  Scene scene("test_a.py: one*");
  scene.Start();
  scene.Preflight("test_a.py::one");
  CHECK_FALSE(IsWatched(scene));
  scene.SubjectComesUp();
  CHECK(IsWatched(scene));
  scene.Begin("test_a.py::one");
  CHECK_FALSE(IsWatched(scene));
}

TEST_CASE("a worker that was refused its subject, or whose test was dropped, has a limit") {
  Scene scene("test_a.py: one*", {.subject = false});
  scene.Start();
  scene.Preflight("test_a.py::one");
  CHECK(IsWatched(scene));
}

TEST_CASE("a worker that lets go of a generation has a limit for it") {
  Scene scene("test_a.py: one*\n test_b.py: two*", {.restart = RestartWhen::File});
  scene.Start();
  scene.Preflight("test_a.py::one");
  scene.SubjectComesUp();
  scene.Pass("test_a.py::one");
  scene.EndFile();
  scene.Happen(PreflightRequested{scene.worker(), "test_b.py::two", true});
  CHECK(scene.Did("let go test_b.py::two"));
  CHECK(IsWatched(scene));
  scene.Happen(SubjectLetGo{scene.worker(), "test_b.py::two"});
  CHECK_FALSE(IsWatched(scene));
}

TEST_CASE("a worker that stands between two tests on request has no limit") {
  Scene scene(kSuite);
  scene.Start();
  scene.Begin("test_a.py::one");
  scene.Happen(PauseRequested{});
  scene.Finish("test_a.py::one");
  CHECK(IsWatched(scene));  // it is to say that it stands
  scene.StopsAndKeeps();
  CHECK_FALSE(IsWatched(scene));
  scene.Happen(ResumeRequested{});
  CHECK(IsWatched(scene));
}

TEST_CASE("a held test has no limit, and neither has its worker") {
  Scene scene(kSuite);
  scene.Start();
  scene.Happen(HoldOnFailureChanged{true});
  scene.FailAndStand("test_a.py::one");
  CHECK_FALSE(IsWatched(scene));
}
