#pragma once

#include "app/panels/help_panel.h"
#include "app/requests.h"
#include "core/model/state.h"

namespace proctor {

struct ToolbarPanel {
  explicit ToolbarPanel(HelpPanel& shared) : help(shared) {}

  HelpPanel& help;
  Time now;  ///< on the engine's time line; set for each frame
};

/// What to do with the batch and the subject, and how far the batch is.
void DrawToolbar(const State& state, ToolbarPanel& panel, const Post& post);

}  // namespace proctor
