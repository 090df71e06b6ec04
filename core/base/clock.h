#pragma once

#include <chrono>

namespace proctor {

using Millis = std::chrono::milliseconds;

/// A point on the engine's one monotonic time line: nanoseconds since the engine
/// started. Journalled events carry it; the batch says what the wall clock was.
struct Time {
  std::chrono::nanoseconds since_start{0};

  friend auto operator<=>(const Time&, const Time&) = default;
  friend std::chrono::nanoseconds operator-(Time a, Time b) {
    return a.since_start - b.since_start;
  }
  friend Time operator+(Time t, std::chrono::nanoseconds d) { return {t.since_start + d}; }
  double ms() const { return since_start.count() / 1e6; }
};

/// Where "now" comes from; only the engine's loop asks. The tests' clock stands
/// still until it is told to tick.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Time Now() const = 0;
};

/// CLOCK_MONOTONIC, counted from construction.
class SteadyClock : public Clock {
 public:
  Time Now() const override { return {std::chrono::steady_clock::now() - start_}; }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace proctor
