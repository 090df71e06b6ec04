#include "app/bisect_search.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <numeric>
#include <utility>

namespace proctor {
namespace {

using Set = std::vector<size_t>;

constexpr int kConfirmations = 2;    // of a result, each with and without the earlier tests
constexpr size_t kCountedOut = 100;  // more tests than these have the bound of the formula

/// The most probes from `size` tests in `pieces`: what Narrow() does, with the worst answers.
class WorstCase {
 public:
  int Of(size_t size, size_t pieces) {
    if (size < 2) return 0;
    pieces = std::min(pieces, size);
    const auto [at, is_new] = known_.try_emplace({size, pieces}, 0);
    if (!is_new) return at->second;
    const int parts = static_cast<int>(pieces);
    const int all = pieces == 2 ? parts : 2 * parts;
    int worst = pieces < size ? all + Of(size, pieces * 2) : all;
    for (const size_t piece : {size / pieces, (size + pieces - 1) / pieces}) {
      worst = std::max(worst, parts + Of(piece, 2));
      if (pieces > 2) worst = std::max(worst, all + Of(size - piece, pieces - 1));
    }
    return known_[{size, pieces}] = worst;
  }

 private:
  std::map<std::pair<size_t, size_t>, int> known_;
};

int MostOf(WorstCase& worst, size_t size, size_t pieces) {
  if (size <= kCountedOut) return worst.Of(size, pieces);
  return static_cast<int>(std::min<size_t>(size * size + 3 * size, 1'000'000'000));
}

/// In `count` pieces of nearly the same size, in order.
std::vector<Set> Split(const Set& set, size_t count) {
  std::vector<Set> pieces;
  size_t begin = 0;
  for (size_t i = 1; i <= count; ++i) {
    const size_t end = set.size() * i / count;
    pieces.emplace_back(set.begin() + static_cast<ptrdiff_t>(begin),
                        set.begin() + static_cast<ptrdiff_t>(end));
    begin = end;
  }
  return pieces;
}

Set Without(const Set& set, const Set& piece) {
  Set rest;
  std::set_difference(set.begin(), set.end(), piece.begin(), piece.end(), std::back_inserter(rest));
  return rest;
}

class Search {
 public:
  explicit Search(const Ask& ask) : ask_(ask) {}

  BisectAnswer Run(size_t earlier);

 private:
  /// True: the test failed. Not asked any more once an answer was unclear.
  bool AskFor(const Set& set, ProbeAim aim, int to_come);
  bool Fails(const Set& set, size_t size, size_t pieces);
  bool Take(Set& set, size_t& pieces);
  Set Narrow(Set set);
  void RunAlone(ProbeAim aim, int to_come);
  void RunSet(int to_come);
  BisectAnswer Told(Finding finding);
  Finding Conclude();

  const Ask& ask_;
  WorstCase worst_;
  std::map<Set, bool> failed_;  ///< what was asked for
  BisectAnswer answer_;
  bool unclear_ = false;
};

bool Search::AskFor(const Set& set, ProbeAim aim, int to_come) {
  if (unclear_) return false;
  const int number = ++answer_.probes;
  const ProbeResult result = ask_({set, aim, number, number + to_come});
  unclear_ = result == ProbeResult::Unclear;
  return result == ProbeResult::Failed;
}

/// One of the questions of a narrowing from `size` tests in `pieces`.
bool Search::Fails(const Set& set, size_t size, size_t pieces) {
  if (const auto known = failed_.find(set); known != failed_.end()) return known->second;
  const int to_come = MostOf(worst_, size, pieces) - 1 + 2 * kConfirmations;
  return failed_[set] = AskFor(set, ProbeAim::Narrow, to_come);
}

/// Goes on with a piece after which the test fails, else with all but one piece. False:
/// there is no such thing.
bool Search::Take(Set& set, size_t& pieces) {
  const size_t size = set.size();
  const std::vector<Set> parts = Split(set, pieces);
  for (const Set& part : parts) {
    if (!Fails(part, size, pieces)) continue;
    set = part;
    pieces = 2;
    return true;
  }
  if (pieces == 2) return false;  // all but one half is the other half
  for (const Set& part : parts) {
    const Set rest = Without(set, part);
    if (!Fails(rest, size, pieces)) continue;
    set = rest;
    --pieces;
    return true;
  }
  return false;
}

Set Search::Narrow(Set set) {
  size_t pieces = 2;
  while (set.size() > 1 && !unclear_) {
    pieces = std::min(pieces, set.size());
    if (Take(set, pieces)) continue;
    if (pieces == set.size()) break;  // not one of them can be left out
    pieces *= 2;
  }
  return set;
}

void Search::RunAlone(ProbeAim aim, int to_come) {
  const bool failed = AskFor({}, aim, to_come);
  ++answer_.alone_runs;
  if (failed) ++answer_.alone_failures;
}

void Search::RunSet(int to_come) {
  const bool failed = AskFor(answer_.earlier, ProbeAim::Confirm, to_come);
  ++answer_.set_runs;
  if (failed) ++answer_.set_failures;
}

Finding Search::Conclude() {
  if (unclear_) return Finding::Unclear;
  const bool always = answer_.set_failures == answer_.set_runs;
  return always && answer_.alone_failures == 0 ? Finding::Found : Finding::Flaky;
}

BisectAnswer Search::Told(Finding finding) {
  answer_.finding = unclear_ ? Finding::Unclear : finding;
  return answer_;
}

BisectAnswer Search::Run(size_t earlier) {
  const int confirming = 2 * kConfirmations;
  const int narrowing = MostOf(worst_, earlier, 2);
  RunAlone(ProbeAim::Alone, (earlier == 0 ? 0 : 1 + narrowing) + confirming);
  if (answer_.alone_failures > 0) {
    for (int left = kConfirmations; left-- > 0;) RunAlone(ProbeAim::Confirm, left);
    const bool always = answer_.alone_failures == answer_.alone_runs;
    return Told(always ? Finding::FailsAlone : Finding::Flaky);
  }
  Set all(earlier);
  std::iota(all.begin(), all.end(), size_t{0});
  const bool fails = !all.empty() && AskFor(all, ProbeAim::AfterAll, narrowing + confirming);
  if (!fails) return Told(Finding::PassesAfterAll);
  answer_.earlier = Narrow(all);
  answer_.set_runs = answer_.set_failures = 1;  // it would not be the set otherwise
  for (int left = confirming; left > 0; left -= 2) {
    RunSet(left - 1);
    RunAlone(ProbeAim::Confirm, left - 2);
  }
  return Told(Conclude());
}

}  // namespace

BisectAnswer Bisect(size_t earlier, const Ask& ask) {
  return Search(ask).Run(earlier);
}

int MostProbes(size_t tests) {
  WorstCase worst;
  return MostOf(worst, tests, 2);
}

int ProbesForOne(size_t tests) {
  int probes = 0;
  for (size_t left = tests; left > 1; left = (left + 1) / 2) probes += 2;
  return probes;
}

}  // namespace proctor
