#pragma once

#include "app/requests.h"
#include "core/model/state.h"

namespace proctor {

struct HelpPanel {
  bool open = false;
};

/// The keys, over everything else; any of Esc, F1 and a click beside it closes it.
void DrawHelp(const State& state, HelpPanel& panel, const Post& post);

}  // namespace proctor
