#include <doctest/doctest.h>

#include <limits>
#include <ostream>

#include "app/format.h"

namespace proctor {
namespace {

using namespace std::chrono_literals;

TEST_CASE("a duration has the unit that a person would choose") {
  CHECK(FormatDuration(0) == "0 ms");
  CHECK(FormatDuration(0.42) == "0.4 ms");
  CHECK(FormatDuration(12.3) == "12 ms");
  CHECK(FormatDuration(999.4) == "999 ms");
  CHECK(FormatDuration(999.6) == "1.00 s");
  CHECK(FormatDuration(1240) == "1.24 s");
  CHECK(FormatDuration(59'940) == "59.9 s");
  CHECK(FormatDuration(59'999) == "1 min 00 s");
  CHECK(FormatDuration(125'000) == "2 min 05 s");
  CHECK(FormatDuration(3'720'000) == "1 h 02 min");
}

TEST_CASE("a duration that makes no sense is none") {
  CHECK(FormatDuration(-5) == "0 ms");
  CHECK(FormatDuration(std::numeric_limits<double>::quiet_NaN()) == "0 ms");
}

TEST_CASE("a clock shows minutes and seconds, and hours when there are any") {
  CHECK(FormatClock(0s) == "0:00");
  CHECK(FormatClock(7s) == "0:07");
  CHECK(FormatClock(750s) == "12:30");
  CHECK(FormatClock(3725s) == "1:02:05");
  CHECK(FormatClock(-3s) == "0:00");
}

TEST_CASE("an age gets coarser as it grows") {
  CHECK(FormatAge(7s) == "7 s");
  CHECK(FormatAge(44s) == "40 s");
  CHECK(FormatAge(185s) == "3 min");
  CHECK(FormatAge(7805s) == "2 h 10 min");
}

TEST_CASE("an estimate does not pretend to be exact") {
  CHECK(FormatRemaining(200ms) == "nearly done");
  CHECK(FormatRemaining(7s) == "about 7 s left");
  CHECK(FormatRemaining(38s) == "about 40 s left");
  CHECK(FormatRemaining(170s) == "about 3 min left");
  CHECK(FormatRemaining(4000s) == "about 1 h 7 min left");
}

TEST_CASE("large counts are grouped, and words follow their number") {
  CHECK(FormatCount(999) == "999");
  CHECK(FormatCount(1000) == "1,000");
  CHECK(FormatCount(1234567) == "1,234,567");
  CHECK(FormatCount(-1234) == "-1,234");
  CHECK(FormatPlural(1, "test") == "1 test");
  CHECK(FormatPlural(0, "test") == "0 tests");
}

TEST_CASE("what remains is estimated from the pace so far, once there is one") {
  CHECK_FALSE(EstimateRemaining(2, 100, 10s));
  CHECK_FALSE(EstimateRemaining(100, 100, 10s));
  CHECK(EstimateRemaining(10, 40, 5s) == 15s);
}

}  // namespace
}  // namespace proctor
