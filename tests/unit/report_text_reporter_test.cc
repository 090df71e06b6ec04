#include "core/report/text_reporter.h"

#include <doctest/doctest.h>

#include "report_scene.h"

namespace proctor {
namespace {

class FakeClock : public Clock {
 public:
  Time Now() const override { return now_; }
  void Tick(Millis by) { now_ = now_ + by; }

 private:
  Time now_;
};

/// A reporter and what it wrote since it was last asked.
struct Terminal {
  explicit Terminal(TextStyle style)
      : reporter([this](auto text) { written += text; }, style, clock) {}
  std::string Take() { return std::exchange(written, {}); }
  std::string Show(const State& state) {
    reporter.Show(state);
    return Take();
  }

  FakeClock clock;
  std::string written;
  TextReporter reporter;
};

}  // namespace

TEST_CASE("a file has its line when its last test is final, and not before") {
  Terminal terminal({});
  State state = RunningBatch();
  AddFile(state, "tests/test_a.py", 2);
  AddFile(state, "tests/test_longer.py", 1);
  CHECK(terminal.Show(state) == "");
  FinishTest(state, 0, {.duration_ms = 100});
  CHECK(terminal.Show(state) == "");
  FinishTest(state, 0, {.duration_ms = 200});
  state.finals = 1;  // done, but not in the journal yet
  CHECK(terminal.Show(state) == "");
  state.finals = 2;
  CHECK(terminal.Show(state) == "tests/test_a.py       2 passed  0.3 s\n");
  CHECK(terminal.Show(state) == "");
  SetNote(state, 1, NoteKind::Respawned, 2, "generation 1 hung");
  FinishTest(state, 1, {.outcome = Outcome::Skipped});
  CHECK(terminal.Show(state) ==
        "tests/test_longer.py  1 skipped  0.00 s  [generation 2, respawned: generation 1 hung]\n");
}

TEST_CASE("a failure is told at once, with what it is laid to") {
  Terminal terminal({});
  State state = RunningBatch();
  AddFile(state, "a.py", 3);
  FinishTest(state, 0,
             {.id = "a.py::test_x",
              .outcome = Outcome::Failed,
              .blame = Blame::Test,
              .details = {.message = "assert \x1b[1m1\x1b[0m == 2\nand more"}});
  CHECK(terminal.Show(state) == "  failed  a.py::test_x  assert 1 == 2\n");
  FinishTest(state, 0,
             {.id = "a.py::test_y",
              .outcome = Outcome::Crashed,
              .generation = 4,
              .blame = Blame::SubjectCrash});
  CHECK(terminal.Show(state) == "  crashed  a.py::test_y  (subject_crash, generation 4)\n");
}

TEST_CASE("notices and respawns are told once") {
  Terminal terminal({});
  State state = RunningBatch();
  state.notices.push_back({.severity = Severity::Warning, .text = "odd\nthing"});
  state.notices.push_back({.text = "fine"});
  state.generations.push_back(Generation(1, 11));
  CHECK(terminal.Show(state) == "warning: odd\nthing\nnote: fine\n");
  GenerationState second = Generation(2, 12);
  second.cause = SpawnCause::Unhealthy;
  second.cause_text = "generation 1 hung after a.py::test_x";
  state.generations.push_back(second);
  state.notices.push_back({.severity = Severity::Error, .text = "bad"});
  CHECK(terminal.Show(state) ==
        "error: bad\nsubject: generation 2 starts: generation 1 hung after a.py::test_x\n");
  CHECK(terminal.Show(state) == "");
}

TEST_CASE("in a terminal the last line is a bar that is drawn anew") {
  Terminal terminal({.live = true, .width = 100});
  State state = RunningBatch();
  AddFile(state, "a.py", 4);
  CHECK(terminal.Show(state) == "[                    ] 0/4  0:00");
  CHECK(terminal.Show(state) == "");  // nothing is new

  state.now = At(3000);
  state.lanes[0].draft = Draft{.test = {0, 1}};
  FinishTest(state, 0, {});
  CHECK(terminal.Show(state) ==
        "\r\x1b[K[=====               ] 1/4  1 passed  0:02, 0:06 left  a.py::test_1");

  terminal.clock.Tick(Millis(5000));  // no event: the time goes on
  CHECK(terminal.Show(state) ==
        "\r\x1b[K[=====               ] 1/4  1 passed  0:07, 0:21 left  a.py::test_1");

  FinishTest(state, 0, {.outcome = Outcome::Failed});
  CHECK(terminal.Show(state) ==
        "\r\x1b[K  failed  a.py::test_1\n"
        "[==========          ] 2/4  1 failed, 1 passed  0:07, 0:07 left  a.py::test_1");

  EndBatch(state, 1);
  CHECK(terminal.Show(state) == "\r\x1b[K");
}

TEST_CASE("the bar never wraps") {
  Terminal terminal({.live = true, .width = 30});
  State state = RunningBatch();
  AddFile(state, "a.py", 1);
  CHECK(terminal.Show(state) == "[                    ] 0/1  …");
  terminal.reporter.SetWidth(10);
  CHECK(terminal.Show(state) == "\r\x1b[K[       …");
}

TEST_CASE("what Proctor does before the first test is shown in the bar") {
  Terminal terminal({.live = true});
  State state = RunningBatch();
  state.lanes[0].collecting = "tests/test_a.py";
  CHECK(terminal.Show(state) == "[                    ] 0/0  0:00  collecting tests/test_a.py");
}

TEST_CASE("colours are there where they are wanted, and nowhere else") {
  const State state = WholeBatch();
  Terminal plain({.color = false}), colored({.color = true});
  plain.reporter.Finish(state);
  colored.reporter.Finish(state);
  CHECK(plain.written.find('\x1b') == std::string::npos);
  CHECK(colored.written.find("\x1b[31mcrashed\x1b[0m  tests/test_a.py::test_kill") !=
        std::string::npos);
}

TEST_CASE("what a snapshot costs does not grow with the tests that there are") {
  State state = RunningBatch();
  for (int i = 0; i < 200; ++i) AddFile(state, "tests/test_" + std::to_string(i) + ".py", 500);
  Terminal terminal({});
  terminal.Show(state);
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 10'000; ++i) terminal.reporter.Show(state);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  CHECK(took.count() < 1.0);  // a pass over 100,000 tests takes longer than 0.1 ms
}

TEST_CASE("the next batch is told from its beginning") {
  Terminal terminal({});
  State state = RunningBatch();
  AddFile(state, "a.py", 1);
  FinishTest(state, 0, {});
  CHECK(terminal.Show(state) == "a.py  1 passed  0.00 s\n");
  State next = RunningBatch();
  next.batch.id = "another";
  AddFile(next, "b.py", 1);
  FinishTest(next, 0, {});
  CHECK(terminal.Show(next) == "b.py  1 passed  0.00 s\n");
}

}  // namespace proctor
