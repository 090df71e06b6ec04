#include "app/panels/notes_panel.h"

#include <fmt/format.h>
#include <imgui.h>

#include "app/format.h"
#include "app/scope.h"
#include "app/theme.h"
#include "app/widgets.h"

namespace proctor {
namespace {

void UpdateList(const State& state, NotesPanel& panel) {
  if (panel.listed_of == panel.snapshot && panel.listed_respawned == panel.only_respawned) return;
  panel.listed_of = panel.snapshot;
  panel.listed_respawned = panel.only_respawned;
  panel.listed.clear();
  for (uint32_t f = 0; f < state.files.size(); ++f) {
    const auto& note = state.files[f].note;
    if (!note || (panel.only_respawned && note->kind != NoteKind::Respawned)) continue;
    panel.listed.push_back(f);
  }
}

void DrawNoteRow(const State& state, NotesPanel& panel, uint32_t index) {
  const FileState& file = state.files[index];
  if (!file.note) return;
  const IdScope id(static_cast<int>(index));
  const Look look = LookOf(file.note->kind);
  ImGui::TableNextRow();
  ImGui::TableNextColumn();
  const bool picked = panel.desk.file == file.path;
  const ImVec2 at = ImGui::GetCursorScreenPos();
  bool clicked = false;
  {
    StyleScope hidden;  // the label names the row for who drives it
    hidden.Colour(ImGuiCol_Text, 0);
    clicked = ImGui::Selectable(file.path.c_str(), picked, ImGuiSelectableFlags_SpanAllColumns);
  }
  if (clicked) {
    PickFile(panel.desk, state, index);
    panel.desk.reveal = true;
  }
  ImGui::SetCursorScreenPos(at);
  InlineIcon(look);
  ImGui::SameLine(0, Em() * 0.4f);
  Text(look.word, look.colour);
  ImGui::TableNextColumn();
  Text(fmt::format("g{}", file.generation.value), palette::kDim);
  ImGui::TableNextColumn();
  CutText(file.path, ImGui::GetContentRegionAvail().x);
  ImGui::TableNextColumn();
  CutText(file.note->reason, ImGui::GetContentRegionAvail().x, palette::kDim);
}

}  // namespace

void DrawNotes(const State& state, NotesPanel& panel, const Post&) {
  UpdateList(state, panel);
  if (panel.listed.empty() && !panel.only_respawned) {
    return EmptyState(Icon::Star, "No file notes yet",
                      "Each test file that uses the subject gets one: whether its subject was "
                      "fresh, reused or respawned, and why.");
  }
  if (Toggle("respawned only", LookOf(NoteKind::Respawned), "Respawned only",
             panel.only_respawned)) {
    panel.only_respawned = !panel.only_respawned;
  }
  const TableScope table(
      ImGui::BeginTable("notes", 4, ImGuiTableFlags_ScrollY | ImGuiTableFlags_SizingFixedFit));
  if (!table) return;
  ImGui::TableSetupColumn("note", ImGuiTableColumnFlags_WidthFixed, Em() * 7);
  ImGui::TableSetupColumn("generation", ImGuiTableColumnFlags_WidthFixed, Em() * 2.4f);
  ImGui::TableSetupColumn("file", ImGuiTableColumnFlags_WidthStretch, 0.4f);
  ImGui::TableSetupColumn("reason", ImGuiTableColumnFlags_WidthStretch, 0.6f);
  ImGuiListClipper clipper;
  clipper.Begin(static_cast<int>(panel.listed.size()));
  while (clipper.Step()) {
    for (int i = clipper.DisplayStart; i < clipper.DisplayEnd; ++i) {
      DrawNoteRow(state, panel, panel.listed[static_cast<size_t>(i)]);
    }
  }
}

}  // namespace proctor
