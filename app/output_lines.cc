#include "app/output_lines.h"

#include <algorithm>

namespace proctor {

void OutputLines::Update(const State& state, std::optional<OutputSource> source) {
  const uint64_t end = state.output_dropped + state.output.size();
  const bool restarted = end < seen_ || state.output_dropped < dropped_;
  if (source != source_ || restarted) {
    kept_.clear();
    seen_ = 0;
    source_ = source;
  }
  total_ = state.output.size();
  dropped_ = state.output_dropped;
  if (!source_) return;
  while (!kept_.empty() && kept_.front() < dropped_) kept_.pop_front();
  for (uint64_t n = std::max(seen_, dropped_); n < end; ++n) {
    if (state.output[static_cast<size_t>(n - dropped_)].source == *source_) kept_.push_back(n);
  }
  seen_ = end;
}

}  // namespace proctor
