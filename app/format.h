#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace proctor {

/// Numbers as the dashboard shows them. Pure functions; called while drawing.

/// How long a test took: "0.4 ms", "12 ms", "1.24 s", "2 min 05 s", "1 h 02 min".
std::string FormatDuration(double ms);

/// A running clock: "0:07", "12:30", "1:02:05".
std::string FormatClock(std::chrono::nanoseconds elapsed);

/// An age that needs no second hand: "8 s", "3 min", "2 h 10 min". It changes rarely
/// on purpose, so that an idle window has nothing to draw.
std::string FormatAge(std::chrono::nanoseconds age);

/// An estimate: "about 5 s left", "about 3 min left".
std::string FormatRemaining(std::chrono::nanoseconds remaining);

/// 1234567 -> "1,234,567".
std::string FormatCount(int64_t count);

/// "1 test", "3 tests".
std::string FormatPlural(int64_t count, std::string_view singular);

/// What is left if the rest goes at the pace so far; empty while there is too little
/// to go by.
std::optional<std::chrono::nanoseconds> EstimateRemaining(int done, int planned,
                                                          std::chrono::nanoseconds elapsed);

}  // namespace proctor
