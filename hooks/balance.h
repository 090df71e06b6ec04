#pragma once
// How deep ImGui's stacks are at one moment of a frame, and the way back to that. ImGui's own
// error recovery does most of it; what makes that recovery fail itself is put right here.
//
// Frame thread, within ImGui's frame.

#include <imgui.h>
#include <imgui_internal.h>

#include <string_view>
#include <vector>

namespace proctor::hooks {

class Balance {
 public:
  static Balance Now();

  /// Ends what was begun since. Throws what a failed IM_ASSERT throws where ImGui is so
  /// far out of order that its recovery fails; called again, it may then get further.
  void Restore() const;

  /// What is not as it was, e.g. "the window stack"; "" when all of it is.
  std::string_view Difference() const;

  /// The first window of this frame that was begun since then; null where there is none.
  ImGuiWindow* WindowBegunSince() const;

 private:
  /// Counts that ImGui keeps beside the stacks of its own recovery.
  struct Depths {
    int tables, tab_bars, multi_selects, clippers, menus, combos;
    ImGuiID ending_child;
    bool drag_source, drag_target;
    ImGuiID columns;  ///< the current window's; 0 for none
    bool operator==(const Depths&) const = default;
  };
  static Depths DepthsNow();
  void MakeEndable() const;
  void PushPopped() const;
  void RestoreClipping() const;

  ImGuiErrorRecoveryState stacks_;
  Depths depths_;
  ImGuiID window_;               ///< the current one
  int windows_begun_;            ///< in this frame
  std::vector<ImVec4> clipped_;  ///< its draw list's clip rectangles, the innermost last
};

}  // namespace proctor::hooks
