// Update(), event by event: what answers to health probes, and their absence, come to.

#include <doctest/doctest.h>

#include "tests/fakes/scene.h"

using namespace proctor;

namespace {

/// The first test has a healthy generation 1.
Scene WithSubject() {
  Scene scene("test_a.py: one* two*");
  scene.Start();
  scene.Preflight("test_a.py::one");
  scene.SubjectComesUp();
  return scene;
}

}  // namespace

TEST_CASE("silence makes a living program hung, and one answer resets the count") {
  Scene scene = WithSubject();
  scene.Begin("test_a.py::one");
  const auto silence = [&] {
    scene.Tick(Millis(250));  // a miss counts where the one before is [subject.health] every ago
    scene.NoAnswer("no answer within 1 s");
  };
  for (int i = 0; i < 2; ++i) silence();
  CHECK(scene.generation().health == Health::Healthy);
  scene.Answer(80);
  for (int i = 0; i < 2; ++i) silence();
  CHECK(scene.generation().health == Health::Healthy);
  silence();
  CHECK(scene.generation().health == Health::Hung);
  scene.Answer(81);
  CHECK(scene.generation().health == Health::Healthy);
}

TEST_CASE("a program that refuses connections may be ending, and is hung only after hang_after") {
  Scene scene = WithSubject();
  scene.Begin("test_a.py::one");
  const auto refuse = [&] {
    scene.Tick(Millis(250));
    scene.Fire(TimerKind::NextProbe, 1);
    ProbeReading reading;
    reading.error = "the connection was refused";
    reading.refused = true;
    scene.Happen(ProbeAnswered{GenerationId{1}, scene.generation().probe_sent, reading});
  };
  for (int i = 0; i < 5; ++i) refuse();
  CHECK(scene.generation().health == Health::Healthy);
  SUBCASE("it was ending") {
    scene.SubjectDies("SIGSEGV");
    scene.Finish("test_a.py::one", PhaseOutcome::Failed);
    CHECK(scene.Test("test_a.py::one").blame == Blame::SubjectCrash);
  }
  SUBCASE("it was not") {
    for (int i = 0; i < 5; ++i) refuse();
    CHECK(scene.generation().health == Health::Hung);
    CHECK(scene.generation().reason.find("refused") != std::string::npos);
  }
}

TEST_CASE("an HTTP error is never health") {
  Scene scene = WithSubject();
  scene.Begin("test_a.py::one");
  for (int i = 0; i < 3; ++i) {
    scene.Tick(Millis(250));
    scene.Fire(TimerKind::NextProbe, 1);
    ProbeReading reading;
    reading.status = 404;
    scene.Happen(ProbeAnswered{GenerationId{1}, scene.generation().probe_sent, reading});
  }
  CHECK(scene.generation().health == Health::Degraded);
  CHECK(scene.generation().reason.find("404") != std::string::npos);
}

TEST_CASE("an overdue answer counts as a miss, and its late arrival as nothing") {
  Scene scene = WithSubject();
  scene.Begin("test_a.py::one");
  scene.Fire(TimerKind::NextProbe, 1);
  const Time asked = scene.generation().probe_sent;
  scene.Fire(TimerKind::ProbeLimit, 1);
  CHECK(scene.Did("abandon probe 1"));
  CHECK(scene.generation().misses == 1);
  ProbeReading late;
  late.status = 200;
  late.frame = 5000;
  scene.Happen(ProbeAnswered{GenerationId{1}, asked, late});
  CHECK(scene.generation().misses == 1);
  CHECK(scene.generation().frame != 5000);
}
