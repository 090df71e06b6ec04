#pragma once

#include <imgui.h>

#include "core/model/state.h"

namespace proctor {

/// Where one row of the tree is drawn, on the screen.
struct RowFrame {
  ImVec2 at;
  float height, right;
};

/// What a row shows, over the item that takes its clicks.
void DrawFileRow(const RowFrame& row, const FileState& file, bool open, bool hovered);
void DrawTestRow(const RowFrame& row, const TestState& test, Time now);

}  // namespace proctor
