#pragma once

#include <cstddef>
#include <functional>
#include <vector>

namespace proctor {

/// The search of `proctor bisect`: which of the tests that come before one make it fail.
/// Pure: what a probe is, and how long it takes, is the asker's business.

enum class ProbeResult {
  Passed,
  Failed,
  Unclear,  ///< it was interrupted, or could not be run: the search ends
};

/// What a probe is for.
enum class ProbeAim { Alone, AfterAll, Narrow, Confirm };

struct Probe {
  std::vector<size_t> earlier;  ///< which of them run first: rising numbers from 0
  ProbeAim aim = ProbeAim::Alone;
  int number = 1;   ///< of this probe
  int at_most = 1;  ///< of the last one, as far as is known by now
};
using Ask = std::function<ProbeResult(const Probe&)>;

enum class Finding {
  FailsAlone,      ///< it needs none of the earlier ones
  PassesAfterAll,  ///< it does not fail, even after all of them
  Found,           ///< it fails after `earlier`, and after no set that lacks one of them
  Flaky,           ///< the same probe gave different results
  Unclear,         ///< a probe was
};

struct BisectAnswer {
  Finding finding = Finding::Unclear;
  std::vector<size_t> earlier;  ///< Found, Flaky: the smallest set that was seen to make it fail
  // How often the two last questions were asked, and how often the test failed.
  int alone_runs = 0, alone_failures = 0;
  int set_runs = 0, set_failures = 0;
  int probes = 0;
};

/// Delta debugging: halves first, then smaller and smaller pieces and what is left without
/// them. No set is asked for twice, but the last one and the empty one, twice each, so that
/// a test that fails by chance is told as such.
BisectAnswer Bisect(size_t earlier, const Ask& ask);

/// How many probes the narrowing of so many tests takes at most, and how many where a single
/// one of them is to blame.
int MostProbes(size_t tests);
int ProbesForOne(size_t tests);

}  // namespace proctor
