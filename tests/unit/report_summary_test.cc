#include "core/report/text_summary.h"

#include <doctest/doctest.h>

#include "report_scene.h"

namespace proctor {

TEST_CASE("the summary tells the failures, the respawns, the dead subjects and the counts") {
  CHECK(SummaryText(WholeBatch(), {}) == R"(
---- crashed: tests/test_a.py::test_kill ----
blame: subject_crash · generation 1 · tests/test_a.py:12
the subject died of SIGSEGV
def test_kill():
>   crash()
E   Gone
  stderr:
bye
  log:
WARNING x

---- failed: tests/sub/test_b.py::test_bytes ----
blame: test · generation 2
assert 1 == 2
E   assert 1 == 2 <&>
  stdout:
red  )"
                                         "\xff"
                                         R"( é

---- timed_out: tests/test_c.py::test_slow ----
blame: test
still running after 2 s
stacks

---- error: tests/test_c.py::test_fixture ----
blame: test
no db

---- files that got a fresh subject ----
tests/sub/test_b.py  generation 2, respawned: generation 1 died of SIGSEGV in test_kill

---- the subject ----
generation 1, SIGSEGV: died of SIGSEGV
  log: /state/logs/1.log
  last lines:
about to crash
generation 2, exit code 0
  log: /state/logs/2.log
generation 3, never ready: ./demo does not exist

1 test was not run: the restart budget is spent

1 crashed, 1 timed_out, 1 error, 1 failed, 1 not_run, 1 xpassed, 1 skipped, 1 xfailed, 1 passed: 9 tests in 3.2 s, exit code 1
)");
}

TEST_CASE("a batch without a failure is one sentence") {
  State state = RunningBatch();
  AddFile(state, "a.py", 1);
  FinishTest(state, 0, {});
  state.generations.push_back(Generation(1, 11));
  EndBatch(state, 0);
  CHECK(SummaryText(state, {}) == "\n1 passed: 1 test in 3.2 s, exit code 0\n");
}

TEST_CASE("no tests is said, with how many were deselected") {
  State state = RunningBatch();
  state.batch.deselected = 3;
  EndBatch(state, 5);
  CHECK(SummaryText(state, {}) == "\nno tests ran in 3.2 s, 3 deselected, exit code 5\n");
}

TEST_CASE("what Proctor itself could not do is told last, and a stop is called one") {
  State state = RunningBatch();
  state.batch.failure = "the journal cannot be written";
  state.batch.stop = StopMode::Now;
  EndBatch(state, 3);
  CHECK(SummaryText(state, {}) ==
        "\nProctor could not go on: the journal cannot be written\n"
        "\nstopped before the end; no tests ran in 3.2 s, exit code 3\n");
}

TEST_CASE("a thousand tests that were not run are one line for each reason") {
  State state = RunningBatch();
  AddFile(state, "a.py", 1000);
  for (int i = 0; i < 999; ++i) {
    FinishTest(state, 0, {.outcome = Outcome::NotRun, .details = {.message = "no subject"}});
  }
  FinishTest(state, 0, {.outcome = Outcome::NotRun});
  EndBatch(state, 3);
  CHECK(SummaryText(state, {}) ==
        "\n999 tests were not run: no subject\n\n1 test was not run\n"
        "\n1000 not_run: 1000 tests in 3.2 s, exit code 3\n");
}

TEST_CASE("long details and output are cut to the lines that were asked for") {
  State state = RunningBatch();
  AddFile(state, "a.py", 1);
  FinishTest(state, 0,
             {.outcome = Outcome::Failed,
              .details = {.details = "1\n2\n3\n4\n5\n", .stdout_text = "a\nb\nc\n"}});
  EndBatch(state, 1);
  CHECK(SummaryText(state, {.detail_lines = 4, .output_lines = 1}) ==
        "\n---- failed: a.py::test_0 ----\n"
        "1\n… 1 lines left out …\n3\n4\n5\n"
        "  stdout:\n… 2 lines left out …\nc\n"
        "\n1 failed: 1 test in 3.2 s, exit code 1\n");
}

TEST_CASE("processes that a generation left behind are named") {
  State state = RunningBatch();
  GenerationState generation = Generation(1, 11);
  generation.phase = SubjectPhase::Ended;
  generation.leaked = {"sleep 100 (pid 12)"};
  generation.log_path = "/state/1.log";
  state.generations.push_back(generation);
  EndBatch(state, 5);
  CHECK(SummaryText(state, {}).find(
            "generation 1\n  left behind: sleep 100 (pid 12)\n  log: /state/1.log\n") !=
        std::string::npos);
}

}  // namespace proctor
