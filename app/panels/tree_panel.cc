#include "app/panels/tree_panel.h"

#include <imgui.h>
#include <misc/cpp/imgui_stdlib.h>

#include "app/format.h"
#include "app/scope.h"
#include "app/theme.h"
#include "app/widgets.h"

namespace proctor {
namespace {

struct KindLook {
  Shown kind;
  const char* label;
  Look look;
  const char* tooltip;
};
const KindLook kKinds[] = {
    {Shown::Bad,
     "bad##kind",
     {Icon::Cross, palette::kBad, ""},
     "failed, error, timed out, crashed"},
    {Shown::Passed, "passed##kind", {Icon::Check, palette::kGood, ""}, "passed, xfailed, xpassed"},
    {Shown::Skipped, "skipped##kind", {Icon::Skip, IM_COL32(130, 150, 186, 255), ""}, "skipped"},
    {Shown::NotRun, "not run##kind", {Icon::Slash, palette::kDim, ""}, "not run"},
    {Shown::Pending, "pending##kind", {Icon::Dot, palette::kAccent, ""}, "planned and running"},
};

int CountOf(const State& state, Shown kind) {
  const Counts& c = state.counts;
  switch (kind) {
    case Shown::Passed:
      return c[Outcome::Passed] + c[Outcome::Xfailed] + c[Outcome::Xpassed];
    case Shown::Bad:
      return c.Bad();
    case Shown::Skipped:
      return c[Outcome::Skipped];
    case Shown::NotRun:
      return c[Outcome::NotRun];
    case Shown::Pending:
      return std::max(0, state.planned - c.Total());
  }
  return 0;
}

void DrawFilterBox(TreePanel& panel) {
  const float buttons = ImGui::GetFrameHeight() * 3 + ImGui::GetStyle().ItemSpacing.x;
  if (panel.focus_filter) ImGui::SetKeyboardFocusHere();
  panel.focus_filter = false;
  ImGui::SetNextItemWidth(ImGui::GetContentRegionAvail().x - buttons);
  ImGui::InputTextWithHint("##filter", "Filter tests (Ctrl+F)", &panel.filter.text);
  if (ImGui::IsItemDeactivated() && ImGui::IsKeyPressed(ImGuiKey_Escape)) {
    panel.filter = {};
    panel.focus_list = true;
  }
  if (ImGui::IsItemFocused() &&
      (ImGui::IsKeyPressed(ImGuiKey_DownArrow) || ImGui::IsKeyPressed(ImGuiKey_Enter))) {
    panel.focus_list = true;
  }
  ImGui::SameLine();
  if (IconOnly("open all", Icon::FoldedOut, "Open all files")) panel.open.SetAll(true);
  ImGui::SameLine(0, 0);
  if (IconOnly("fold all", Icon::FoldedIn, "Fold all files")) panel.open.SetAll(false);
  ImGui::SameLine(0, 0);
  if (IconOnly("follow", Icon::Tail, "Keep the running test in view",
               panel.follow ? palette::kAccent : palette::kDim)) {
    panel.follow = !panel.follow;
    panel.followed.reset();
  }
}

void DrawKinds(const State& state, TreePanel& panel) {
  const float right = ImGui::GetCursorPosX() + ImGui::GetContentRegionAvail().x;
  for (const KindLook& kind : kKinds) {
    const uint32_t bit = 1u << static_cast<int>(kind.kind);
    const std::string count = FormatCount(CountOf(state, kind.kind));
    if (Toggle(kind.label, kind.look, count, (panel.filter.kinds & bit) != 0)) {
      panel.filter.kinds ^= bit;
    }
    ImGui::SetItemTooltip("Show only: %s", kind.tooltip);
    ImGui::SameLine(0, Em() * 0.35f);
  }
  if (!panel.filter.active()) return ImGui::NewLine();
  const std::string text = FormatCount(static_cast<int64_t>(panel.rows.matching())) + " shown";
  const float width = ImGui::CalcTextSize(text.c_str()).x;
  if (ImGui::GetCursorPosX() + width < right) {
    AlignRight(width);
    ImGui::AlignTextToFramePadding();
    Text(text, palette::kDim);
  } else {
    ImGui::NewLine();
  }
}

void DrawNothing(const State& state, const TreePanel& panel) {
  if (panel.filter.active() && state.planned > 0) {
    return EmptyState(Icon::Search, "No test matches", "Esc in the filter box shows all again.");
  }
  if (IsRunning(state)) {
    return EmptyState(Icon::Hourglass, "Collecting tests", "They appear here file by file.");
  }
  if (state.batch.phase == BatchPhase::Ended &&
      (state.batch.stop || !state.batch.failure.empty())) {
    return EmptyState(Icon::Slash, "No test was reached",
                      "The batch ended before its tests were known; F5 runs it again.");
  }
  if (state.batch.phase == BatchPhase::Ended) {
    return EmptyState(Icon::Slash, "No tests were found",
                      "Check the paths of the suites in proctor.toml; the output below says what "
                      "the runner saw.");
  }
  EmptyState(Icon::Play, "Nothing has run yet", "Press F5 to run everything.");
}

}  // namespace

void DrawTree(const State& state, TreePanel& panel, const Post& post) {
  DrawFilterBox(panel);
  if (panel.snapshot) panel.rows.Update(panel.snapshot, panel.filter, panel.open);
  DrawKinds(state, panel);
  StyleScope pushed;
  pushed.Var(ImGuiStyleVar_ChildBorderSize, 0).Var(ImGuiStyleVar_WindowPadding, ImVec2{0, 0});
  const bool focus = std::exchange(panel.focus_list, false);
  if (focus) ImGui::SetNextWindowFocus();
  const ChildScope list("tests", {0, 0}, 0, ImGuiWindowFlags_NoNav);
  if (!list) return;
  if (panel.rows.size() == 0) return DrawNothing(state, panel);
  DrawTreeList(state, panel, post);
}

}  // namespace proctor
