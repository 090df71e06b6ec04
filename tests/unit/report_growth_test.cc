#include "core/report/growth.h"

#include <doctest/doctest.h>

#include <ostream>

#include "report_scene.h"

namespace proctor {
namespace {

constexpr int64_t kMega = 1 << 20;

GenerationState Grown() {
  GenerationState generation = Generation(2, 11);
  generation.usage = {{"", 100 * kMega, 10, 4, 1, {}},
                      {"a.py", 101 * kMega, 10, 4, 1, {}},
                      {"b.py", 113 * kMega, 24, 6, 2, {"12 files in the workspace"}},
                      {"c.py", 90 * kMega, 10, 4, 1, {}}};
  return generation;
}

}  // namespace

TEST_CASE("growth is laid to the file that had just had the generation") {
  const auto grown = GrowthPerFile(Grown());
  REQUIRE(grown.size() == 3);
  CHECK(grown[1].path == "b.py");
  CHECK(grown[1].generation.value == 2);
  CHECK(GrowthText(grown[0]) == "RSS +1.0 MB");
  CHECK(GrowthText(grown[1]) ==
        "RSS +12 MB, descriptors +14, threads +2, processes +1, left 12 files in the workspace");
  CHECK(GrowthText(grown[2]).empty());
}

TEST_CASE("what a program does by itself is not worth telling") {
  const auto grown = GrowthPerFile(Grown());
  CHECK_FALSE(IsWorthTelling(grown[0]));
  CHECK(IsWorthTelling(grown[1]));
  CHECK_FALSE(IsWorthTelling(grown[2]));
  CHECK(IsWorthTelling({.path = "a.py", .left = {"a port"}}));
}

TEST_CASE("a generation that was measured once has not grown") {
  GenerationState generation = Generation(1, 11);
  CHECK(GrowthPerFile(generation).empty());
  generation.usage = {{"", 100, 1, 1, 1, {}}};
  CHECK(GrowthPerFile(generation).empty());
}

TEST_CASE("bytes are told in the unit that a person would use") {
  CHECK(Bytes(0) == "0 KB");
  CHECK(Bytes(300 << 10) == "300 KB");
  CHECK(Bytes(3 * kMega + kMega / 8) == "3.1 MB");
  CHECK(Bytes(136 * kMega) == "136 MB");
  CHECK(Bytes(-2 * kMega) == "-2.0 MB");
  CHECK(Bytes(5 * kMega * 1024 / 4) == "1.2 GB");
}

}  // namespace proctor
