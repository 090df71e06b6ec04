#pragma once

#include <memory>
#include <optional>

#include "app/desk.h"
#include "app/requests.h"
#include "core/model/state.h"

namespace proctor {

/// What a test that a lane holds has come to, so that it is shown like a finished one's.
/// Made once for each hold: what is held does not change.
class HeldDetails {
 public:
  /// Null where no lane holds the test.
  std::shared_ptr<const TestDetails> Of(const State& state, TestRef test);

 private:
  WorkerId worker_;
  std::optional<TestRef> test_;
  int attempt_ = 0;
  std::shared_ptr<const TestDetails> details_;
};

/// The banner of a held test: what it is waiting for, what can be done with it, and how
/// to get at its subject.
void DrawHeldBanner(const State& state, size_t lane, Desk& desk, const Post& post);

/// A line for each held test that is not the picked one, with a way to it.
void DrawOtherHeld(const State& state, Desk& desk);

}  // namespace proctor
