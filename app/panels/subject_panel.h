#pragma once

#include <cstddef>
#include <deque>

#include "app/desk.h"
#include "app/requests.h"
#include "core/model/state.h"

namespace proctor {

/// The age of the subject's newest frame, second by second: the worst of each. A
/// record of what was seen, for the curve alone.
struct FrameAges {
  static constexpr size_t kSeconds = 120;
  GenerationId of;
  int64_t second = -1;   ///< of the newest entry, on the engine's time line
  std::deque<float> ms;  ///< at most kSeconds, the newest last

  void Record(GenerationId generation, Time now, double age_ms);
};

struct SubjectPanel {
  explicit SubjectPanel(Desk& shared) : desk(shared) {}

  Desk& desk;
  Time now;  ///< on the engine's time line; set for each frame
  FrameAges ages;
};

/// The program under test: how it is, its generations, and what can be done to it.
void DrawSubject(const State& state, SubjectPanel& panel, const Post& post);

/// The list of generations, the newest first: why each was started and why it ended.
void DrawGenerations(const State& state, SubjectPanel& panel);

}  // namespace proctor
