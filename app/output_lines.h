#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include "core/model/state.h"

namespace proctor {

/// Which lines of the live output are shown: those of one source, kept up to date line
/// by line while the oldest are dropped from the state. Without a source there is
/// nothing to keep: every line is shown.
class OutputLines {
 public:
  void Update(const State& state, std::optional<OutputSource> source);

  size_t size() const { return source_ ? kept_.size() : total_; }
  /// Where the n-th shown line stands in State::output.
  size_t IndexOf(size_t n) const { return source_ ? static_cast<size_t>(kept_[n] - dropped_) : n; }

 private:
  std::optional<OutputSource> source_;
  std::deque<uint64_t> kept_;  ///< counted from the first line there ever was
  uint64_t seen_ = 0;          ///< lines looked at
  uint64_t dropped_ = 0;
  size_t total_ = 0;
};

}  // namespace proctor
