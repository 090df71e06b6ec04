#include <doctest/doctest.h>

#include <algorithm>
#include <ostream>
#include <set>
#include <vector>

#include "app/bisect_search.h"

namespace proctor {
namespace {

using Set = std::vector<size_t>;

/// A test that fails after every one of its culprits has run, and what was asked about it.
struct Oracle {
  std::vector<Set> culprits;  ///< any of these sets is enough
  std::vector<Probe> asked = {};
  std::set<int> lies = {};       ///< the probes that pass although they should fail
  std::set<int> accidents = {};  ///< the probes that fail although they should pass
  int unclear_at = 0;            ///< the probe that cannot be told; 0: none

  BisectAnswer Search(size_t earlier) {
    return Bisect(earlier, [this](const Probe& probe) { return Answer(probe); });
  }
  ProbeResult Answer(const Probe& probe) {
    asked.push_back(probe);
    if (probe.number == unclear_at) return ProbeResult::Unclear;
    if (lies.contains(probe.number)) return ProbeResult::Passed;
    const bool fails = accidents.contains(probe.number) || Fails(probe.earlier);
    return fails ? ProbeResult::Failed : ProbeResult::Passed;
  }
  bool Fails(const Set& earlier) const {
    return std::any_of(culprits.begin(), culprits.end(), [&](const Set& set) {
      return std::includes(earlier.begin(), earlier.end(), set.begin(), set.end());
    });
  }
  /// No probe came after the last one that had been announced, in any state of the search.
  bool KeptWhatItSaid() const {
    return std::all_of(asked.begin(), asked.end(), [&](const Probe& probe) {
      return probe.number <= probe.at_most && asked.back().number <= probe.at_most;
    });
  }
};

TEST_CASE("a test that fails alone needs none of the earlier ones") {
  Oracle oracle{{{}}};
  const BisectAnswer answer = oracle.Search(20);
  CHECK(answer.finding == Finding::FailsAlone);
  CHECK(answer.probes == 3);  // seen, and confirmed twice
  CHECK(answer.alone_failures == 3);
}

TEST_CASE("a test that passes after all earlier ones is not repeatable") {
  Oracle oracle{{}};
  CHECK(oracle.Search(20).finding == Finding::PassesAfterAll);
  CHECK(oracle.asked.size() == 2);
  CHECK(oracle.asked[1].earlier.size() == 20);
}

TEST_CASE("a test with nothing before it is asked about once") {
  Oracle oracle{{}};
  CHECK(oracle.Search(0).finding == Finding::PassesAfterAll);
  CHECK(oracle.asked.size() == 1);
}

TEST_CASE("any single culprit of any number is found by halving") {
  for (size_t size = 1; size <= 70; ++size) {
    for (size_t culprit = 0; culprit < size; ++culprit) {
      Oracle oracle{{{culprit}}};
      const BisectAnswer answer = oracle.Search(size);
      REQUIRE(answer.finding == Finding::Found);
      REQUIRE(answer.earlier == Set{culprit});
      REQUIRE(answer.probes <= 2 + ProbesForOne(size) + 4);
      REQUIRE(oracle.KeptWhatItSaid());
    }
  }
}

TEST_CASE("any two tests that only fail it together are found") {
  for (const size_t size : {2U, 3U, 5U, 8U, 13U, 32U}) {
    for (size_t a = 0; a < size; ++a) {
      for (size_t b = a + 1; b < size; ++b) {
        Oracle oracle{{{a, b}}};
        const BisectAnswer answer = oracle.Search(size);
        REQUIRE(answer.finding == Finding::Found);
        REQUIRE(answer.earlier == Set{a, b});
        REQUIRE(oracle.KeptWhatItSaid());
      }
    }
  }
}

TEST_CASE("of several causes one is found, and nothing of it can be left out") {
  Oracle oracle{{{1, 6, 9}, {2, 3}, {0, 9, 10, 11}}};
  const BisectAnswer answer = oracle.Search(12);
  CHECK(answer.finding == Finding::Found);
  CHECK(oracle.Fails(answer.earlier));
  for (const size_t left_out : answer.earlier) {
    Set rest = answer.earlier;
    std::erase(rest, left_out);
    CHECK_FALSE(oracle.Fails(rest));
  }
}

TEST_CASE("where all are needed, all are told, within the probes that were promised") {
  for (size_t size = 1; size <= 40; ++size) {
    Set all(size);
    for (size_t i = 0; i < size; ++i) all[i] = i;
    Oracle oracle{{all}};
    const BisectAnswer answer = oracle.Search(size);
    REQUIRE(answer.earlier == all);
    REQUIRE(oracle.KeptWhatItSaid());
    REQUIRE(answer.probes <= 2 + MostProbes(size) + 4);
  }
}

TEST_CASE("no set is asked for twice but to confirm") {
  Oracle oracle{{{3, 17}}};
  (void)oracle.Search(30);
  std::set<Set> narrowed;
  for (const Probe& probe : oracle.asked) {
    if (probe.aim == ProbeAim::Narrow) CHECK(narrowed.insert(probe.earlier).second);
  }
  CHECK(narrowed.size() > 5);
}

TEST_CASE("a set that does not fail it every time is told as flaky, with the counts") {
  Oracle sure{{{4}}};
  const int probes = sure.Search(8).probes;
  Oracle oracle{{{4}}};
  oracle.lies = {probes - 1};  // the second confirmation of the set
  const BisectAnswer answer = oracle.Search(8);
  CHECK(answer.finding == Finding::Flaky);
  CHECK(answer.earlier == Set{4});
  CHECK(answer.set_runs == 3);
  CHECK(answer.set_failures == 2);
  CHECK(answer.alone_failures == 0);
}

TEST_CASE("a test that now and then fails alone is told as flaky") {
  Oracle first{{}};
  first.accidents = {1};
  const BisectAnswer answer = first.Search(8);
  CHECK(answer.finding == Finding::Flaky);
  CHECK(answer.alone_runs == 3);
  CHECK(answer.alone_failures == 1);
  Oracle last{{{4}}};
  last.accidents = {Oracle{{{4}}}.Search(8).probes};
  CHECK(last.Search(8).finding == Finding::Flaky);
}

TEST_CASE("the search ends with the first probe that could not be told") {
  for (int at = 1; at <= 8; ++at) {
    Oracle oracle{{{4}}};
    oracle.unclear_at = at;
    CHECK(oracle.Search(8).finding == Finding::Unclear);
    CHECK(oracle.asked.size() == static_cast<size_t>(at));
  }
}

}  // namespace
}  // namespace proctor
