#include <doctest/doctest.h>

#include <ostream>

#include "app/rows.h"
#include "tests/fakes/sample_state.h"

namespace proctor {
namespace {

constexpr uint32_t Only(Shown kind) {
  return 1u << static_cast<int>(kind);
}

/// Everything that the rows say, against what a walk over the state says.
void CheckAgainstState(const TestRows& rows, const State& state, const TestFilter& filter,
                       const OpenFiles& open) {
  size_t row = 0;
  for (uint32_t f = 0; f < state.files.size(); ++f) {
    std::vector<uint32_t> visible;
    for (uint32_t t = 0; t < state.files[f].tests.size(); ++t) {
      const TestState& test = state.files[f].tests[t];
      const bool kind = filter.kinds == 0 || (filter.kinds & Only(KindOf(test))) != 0;
      if (kind && TextMatches(filter.text, test.id)) visible.push_back(t);
    }
    if (filter.active() && visible.empty()) {
      CHECK_FALSE(rows.IndexOf({f, std::nullopt}));
      continue;
    }
    CHECK(rows.At(row) == TestRow{f, std::nullopt});
    CHECK(rows.IndexOf({f, std::nullopt}) == row);
    ++row;
    if (!filter.active() && !open.IsOpen(state.files[f].path)) continue;
    for (const uint32_t t : visible) {
      REQUIRE(row < rows.size());
      REQUIRE(rows.At(row) == TestRow{f, t});
      REQUIRE(rows.IndexOf({f, t}) == row);
      ++row;
    }
  }
  CHECK(rows.size() == row);
}

TEST_CASE("open files show all their tests, folded ones only themselves") {
  const auto state = fakes::MakeSampleState({.files = 5, .tests_per_file = 130});
  OpenFiles open;
  open.Set(state->files[1].path, false);
  TestRows rows;
  rows.Update(state, {}, open);
  CheckAgainstState(rows, *state, {}, open);
  CHECK(rows.size() == 5 + 4 * 130);
  CHECK(rows.matching() == 5 * 130);
}

TEST_CASE("a filter by text shows the tests that hold all words, in any case") {
  const auto state = fakes::MakeSampleState({.files = 30, .tests_per_file = 70});
  TestRows rows;
  for (const char* text :
       {"SURVIVES", "panels opens", "test_form.py", "no such test at all", " "}) {
    const TestFilter filter{.text = text};
    rows.Update(state, filter, {});
    CheckAgainstState(rows, *state, filter, {});
  }
}

TEST_CASE("a filter by kind shows the tests of that kind") {
  const auto state = fakes::MakeSampleState({.files = 30, .tests_per_file = 70, .done = 0.5});
  TestRows rows;
  for (const Shown kind : {Shown::Bad, Shown::Passed, Shown::Skipped, Shown::Pending}) {
    const TestFilter filter{.kinds = Only(kind)};
    rows.Update(state, filter, {});
    CHECK(rows.matching() > 0);
    CheckAgainstState(rows, *state, filter, {});
  }
}

TEST_CASE("a filter opens the folded files that it finds something in") {
  const auto state = fakes::MakeSampleState({});
  OpenFiles open;
  open.SetAll(false);
  TestRows rows;
  rows.Update(state, {}, open);
  CHECK(rows.size() == state->files.size());
  rows.Update(state, {.kinds = Only(Shown::Bad)}, open);
  CHECK(rows.size() > rows.matching());
}

TEST_CASE("rows follow a state that changes test by test") {
  auto state = fakes::MakeSampleState({.files = 40, .tests_per_file = 90, .done = 0.3});
  const TestFilter filter{.text = "test", .kinds = Only(Shown::Passed)};
  TestRows rows;
  for (uint32_t step = 0; step < 60; ++step) {
    TestState& test = state->files.Edit(20 + step % 20).tests.Edit(step);
    test.progress = TestProgress::Done;
    test.outcome = step % 3 == 0 ? Outcome::Failed : Outcome::Passed;
    const auto published = std::make_shared<const State>(*state);
    rows.Update(published, filter, {});
    CheckAgainstState(rows, *published, filter, {});
  }
}

TEST_CASE("rows follow files and tests that are added, and a new batch with fewer") {
  auto state = std::make_shared<State>();
  TestRows rows;
  rows.Update(std::make_shared<const State>(*state), {}, {});
  CHECK(rows.size() == 0);
  const auto full = fakes::MakeSampleState({.files = 9, .tests_per_file = 65});
  rows.Update(full, {.text = "opens"}, {});
  CheckAgainstState(rows, *full, {.text = "opens"}, {});
  const auto small = fakes::MakeSampleState({.files = 2, .tests_per_file = 3});
  rows.Update(small, {.text = "opens"}, {});
  CheckAgainstState(rows, *small, {.text = "opens"}, {});
}

TEST_CASE("a test and a file are found by name") {
  const auto state = fakes::MakeSampleState({});
  const TestState& test = state->files[3].tests[5];
  CHECK(FindTest(*state, test.id) == TestRef{3, 5});
  CHECK_FALSE(FindTest(*state, "tests/test_form.py::gone"));
  CHECK(FindFile(*state, state->files[2].path) == 2u);
  CHECK_FALSE(FindFile(*state, "elsewhere.py"));
}

TEST_CASE("a test whose id does not begin with its file is found too") {
  State state;
  FileState file;
  file.path = "build/bin/unit_tests";
  file.tests.push_back({.id = "Suite.Case"});
  state.files.push_back(file);
  CHECK(FindTest(state, "Suite.Case") == TestRef{0, 0});
}

}  // namespace
}  // namespace proctor
