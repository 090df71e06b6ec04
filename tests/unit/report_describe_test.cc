#include "core/report/describe.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <ctime>

#include "report_scene.h"

namespace proctor {
namespace {

BatchRow Row(const std::string& id) {
  return {.info = {.id = id, .wall_ms = 1'795'256'100'250, .title = "demo", .root = "/work"}};
}

void LiveInUtc() {
  ::setenv("TZ", "UTC", 1);
  ::tzset();
}

}  // namespace

TEST_CASE("the history is a table") {
  LiveInUtc();
  std::vector<BatchRow> rows = {Row("b3"), Row("batch2"), Row("b1")};
  rows[1].summary = BatchSummary{.exit_code = 1, .duration_ms = 125'000};
  rows[1].summary->counts[Outcome::Failed] = 1;
  rows[1].summary->counts[Outcome::Passed] = 8;
  rows[2].summary = BatchSummary{.exit_code = 5, .duration_ms = 300};
  CHECK(DescribeBatches(rows) ==
        "BATCH   STARTED              TIME        EXIT  RESULT              WHAT\n"
        "b3      2026-11-21 10:15:00  -           -     unfinished          demo  /work\n"
        "batch2  2026-11-21 10:15:00  2 min 05 s  1     1 failed, 8 passed  demo  /work\n"
        "b1      2026-11-21 10:15:00  0.3 s       5     no tests            demo  /work\n");
  CHECK(DescribeBatches({}) == "no batch has been run yet\n");
}

TEST_CASE("a batch is shown with its files and its summary") {
  LiveInUtc();
  BatchRow row = Row("b1");
  row.summary = BatchSummary{};
  State state = RunningBatch();
  AddFile(state, "a.py", 1);
  AddFile(state, "tests/b.py", 1);
  FinishTest(state, 0, {.duration_ms = 300});
  FinishTest(state, 1, {.duration_ms = 400});
  EndBatch(state, 0);
  CHECK(DescribeBatch(row, state, {}) ==
        "batch b1, started 2026-11-21 10:15:00\ndemo  /work\n\n"
        "a.py        1 passed  0.3 s\n"
        "tests/b.py  1 passed  0.4 s\n"
        "\n2 passed: 2 tests in 3.2 s, exit code 0\n");
}

TEST_CASE("an unfinished batch is shown as far as it came") {
  State state = RunningBatch();
  AddFile(state, "a.py", 2);
  FinishTest(state, 0, {.duration_ms = 300});
  state.now = At(2500);
  const std::string text = DescribeBatch(Row("b1"), state, {});
  CHECK(text.find("unfinished: ") != text.npos);
  CHECK(text.ends_with("\n1 passed: 1 test in 1.5 s\n"));
}

}  // namespace proctor
