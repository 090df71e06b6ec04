#pragma once

#include <memory>

#include "app/desk.h"
#include "app/requests.h"
#include "app/rows.h"
#include "core/model/state.h"

namespace proctor {

struct TreePanel {
  explicit TreePanel(Desk& shared) : desk(shared) {}

  Desk& desk;
  std::shared_ptr<const State> snapshot;  ///< the state that is drawn; set for each frame
  Time now;                               ///< on the engine's time line; set for each frame
  TestFilter filter;
  OpenFiles open;
  TestRows rows;
  bool follow = false;              ///< keep the running test in view
  bool focus_filter = false;        ///< the filter box is to take the keyboard
  bool focus_list = true;           ///< the list is to take it
  std::optional<TestRef> followed;  ///< what was scrolled to last
  TestRow menu_row;                 ///< what the context menu is about
};

/// The files and tests of the batch, with a filter above them.
void DrawTree(const State& state, TreePanel& panel, const Post& post);

/// The files and tests themselves; the part below the filter.
void DrawTreeList(const State& state, TreePanel& panel, const Post& post);

}  // namespace proctor
