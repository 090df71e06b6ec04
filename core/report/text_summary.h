#pragma once

#include <string>

#include "core/model/state.h"
#include "core/report/text_reporter.h"

namespace proctor {

/// What stands at the end of a batch: each failure with its details, why tests were
/// not run, which files got a fresh subject, the generations that went wrong with
/// their logs, and the counts in one sentence.
std::string SummaryText(const State& state, const TextStyle& style);

/// "1 failed, 8 passed: 9 tests in 3.2 s, exit code 1"
std::string CountsSentence(const State& state, bool color);

}  // namespace proctor
