#pragma once

#include "app/desk.h"
#include "app/layout_settings.h"
#include "app/panels/help_panel.h"
#include "app/requests.h"
#include "core/model/state.h"

namespace proctor {

struct ToolbarPanel {
  ToolbarPanel(Desk& shared_desk, HelpPanel& shared_help, LayoutSettings& shared_layout)
      : desk(shared_desk), help(shared_help), layout(shared_layout) {}

  Desk& desk;
  HelpPanel& help;
  LayoutSettings& layout;
  Time now;  ///< on the engine's time line; set for each frame
};

/// What to do with the batch and the subject, and how far the batch is.
void DrawToolbar(const State& state, ToolbarPanel& panel, const Post& post);

}  // namespace proctor
