#pragma once

#include <memory>

#include "app/desk.h"
#include "app/panels/evidence_section.h"
#include "app/panels/held_section.h"
#include "app/requests.h"
#include "app/text_block.h"
#include "core/model/state.h"

namespace proctor {

struct DetailsPanel {
  explicit DetailsPanel(Desk& shared) : desk(shared) {}

  Desk& desk;
  Time now;  ///< on the engine's time line; set for each frame
  /// Whose text the blocks are about; held, so that no other text gets its address.
  std::shared_ptr<const TestDetails> shown;
  TextBlock details, out, err, log;
  EvidenceSection evidence;
  HeldDetails held;
};

/// Everything about the picked test or file.
void DrawDetails(const State& state, DetailsPanel& panel, const Post& post);

}  // namespace proctor
