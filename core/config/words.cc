#include <charconv>
#include <cmath>

#include "core/config/config.h"

namespace proctor {

std::string ConfigError::Text() const {
  return file.string() + ":" + (line > 0 ? std::to_string(line) + ":" : "") + " " + message;
}

std::string_view ToString(Runner runner) {
  switch (runner) {
    case Runner::Pytest:
      return "pytest";
    case Runner::Notebook:
      return "notebook";
    case Runner::Gtest:
      return "gtest";
    case Runner::Doctest:
      return "doctest";
    case Runner::Catch2:
      return "catch2";
    case Runner::Ctest:
      return "ctest";
    case Runner::Command:
      return "command";
  }
  return "";
}

std::string_view ToString(Compare compare) {
  switch (compare) {
    case Compare::None:
      return "none";
    case Compare::Text:
      return "text";
    case Compare::All:
      return "all";
  }
  return "";
}

std::optional<std::chrono::milliseconds> ParseDuration(std::string_view text) {
  constexpr double kMostMillis = 1000.0 * 3600 * 24 * 365;
  double number = 0;
  const char* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, number, std::chars_format::fixed);
  if (error != std::errc{} || !std::isfinite(number) || std::signbit(number)) return std::nullopt;
  const std::string_view unit(at, static_cast<size_t>(end - at));
  const double millis = unit == "ms"  ? number
                        : unit == "s" ? number * 1000
                        : unit == "m" ? number * 60'000
                        : unit == "h" ? number * 3'600'000
                                      : -1;
  if (millis < 0 || millis > kMostMillis) return std::nullopt;
  return std::chrono::milliseconds(std::llround(millis));
}

}  // namespace proctor
