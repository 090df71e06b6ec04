#include "core/report/text_subject.h"

#include <doctest/doctest.h>

#include <ostream>

#include "core/report/text_summary.h"
#include "report_scene.h"

namespace proctor {
namespace {

GenerationState Ended(uint64_t id, int lane, double started_ms) {
  GenerationState generation = Generation(id, 10 + static_cast<int>(id));
  generation.lane = lane;
  generation.started = At(started_ms);
  generation.phase = SubjectPhase::Ended;
  return generation;
}

bool Tells(const State& state, std::string_view text) {
  return SubjectText(state, {}).find(text) != std::string::npos;
}

}  // namespace

TEST_CASE("a generation is told that was replaced as unhealthy, by one of its own lane") {
  State state = RunningBatch();
  state.generations.push_back(Ended(1, 0, 1100));
  state.generations.push_back(Ended(2, 1, 1100));
  GenerationState next = Ended(3, 1, 1500);
  next.cause = SpawnCause::Unhealthy;
  state.generations.push_back(next);
  CHECK_FALSE(Tells(state, "generation 1"));
  CHECK(Tells(state, "generation 2"));
  CHECK_FALSE(Tells(state, "generation 3"));
}

TEST_CASE("a spare follows when it is handed over, and one that nobody had follows nobody") {
  State state = RunningBatch();
  state.generations.push_back(Ended(1, 0, 1100));
  GenerationState unused = Ended(2, 0, 1200);
  unused.was_spare = true;
  unused.was_ready = false;
  unused.cause = SpawnCause::Unhealthy;
  state.generations.push_back(unused);
  CHECK(SubjectText(state, {}).empty());
  unused.leased = At(2000);
  unused.was_ready = true;
  state.generations.Edit(1) = unused;
  CHECK(Tells(state, "generation 1"));
}

TEST_CASE("the stacks of a generation that hung are told") {
  State state = RunningBatch();
  GenerationState hung = Ended(1, 0, 1100);
  hung.reason = "its frame counter stands still";
  hung.stacks = "thread 11\n  #0 wait";
  state.generations.push_back(hung);
  CHECK(Tells(state,
              "generation 1: its frame counter stands still\n"
              "  the stacks of its threads when it hung:\nthread 11\n  #0 wait\n"));
}

TEST_CASE("the core of a generation that crashed, and the stacks in it, are told") {
  State state = RunningBatch();
  GenerationState crashed = Ended(1, 0, 1100);
  crashed.reason = "it ended with SIGSEGV";
  crashed.core = "/home/me/core.11";
  crashed.stacks = "#0 Save";
  state.generations.push_back(crashed);
  CHECK(Tells(state,
              "generation 1: it ended with SIGSEGV\n"
              "  core: /home/me/core.11\n"
              "  the stacks in its core:\n#0 Save\n"));
}

TEST_CASE("growth that is worth telling is one line for each file, the largest first") {
  State state = RunningBatch();
  GenerationState generation = Generation(1, 11);
  generation.usage = {{"", 10 << 20, 10, 4, 1, {}},
                      {"a.py", 20 << 20, 10, 4, 1, {}},
                      {"tests/test_sims.py", 32 << 20, 10, 4, 1, {}},
                      {"c.py", 32 << 20, 10, 4, 1, {}}};
  state.generations.push_back(generation);
  CHECK(SubjectText(state, {}) ==
        "\n---- what grew over a file ----\n"
        "RSS +12 MB per tests/test_sims.py (generation 1)\n"
        "RSS +10 MB per a.py (generation 1)\n");
}

TEST_CASE("attempts that do not count are told with the one that does") {
  State state = RunningBatch();
  AddFile(state, "a.py", 1);
  FinishTest(state, 0, {});
  TestState& test = state.files.Edit(0).tests.Edit(0);
  test.attempt = 2;
  test.earlier = {"attempt 1: failed (collateral); run again because its subject was lost"};
  EndBatch(state, 0);
  CHECK(SummaryText(state, {}) ==
        "\n---- tests that ran more than once ----\n"
        "a.py::test_0: passed at attempt 2, which counts\n"
        "  attempt 1: failed (collateral); run again because its subject was lost\n"
        "\n1 passed: 1 test in 3.2 s, exit code 0\n");
}

}  // namespace proctor
