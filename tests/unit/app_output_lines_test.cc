#include <doctest/doctest.h>

#include <ostream>

#include "app/output_lines.h"

namespace proctor {
namespace {

void Print(State& state, OutputSource source, int lines = 1) {
  for (int i = 0; i < lines; ++i) state.output.push_back({.source = source, .text = "line"});
}

TEST_CASE("all sources show every line") {
  State state;
  Print(state, OutputSource::Worker, 2);
  Print(state, OutputSource::Subject);
  OutputLines lines;
  lines.Update(state, std::nullopt);
  CHECK(lines.size() == 3);
  CHECK(lines.IndexOf(2) == 2);
}

TEST_CASE("one source shows its own lines, also those that come later") {
  State state;
  Print(state, OutputSource::Worker, 2);
  Print(state, OutputSource::Subject);
  OutputLines lines;
  lines.Update(state, OutputSource::Subject);
  REQUIRE(lines.size() == 1);
  CHECK(lines.IndexOf(0) == 2);
  Print(state, OutputSource::Worker);
  Print(state, OutputSource::Subject);
  lines.Update(state, OutputSource::Subject);
  REQUIRE(lines.size() == 2);
  CHECK(lines.IndexOf(1) == 4);
}

TEST_CASE("lines that the state dropped are gone, and the others keep their place") {
  State state;
  const auto chunk = static_cast<int>(decltype(State::output)::chunk_size());
  Print(state, OutputSource::Subject, chunk);
  Print(state, OutputSource::Worker);
  Print(state, OutputSource::Subject);
  OutputLines lines;
  lines.Update(state, OutputSource::Subject);
  CHECK(lines.size() == static_cast<size_t>(chunk) + 1);
  state.output.DropOldestChunk();
  state.output_dropped += static_cast<uint64_t>(chunk);
  lines.Update(state, OutputSource::Subject);
  REQUIRE(lines.size() == 1);
  CHECK(lines.IndexOf(0) == 1);
}

TEST_CASE("a new batch starts the lines anew") {
  State state;
  Print(state, OutputSource::Subject, 5);
  OutputLines lines;
  lines.Update(state, OutputSource::Subject);
  State fresh;
  Print(fresh, OutputSource::Subject, 2);
  lines.Update(fresh, OutputSource::Subject);
  CHECK(lines.size() == 2);
}

TEST_CASE("another source is looked for from the first line on") {
  State state;
  Print(state, OutputSource::Worker, 3);
  Print(state, OutputSource::Subject, 4);
  OutputLines lines;
  lines.Update(state, OutputSource::Subject);
  lines.Update(state, OutputSource::Worker);
  CHECK(lines.size() == 3);
}

}  // namespace
}  // namespace proctor
