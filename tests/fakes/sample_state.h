#pragma once

#include <memory>

#include "core/config/config.h"
#include "core/model/state.h"

namespace proctor::fakes {

/// A state as a batch would leave it, for panels, routes and benchmarks. The same
/// options give the same state.
struct SampleOptions {
  int files = 8;
  int tests_per_file = 12;
  double done = 1.0;         ///< share of the tests that are done; the next one runs
  bool with_subject = true;  ///< generations, file notes, blame
  int output_lines = 400;
  Time now{std::chrono::seconds(95)};
};
std::shared_ptr<State> MakeSampleState(const SampleOptions& options);

/// A batch on two lanes, both with a subject and a spare: lane 0 holds a test that failed,
/// lane 1 runs one. Its generations have a ledger, one of them hung.
std::shared_ptr<State> MakeTwoLanes();

std::shared_ptr<const Config> MakeSampleConfig();

}  // namespace proctor::fakes
