// The list part of the tree panel: one row for each file and test that is visible.

#include <imgui.h>

#include <algorithm>
#include <cmath>

#include "app/panels/pick_actions.h"
#include "app/panels/tree_panel.h"
#include "app/panels/tree_row.h"
#include "app/scope.h"
#include "app/theme.h"

namespace proctor {
namespace {

bool IsPicked(const State& state, const TreePanel& panel, const TestRow& row) {
  const Desk& desk = panel.desk;
  if (desk.file.empty() || desk.hint.file != row.file) return false;
  if (state.files[row.file].path != desk.file) return false;
  if (!row.test) return desk.test.empty();
  return !desk.test.empty() && desk.hint.test == *row.test;
}

void Pick(const State& state, Desk& desk, const TestRow& row) {
  if (row.test)
    PickTest(desk, state, TestRef{row.file, *row.test});
  else
    PickFile(desk, state, row.file);
}

void Fold(const State& state, TreePanel& panel, uint32_t file, bool open) {
  panel.open.Set(state.files[file].path, open);
}

void OnRowItem(const State& state, TreePanel& panel, const TestRow& row, bool clicked) {
  if (clicked) {
    Pick(state, panel.desk, row);
    const bool on_chevron = ImGui::GetMousePos().x < ImGui::GetItemRectMin().x + Em() * 1.4f;
    const bool twice = ImGui::IsMouseDoubleClicked(ImGuiMouseButton_Left);
    if (!row.test && (on_chevron || twice)) {
      Fold(state, panel, row.file, !panel.open.IsOpen(state.files[row.file].path));
    }
    if (row.test && twice) OpenPicked(state, panel.desk);
  }
  if (ImGui::IsItemClicked(ImGuiMouseButton_Right)) {
    Pick(state, panel.desk, row);
    panel.menu_row = row;
    ImGui::OpenPopup("row menu");
  }
}

RowMarks MarksOf(const State& state, const TestRow& row) {
  RowMarks marks;
  if (!row.test && state.lanes.size() > 1) marks.lane = state.files[row.file].lane;
  for (const LaneState& lane : state.lanes) {
    if (!lane.held || lane.held->file != row.file) continue;
    if (!row.test || lane.held->test == *row.test) marks.held = true;
  }
  return marks;
}

void DrawRow(const State& state, TreePanel& panel, size_t index, float height) {
  const TestRow row = panel.rows.At(index);
  const FileState& file = state.files[row.file];
  const TestState* const test = row.test ? &file.tests[*row.test] : nullptr;
  const IdScope file_id(static_cast<int>(row.file));
  const IdScope test_id(row.test ? static_cast<int>(*row.test) : -1);
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float width = ImGui::GetContentRegionAvail().x;
  bool clicked = false;
  {
    StyleScope hidden;  // the label names the row for who drives it; it is drawn in parts
    hidden.Colour(ImGuiCol_Text, 0).Var(ImGuiStyleVar_ItemSpacing, ImVec2{0, 0});
    clicked = ImGui::Selectable(test != nullptr ? test->name.c_str() : file.path.c_str(),
                                IsPicked(state, panel, row), ImGuiSelectableFlags_AllowDoubleClick,
                                {width, height});
  }
  const bool hovered = ImGui::IsItemHovered();
  OnRowItem(state, panel, row, clicked);
  const RowFrame frame{at, height, at.x + width};
  if (test != nullptr)
    DrawTestRow(frame, *test, panel.now, MarksOf(state, row));
  else
    DrawFileRow(frame, file, panel.filter.active() || panel.open.IsOpen(file.path), hovered,
                MarksOf(state, row));
}

void DrawMenu(const State& state, TreePanel& panel, const Post& post) {
  const PopupScope popup(ImGui::BeginPopup("row menu"));
  if (!popup) return;
  const TestRow row = panel.menu_row;
  if (row.file >= state.files.size()) return;
  const FileState& file = state.files[row.file];
  if (row.test && *row.test < file.tests.size()) {
    const TestState& test = file.tests[*row.test];
    DrawTestMenu(state, file, {row.file, *row.test}, post);
    if (ImGui::MenuItem("Open in editor", "Enter")) OpenPicked(state, panel.desk);
    if (ImGui::MenuItem("Copy test id")) ImGui::SetClipboardText(test.id.c_str());
    ImGui::Separator();
  }
  DrawFileMenu(state, file, post);
  if (!row.test && ImGui::MenuItem("Open in editor", "Enter")) OpenPicked(state, panel.desk);
  if (ImGui::MenuItem("Copy path")) ImGui::SetClipboardText(file.path.c_str());
}

std::optional<size_t> PickedRow(const State& state, TreePanel& panel) {
  const Picked picked = FindPicked(state, panel.desk);
  if (picked.file == nullptr) return std::nullopt;
  TestRow row{panel.desk.hint.file, std::nullopt};
  if (picked.test != nullptr) row.test = panel.desk.hint.test;
  return panel.rows.IndexOf(row);
}

void Step(const State& state, TreePanel& panel, int64_t by) {
  const auto last = static_cast<int64_t>(panel.rows.size()) - 1;
  const auto from = PickedRow(state, panel);
  const int64_t to = from ? static_cast<int64_t>(*from) + by : 0;
  Pick(state, panel.desk, panel.rows.At(static_cast<size_t>(std::clamp<int64_t>(to, 0, last))));
  panel.desk.reveal = true;
}

/// Left folds the file in, or goes from a test to its file; right folds it out.
void FoldByKey(const State& state, TreePanel& panel, bool open) {
  const Picked picked = FindPicked(state, panel.desk);
  if (picked.file == nullptr) return;
  if (!open && picked.test != nullptr) {
    PickFile(panel.desk, state, panel.desk.hint.file);
    panel.desk.reveal = true;
    return;
  }
  if (panel.open.IsOpen(picked.file->path) != open) {
    Fold(state, panel, panel.desk.hint.file, open);
  } else if (open) {
    Step(state, panel, 1);
  }
}

void HandleKeys(const State& state, TreePanel& panel, int64_t page) {
  const auto pressed = [](ImGuiKey key) { return ImGui::Shortcut(key, ImGuiInputFlags_Repeat); };
  if (pressed(ImGuiKey_DownArrow)) Step(state, panel, 1);
  if (pressed(ImGuiKey_UpArrow)) Step(state, panel, -1);
  if (pressed(ImGuiKey_PageDown)) Step(state, panel, page);
  if (pressed(ImGuiKey_PageUp)) Step(state, panel, -page);
  if (pressed(ImGuiKey_Home)) Step(state, panel, -static_cast<int64_t>(panel.rows.size()));
  if (pressed(ImGuiKey_End)) Step(state, panel, static_cast<int64_t>(panel.rows.size()));
  if (pressed(ImGuiKey_LeftArrow)) FoldByKey(state, panel, false);
  if (pressed(ImGuiKey_RightArrow)) FoldByKey(state, panel, true);
  if (ImGui::Shortcut(ImGuiKey_Enter)) OpenPicked(state, panel.desk);
}

/// Folds the picked file open, and the filter away, if that is what it takes to show
/// the picked test.
std::optional<size_t> Reveal(const State& state, TreePanel& panel) {
  if (const auto row = PickedRow(state, panel)) return row;
  const Picked picked = FindPicked(state, panel.desk);
  if (picked.file == nullptr) return std::nullopt;
  Fold(state, panel, panel.desk.hint.file, true);
  panel.rows.Update(panel.snapshot, panel.filter, panel.open);
  if (const auto row = PickedRow(state, panel)) return row;
  panel.filter = {};
  panel.rows.Update(panel.snapshot, panel.filter, panel.open);
  return PickedRow(state, panel);
}

std::optional<TestRef> RunningTest(const State& state) {
  for (const LaneState& lane : state.lanes) {
    if (lane.draft) return lane.draft->test;
  }
  return std::nullopt;
}

void ScrollTo(size_t row, float height) {
  const float top = static_cast<float>(row) * height;
  const float view = ImGui::GetWindowHeight();
  const float from = ImGui::GetScrollY();
  if (top < from) ImGui::SetScrollY(std::max(0.0f, top - height));
  if (top + height * 2 > from + view) ImGui::SetScrollY(top + height * 2 - view);
}

}  // namespace

void DrawTreeList(const State& state, TreePanel& panel, const Post& post) {
  const float height = std::round(Em() * 1.5f);
  HandleKeys(state, panel,
             std::max<int64_t>(1, static_cast<int64_t>(ImGui::GetWindowHeight() / height) - 1));
  FindPicked(state, panel.desk);  // brings the hint up to date that the rows compare with
  if (std::exchange(panel.desk.reveal, false)) {
    if (const auto row = Reveal(state, panel)) ScrollTo(*row, height);
  }
  const auto running = RunningTest(state);
  if (panel.follow && running && running != panel.followed) {
    panel.followed = running;
    if (const auto row = panel.rows.IndexOf({running->file, running->test})) ScrollTo(*row, height);
  }
  {
    StyleScope tight;
    tight.Var(ImGuiStyleVar_ItemSpacing, ImVec2{0, 0});
    ImGuiListClipper clipper;
    clipper.Begin(static_cast<int>(panel.rows.size()), height);
    while (clipper.Step()) {
      for (int i = clipper.DisplayStart; i < clipper.DisplayEnd; ++i) {
        DrawRow(state, panel, static_cast<size_t>(i), height);
      }
    }
  }
  DrawMenu(state, panel, post);
}

}  // namespace proctor
