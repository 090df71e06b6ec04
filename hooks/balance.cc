#include "hooks/balance.h"

#include <algorithm>

namespace proctor::hooks {
namespace {

ImGuiContext& Context() {
  return *ImGui::GetCurrentContext();
}

/// The clip rectangles that a window on the stack has to have: one for its frame, pushed
/// by its first Begin(), and one for each Begin(), which the End() takes.
int OwnClipRects(const ImGuiWindow* window) {
  const auto& stack = Context().CurrentWindowStack;
  return 1 + static_cast<int>(std::count_if(stack.begin(), stack.end(), [&](const auto& entry) {
           return entry.Window == window;
         }));
}

short Short(int size) {
  return static_cast<short>(size);
}

ImGuiID ColumnsOf(const ImGuiWindow& window) {
  return window.DC.CurrentColumns == nullptr ? 0 : window.DC.CurrentColumns->ID;
}

bool SameStacks(const ImGuiErrorRecoveryState& a, const ImGuiErrorRecoveryState& b) {
  return a.SizeOfWindowStack == b.SizeOfWindowStack && a.SizeOfIDStack == b.SizeOfIDStack &&
         a.SizeOfTreeStack == b.SizeOfTreeStack && a.SizeOfColorStack == b.SizeOfColorStack &&
         a.SizeOfStyleVarStack == b.SizeOfStyleVarStack && a.SizeOfFontStack == b.SizeOfFontStack &&
         a.SizeOfGroupStack == b.SizeOfGroupStack &&
         a.SizeOfFocusScopeStack == b.SizeOfFocusScopeStack &&
         a.SizeOfItemFlagsStack == b.SizeOfItemFlagsStack &&
         a.SizeOfBeginPopupStack == b.SizeOfBeginPopupStack &&
         a.SizeOfDisabledStack == b.SizeOfDisabledStack;
}

}  // namespace

Balance Balance::Now() {
  const ImGuiContext& g = Context();
  Balance now;
  ImGui::ErrorRecoveryStoreState(&now.stacks_);
  now.depths_ = DepthsNow();
  now.window_ = g.CurrentWindow->ID;
  now.windows_begun_ = g.WindowsActiveCount;
  if (const ImDrawList* drawn = g.CurrentWindow->DrawList) {
    now.clipped_.assign(drawn->_ClipRectStack.begin(), drawn->_ClipRectStack.end());
  }
  return now;
}

Balance::Depths Balance::DepthsNow() {
  const ImGuiContext& g = Context();
  return {.tables = g.TablesTempDataStacked,
          .tab_bars = g.CurrentTabBarStack.Size,
          .multi_selects = g.MultiSelectTempDataStacked,
          .clippers = g.ClipperTempDataStacked,
          .menus = g.BeginMenuDepth,
          .combos = g.BeginComboDepth,
          .ending_child = g.WithinEndChildID,
          .drag_source = g.DragDropWithinSource,
          .drag_target = g.DragDropWithinTarget,
          .columns = ColumnsOf(*g.CurrentWindow)};
}

void Balance::Restore() const {
  MakeEndable();
  ImGui::ErrorRecoveryTryToRecoverState(&stacks_);
  ImGuiContext& g = Context();
  if (g.CurrentWindow->ID == window_) PushPopped();
  // End() sees to columns, but nothing does in a window that goes on.
  const ImGuiID columns = ColumnsOf(*g.CurrentWindow);
  if (g.CurrentWindow->ID == window_ && columns != 0 && columns != depths_.columns) {
    ImGui::EndColumns();
  }
  g.BeginMenuDepth = depths_.menus;
  g.BeginComboDepth = depths_.combos;
  g.ClipperTempDataStacked = depths_.clippers;
  g.WithinEndChildID = depths_.ending_child;
  g.DragDropWithinSource = depths_.drag_source;
  g.DragDropWithinTarget = depths_.drag_target;
  RestoreClipping();
}

/// A window whose own clip rectangle, id or tree level was popped, or that ended groups of
/// the window around it, cannot be ended: ImGui asserts in End(), and its recovery would
/// stop at this window for good.
void Balance::MakeEndable() const {
  ImGuiContext& g = Context();
  for (ImGuiWindowStackData& entry : g.CurrentWindowStack) {
    ImGuiWindow& window = *entry.Window;
    if (window.IDStack.Size < 1) window.IDStack.push_back(window.ID);
    window.DC.TreeDepth = std::max(window.DC.TreeDepth, 0);
    ImGuiErrorRecoveryState& at_begin = entry.StackSizesInBegin;
    at_begin.SizeOfGroupStack = std::min(at_begin.SizeOfGroupStack, Short(g.GroupStack.Size));
    at_begin.SizeOfDisabledStack = std::min(at_begin.SizeOfDisabledStack, g.DisabledStackSize);
    if (window.DrawList == nullptr) continue;
    while (window.DrawList->_ClipRectStack.Size < OwnClipRects(&window)) {
      window.DrawList->PushClipRect(window.InnerClipRect.Min, window.InnerClipRect.Max);
    }
  }
  const ImGuiWindowStackData& top = g.CurrentWindowStack.back();
  for (int i = top.StackSizesInBegin.SizeOfGroupStack; i < g.GroupStack.Size; ++i) {
    g.GroupStack[i].WindowID = top.Window->ID;
  }
}

/// ImGui lets a part of a frame pop what was pushed before it, and knows no way back.
void Balance::PushPopped() const {
  ImGuiContext& g = Context();
  while (g.FontStack.Size < stacks_.SizeOfFontStack) {
    ImGui::PushFont(ImGui::GetDefaultFont(), g.Style.FontSizeBase);
  }
  while (g.ItemFlagsStack.Size < stacks_.SizeOfItemFlagsStack) {
    g.ItemFlagsStack.push_back(g.CurrentItemFlags);
  }
  int& depth = g.CurrentWindow->DC.TreeDepth;
  depth = std::max<int>(depth, stacks_.SizeOfTreeStack);
}

void Balance::RestoreClipping() const {
  ImGuiWindow& window = *Context().CurrentWindow;
  if (window.ID != window_ || window.DrawList == nullptr) return;
  ImDrawList& drawn = *window.DrawList;
  const int before = static_cast<int>(clipped_.size());
  while (drawn._ClipRectStack.Size > before) drawn.PopClipRect();
  for (int i = drawn._ClipRectStack.Size; i < before; ++i) {
    const ImVec4& clip = clipped_[static_cast<size_t>(i)];
    drawn.PushClipRect({clip.x, clip.y}, {clip.z, clip.w});
  }
  window.ClipRect = before > 0 ? ImRect(clipped_.back()) : window.ClipRect;
}

std::string_view Balance::Difference() const {
  const Balance now = Now();
  if (now.stacks_.SizeOfWindowStack != stacks_.SizeOfWindowStack) return "the window stack";
  if (now.window_ != window_) return "the current window";
  if (!SameStacks(now.stacks_, stacks_)) return "the stacks of ids, styles and scopes";
  if (now.depths_ != depths_) return "tables, tab bars, menus or other scopes";
  if (now.clipped_.size() != clipped_.size()) return "the clip rectangles";
  return "";
}

ImGuiWindow* Balance::WindowBegunSince() const {
  const ImGuiContext& g = Context();
  for (ImGuiWindow* window : g.Windows) {
    const bool drawn = window->LastFrameActive == g.FrameCount;
    if (drawn && window->BeginOrderWithinContext == windows_begun_) return window;
  }
  return nullptr;
}

}  // namespace proctor::hooks
