#include "report_scene.h"

#include "core/config/config.h"

namespace proctor {

Time At(double ms) {
  return {std::chrono::nanoseconds(static_cast<int64_t>(ms * 1e6))};
}

State RunningBatch() {
  State state;
  auto config = std::make_shared<Config>();
  config->suites.push_back({.name = "live"});
  state.config = config;
  state.batch.id = "20261121-101500-3f9a";
  state.batch.phase = BatchPhase::Running;
  state.batch.wall_ms = 1'795'256'100'250;  // 2026-11-21 10:15:00.250 UTC
  state.batch.started = At(1000);
  state.now = At(1000);
  return state;
}

uint32_t AddFile(State& state, const std::string& path, size_t tests) {
  FileState file;
  file.path = path;
  for (size_t i = 0; i < tests; ++i)
    file.tests.push_back({.id = path + "::test_" + std::to_string(i)});
  state.files.push_back(std::move(file));
  state.planned += static_cast<int>(tests);
  return static_cast<uint32_t>(state.files.size() - 1);
}

void SetNote(State& state, uint32_t file, NoteKind kind, uint64_t generation,
             const std::string& reason) {
  state.files.Edit(file).note = FileNote{kind, reason};
  state.files.Edit(file).generation = {generation};
}

void FinishTest(State& state, uint32_t file_index, const TestSketch& sketch) {
  FileState& file = state.files.Edit(file_index);
  const auto index = static_cast<uint32_t>(file.counts.Total());
  TestState& test = file.tests.Edit(index);
  if (!sketch.id.empty()) test.id = sketch.id;
  test.progress = TestProgress::Done;
  test.final = true;
  test.outcome = sketch.outcome;
  test.duration_ms = sketch.duration_ms;
  test.generation = {sketch.generation};
  test.blame = sketch.blame;
  test.attempt = sketch.outcome == Outcome::NotRun ? 0 : 1;
  test.details = std::make_shared<TestDetails>(sketch.details);
  file.duration_ms += sketch.duration_ms;
  ++file.counts[sketch.outcome];
  ++state.counts[sketch.outcome];
  state.done.push_back({file_index, index});
  ++state.finals;
}

GenerationState Generation(uint64_t id, int pid) {
  GenerationState generation;
  generation.id = {id};
  generation.pid = pid;
  generation.phase = SubjectPhase::Up;
  generation.health = Health::Healthy;
  generation.started = At(1100);
  generation.ready = At(1250);
  generation.was_ready = true;
  return generation;
}

void EndBatch(State& state, int exit_code) {
  state.batch.phase = BatchPhase::Ended;
  state.batch.ended = state.now = At(4200);
  state.batch.exit_code = exit_code;
}

State WholeBatch() {
  State state = RunningBatch();
  const uint32_t a = AddFile(state, "tests/test_a.py", 3);
  SetNote(state, a, NoteKind::Fresh, 1, "");
  FinishTest(state, a,
             {.id = "tests/test_a.py::test_ok",
              .duration_ms = 1.5,
              .generation = 1,
              .details = {.stdout_text = "hello\n"}});
  FinishTest(state, a,
             {.id = "tests/test_a.py::TestX::test_y[a/b::c]",
              .outcome = Outcome::Xfailed,
              .duration_ms = 2,
              .generation = 1,
              .details = {.message = "bug 7"}});
  FinishTest(state, a,
             {.id = "tests/test_a.py::test_kill",
              .outcome = Outcome::Crashed,
              .duration_ms = 250,
              .generation = 1,
              .blame = Blame::SubjectCrash,
              .details = {.message = "the subject died of SIGSEGV",
                          .details = "def test_kill():\n>   crash()\nE   Gone",
                          .stderr_text = "bye",
                          .log_text = "WARNING x",
                          .file = "tests/test_a.py",
                          .line = 12}});

  const uint32_t b = AddFile(state, "tests/sub/test_b.py", 3);
  SetNote(state, b, NoteKind::Respawned, 2, "generation 1 died of SIGSEGV in test_kill");
  FinishTest(state, b,
             {.id = "tests/sub/test_b.py::test_bytes",
              .outcome = Outcome::Failed,
              .duration_ms = 12,
              .generation = 2,
              .blame = Blame::Test,
              .details = {.message = "assert 1 == 2",
                          .details = "E   assert 1 == 2 <&>",
                          .stdout_text = std::string("\x1b[31mred\x1b[0m \0 \xff é", 19)}});
  FinishTest(state, b,
             {.id = "tests/sub/test_b.py::test_skip",
              .outcome = Outcome::Skipped,
              .details = {.message = "no display"}});
  FinishTest(state, b, {.id = "tests/sub/test_b.py::test_odd", .outcome = Outcome::Xpassed});

  const uint32_t c = AddFile(state, "tests/test_c.py", 3);
  FinishTest(state, c,
             {.id = "tests/test_c.py::test_slow",
              .outcome = Outcome::TimedOut,
              .duration_ms = 2000,
              .blame = Blame::Test,
              .details = {.message = "still running after 2 s", .details = "stacks"}});
  FinishTest(state, c,
             {.id = "tests/test_c.py::test_fixture",
              .outcome = Outcome::Error,
              .duration_ms = 1,
              .blame = Blame::Test,
              .details = {.message = "no db"}});
  FinishTest(state, c,
             {.id = "tests/test_c.py::test_last",
              .outcome = Outcome::NotRun,
              .blame = Blame::Infrastructure,
              .details = {.message = "the restart budget is spent"}});

  GenerationState first = Generation(1, 101);
  first.phase = SubjectPhase::Ended;
  first.health = Health::Dead;
  first.ended = At(1500.5);
  first.reason = "died of SIGSEGV";
  first.exit.signal = "SIGSEGV";
  first.log_path = "/state/logs/1.log";
  first.log_tail = "about to crash\n";
  state.generations.push_back(first);
  GenerationState second = Generation(2, 102);
  second.phase = SubjectPhase::Ended;
  second.health = Health::Dead;
  second.cause = SpawnCause::Unhealthy;
  second.cause_text = "generation 1 died of SIGSEGV in test_kill";
  second.started = At(1510);
  second.ready = At(1600);
  second.ended = At(4000);
  second.exit.code = 0;
  second.log_path = "/state/logs/2.log";
  state.generations.push_back(second);
  GenerationState third;
  third.id = {3};
  third.phase = SubjectPhase::Ended;
  third.health = Health::Dead;
  third.cause = SpawnCause::Unhealthy;
  third.started = At(1900);  // when it was tried
  third.reason = "./demo does not exist";
  state.generations.push_back(third);
  EndBatch(state, 1);
  return state;
}

}  // namespace proctor
