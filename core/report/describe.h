#pragma once

#include <span>
#include <string>

#include "core/history/history.h"
#include "core/model/state.h"
#include "core/report/text_reporter.h"

namespace proctor {

/// The table of `proctor history`; times are local.
std::string DescribeBatches(std::span<const BatchRow> batches);

/// `proctor show BATCH`: its files, generations and failures. `state` is what the
/// batch's events add up to.
std::string DescribeBatch(const BatchRow& row, const State& state, const TextStyle& style);

}  // namespace proctor
