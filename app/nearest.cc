#include "app/nearest.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <vector>

#include "app/requests.h"
#include "app/rows.h"
#include "core/config/suggest.h"

namespace proctor {
namespace {

// Names longer than that, and more of them, would take a server's thread for too long.
constexpr size_t kLongest = 200;
constexpr size_t kMostNames = 5000;
constexpr size_t kTold = 5;

std::string Told(const std::vector<std::string_view>& names, std::string_view more) {
  if (names.empty()) return "there is none yet";
  const std::vector<std::string_view> some(names.begin(),
                                           names.begin() + std::min(names.size(), kTold));
  std::string text = "there are " + Joined(some);
  if (names.size() > kTold) text += fmt::format(" and {} more", names.size() - kTold);
  return text + "; " + std::string(more);
}

std::string Nearest(std::string_view word, const std::vector<std::string_view>& names,
                    std::string_view more) {
  word = word.substr(0, kLongest);
  size_t best = std::max<size_t>(1, word.size() / 3) + 1;
  std::string_view nearest;
  for (size_t i = 0; i < std::min(names.size(), kMostNames); ++i) {
    const size_t longer = std::max(names[i].size(), word.size());
    if (longer - std::min(names[i].size(), word.size()) >= best) continue;
    const size_t distance = EditDistance(word, names[i]);
    if (distance >= best) continue;
    best = distance;
    nearest = names[i];
  }
  if (!nearest.empty()) return fmt::format("did you mean '{}'?", nearest);
  return Told(names, more);
}

}  // namespace

std::string NearestFile(const State& state, std::string_view path) {
  std::vector<std::string_view> names;
  for (const FileState& file : state.files) names.push_back(file.path);
  return Nearest(path, names, "GET /api/tests lists the tests of all");
}

std::string NearestTest(const State& state, std::string_view id) {
  const std::string_view path = id.substr(0, id.find("::"));
  const auto file = FindFile(state, path);
  if (!file) return NearestFile(state, path);
  std::vector<std::string_view> names;
  for (const TestState& test : state.files[*file].tests) names.push_back(test.id);
  return Nearest(id, names, fmt::format("GET /api/tests?file={} lists them", path));
}

std::optional<uint32_t> FindFileOrSource(const State& state, const std::string& path) {
  const std::string normal = std::filesystem::path(path).lexically_normal().string();
  if (const auto found = FindFile(state, normal)) return found;
  for (uint32_t f = 0; f < state.files.size(); ++f) {
    if (SourcePath(state, state.files[f].path) == normal) return f;
  }
  return std::nullopt;
}

}  // namespace proctor
