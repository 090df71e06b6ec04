#include "core/report/growth.h"

#include <fmt/format.h>

#include <cstdlib>

namespace proctor {
namespace {

constexpr int64_t kKilo = 1 << 10, kMega = 1 << 20, kGiga = 1 << 30;
// Below this, a program that does nothing moves as much by itself.
constexpr int64_t kLeastShown = 256 * kKilo;

}  // namespace

std::vector<Growth> GrowthPerFile(const GenerationState& g) {
  std::vector<Growth> grown;
  for (size_t i = 1; i < g.usage.size(); ++i) {
    const UsageSample& before = g.usage[i - 1];
    const UsageSample& after = g.usage[i];
    if (after.path.empty()) continue;
    grown.push_back({.path = after.path,
                     .generation = g.id,
                     .rss_bytes = after.rss_bytes - before.rss_bytes,
                     .descriptors = after.descriptors - before.descriptors,
                     .threads = after.threads - before.threads,
                     .processes = after.processes - before.processes,
                     .left = after.left});
  }
  return grown;
}

bool IsWorthTelling(const Growth& growth) {
  return growth.rss_bytes >= 8 * kMega || growth.descriptors >= 8 || growth.threads >= 2 ||
         growth.processes >= 1 || !growth.left.empty();
}

std::string GrowthText(const Growth& growth) {
  std::string text;
  const auto add = [&](const std::string& part) {
    if (!text.empty()) text += ", ";
    text += part;
  };
  if (growth.rss_bytes >= kLeastShown) add("RSS +" + Bytes(growth.rss_bytes));
  if (growth.descriptors > 0) add(fmt::format("descriptors +{}", growth.descriptors));
  if (growth.threads > 0) add(fmt::format("threads +{}", growth.threads));
  if (growth.processes > 0) add(fmt::format("processes +{}", growth.processes));
  for (const std::string& left : growth.left) add("left " + left);
  return text;
}

std::string Bytes(int64_t bytes) {
  const auto in = [&](int64_t unit, const char* name) {
    const double number = static_cast<double>(bytes) / static_cast<double>(unit);
    return fmt::format("{:.{}f} {}", number, std::abs(number) < 9.95 ? 1 : 0, name);
  };
  if (std::abs(bytes) >= kGiga) return in(kGiga, "GB");
  if (std::abs(bytes) >= kMega) return in(kMega, "MB");
  return fmt::format("{} KB", bytes / kKilo);
}

}  // namespace proctor
