#include "core/run/deal.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "core/run/aside.h"
#include "core/run/steps.h"

namespace proctor {
namespace {

// Files that a worker is told of ahead, so that it never stands idle between two.
constexpr size_t kFilesAhead = 2;

bool IsFree(const State& s, uint32_t file) {
  return !s.index->held.contains(file) && HasPlanned(s.files[file]);
}

/// A group's files go where its first one went.
bool MayHave(const State& s, const LaneState& lane, const FileState& file) {
  if (file.group.empty()) return true;
  const auto found = s.index->groups.find(file.group);
  if (found == s.index->groups.end() || found->second == NumberOf(s, lane)) return true;
  return s.lanes[static_cast<size_t>(found->second)].given_up.has_value();
}

/// What a file took before; one that never ran counts as the average one.
std::vector<double> Weights(const State& s) {
  const auto& known = s.index->history_ms;
  double sum = 0;
  for (const auto& [path, ms] : known) sum += ms;
  const double average = known.empty() ? 0 : sum / static_cast<double>(known.size());
  std::vector<double> weights;
  for (const FileState& file : s.files) {
    const auto found = known.find(file.path);
    weights.push_back(found == known.end() ? average : found->second);
  }
  return weights;
}

}  // namespace

void ShuffleDeck(State& s) {
  std::vector<uint32_t>& deal = s.index->deal;
  deal.clear();
  s.index->dealt = 0;
  s.index->groups.clear();
  for (uint32_t f = 0; f < s.files.size(); ++f) {
    if (s.files[f].suite == s.batch.suite) deal.push_back(f);
  }
  if (WorkingLanes(s) == 1) return;
  const std::vector<double> weights = Weights(s);
  std::stable_sort(deal.begin(), deal.end(),
                   [&](uint32_t a, uint32_t b) { return weights[a] > weights[b]; });
}

std::optional<uint32_t> NextFor(const State& s, const LaneState& lane) {
  const std::vector<uint32_t>& deal = s.index->deal;
  for (size_t i = s.index->dealt; i < deal.size(); ++i) {
    if (IsFree(s, deal[i]) && MayHave(s, lane, s.files[deal[i]])) return deal[i];
  }
  return std::nullopt;
}

std::optional<uint32_t> DealTo(State& s, LaneState& lane) {
  State::Index& index = *s.index;
  const std::optional<uint32_t> file = NextFor(s, lane);
  if (!file) return std::nullopt;
  index.held.insert(*file);
  if (!s.files[*file].group.empty()) {
    index.groups[s.files[*file].group] = NumberOf(s, lane);
  }
  while (index.dealt < index.deal.size() && !IsFree(s, index.deal[index.dealt])) ++index.dealt;
  return file;
}

void TakeBack(State& s, uint32_t file) {
  for (const LaneState& lane : s.lanes) {  // it stays with who was told to run it
    if (std::find(lane.sent.begin(), lane.sent.end(), file) != lane.sent.end()) return;
  }
  State::Index& index = *s.index;
  index.held.erase(file);
  const auto at = std::find(index.deal.begin(), index.deal.end(), file);
  if (at == index.deal.end()) return;
  index.deal.erase(at);
  index.deal.insert(index.deal.begin(), file);
  index.dealt = 0;
}

void TakeBack(State& s, LaneState& lane) {
  const auto sent = std::exchange(lane.sent, {});
  for (auto file = sent.rbegin(); file != sent.rend(); ++file) TakeBack(s, *file);
}

size_t HandSize(const State& s) {
  const size_t lanes = WorkingLanes(s);
  if (lanes == 1) return kFilesAhead;
  size_t left = 0;
  const size_t enough = 2 * lanes;
  const std::vector<uint32_t>& deal = s.index->deal;
  for (size_t i = s.index->dealt; i < deal.size() && left < enough; ++i) {
    if (IsFree(s, deal[i])) ++left;
  }
  return left < enough ? 1 : kFilesAhead;
}

}  // namespace proctor
