#include "app/format.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace proctor {
namespace {

using std::chrono::duration_cast;
using std::chrono::nanoseconds;
using std::chrono::seconds;

int64_t WholeSeconds(nanoseconds t) {
  return std::max<int64_t>(0, duration_cast<seconds>(t).count());
}

/// Estimates jump about; steps of five seconds are as much as they are worth.
int64_t Coarse(int64_t s) {
  return s <= 10 ? s : (s + 4) / 5 * 5;
}

}  // namespace

std::string FormatDuration(double ms) {
  if (!(ms > 0)) return "0 ms";
  if (ms < 9.95) return fmt::format("{:.1f} ms", ms);
  if (ms < 999.5) return fmt::format("{:.0f} ms", ms);
  if (ms < 9'995) return fmt::format("{:.2f} s", ms / 1e3);
  if (ms < 59'950) return fmt::format("{:.1f} s", ms / 1e3);
  const auto s = static_cast<int64_t>(std::llround(ms / 1e3));
  if (s < 3600) return fmt::format("{} min {:02} s", s / 60, s % 60);
  return fmt::format("{} h {:02} min", s / 3600, s / 60 % 60);
}

std::string FormatClock(nanoseconds elapsed) {
  const int64_t s = WholeSeconds(elapsed);
  if (s < 3600) return fmt::format("{}:{:02}", s / 60, s % 60);
  return fmt::format("{}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60);
}

std::string FormatAge(nanoseconds age) {
  const int64_t s = WholeSeconds(age);
  if (s < 10) return fmt::format("{} s", s);
  if (s < 60) return fmt::format("{} s", s / 5 * 5);
  if (s < 3600) return fmt::format("{} min", s / 60);
  return fmt::format("{} h {} min", s / 3600, s / 60 % 60);
}

std::string FormatRemaining(nanoseconds remaining) {
  const int64_t s = Coarse(WholeSeconds(remaining + std::chrono::milliseconds(500)));
  if (s < 1) return "nearly done";
  if (s < 60) return fmt::format("about {} s left", s);
  const int64_t minutes = (s + 30) / 60;
  if (minutes < 60) return fmt::format("about {} min left", minutes);
  return fmt::format("about {} h {} min left", minutes / 60, minutes % 60);
}

std::string FormatCount(int64_t count) {
  std::string digits = std::to_string(count);
  const size_t first = digits[0] == '-' ? 1 : 0;
  for (size_t i = digits.size(); i > first + 3; i -= 3) digits.insert(i - 3, ",");
  return digits;
}

std::string FormatPlural(int64_t count, std::string_view singular) {
  return fmt::format("{} {}{}", FormatCount(count), singular, count == 1 ? "" : "s");
}

std::optional<nanoseconds> EstimateRemaining(int done, int planned, nanoseconds elapsed) {
  constexpr int kEnough = 3;
  if (done < kEnough || planned <= done || elapsed <= nanoseconds(0)) return std::nullopt;
  const double each = static_cast<double>(elapsed.count()) / done;
  return nanoseconds(static_cast<int64_t>(each * (planned - done)));
}

}  // namespace proctor
