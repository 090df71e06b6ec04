#pragma once

#include <imgui.h>

#include <optional>

#include "core/model/state.h"

namespace proctor {

/// Where one row of the tree is drawn, on the screen.
struct RowFrame {
  ImVec2 at;
  float height, right;
};

/// What a row tells of the lanes.
struct RowMarks {
  std::optional<int> lane;  ///< of a file, where there are several; none: do not tell
  bool held = false;        ///< a test that is held, or a file that has it
};

/// What a row shows, over the item that takes its clicks.
void DrawFileRow(const RowFrame& row, const FileState& file, bool open, bool hovered,
                 const RowMarks& marks);
void DrawTestRow(const RowFrame& row, const TestState& test, Time now, const RowMarks& marks);

}  // namespace proctor
