#include "app/panels/help_panel.h"

#include <imgui.h>

#include "app/fonts.h"
#include "app/scope.h"
#include "app/theme.h"
#include "app/widgets.h"

namespace proctor {
namespace {

struct Key {
  const char* keys;
  const char* what;
};
constexpr Key kBatchKeys[] = {
    {"F5", "Run everything"},
    {"Ctrl+R", "Run what failed again"},
    {"Shift+F5", "Stop; a second time: stop now"},
    {"F6", "Pause after the running test; go on"},
    {"F10", "Step: one test more"},
    {"F9", "Go on to the next failure"},
    {"Ctrl+H", "Hold failed tests, or not"},
    {"Ctrl+Shift+H", "Keep the held test aside, go on"},
    {"Shift+F10, Ctrl+F10", "The picked test again; with fresh fixtures"},
    {"Ctrl+J, Ctrl+K", "The picked file next; skip its rest"},
    {"F7", "Restart the subject"},
};
constexpr Key kTreeKeys[] = {
    {"Ctrl+F", "Filter the tests"},
    {"Up, Down, PgUp, PgDn", "Walk through the tree"},
    {"Left, Right", "Fold a file in or out"},
    {"Enter", "Open the location in the editor"},
    {"F8, Shift+F8", "Next, previous failure"},
};
constexpr Key kViewKeys[] = {
    {"Ctrl+1", "The tree"},
    {"Ctrl+2, 3, 4, 5", "Output, file notes, notices, ledger"},
    {"Ctrl+6", "The kernels; back to the tests"},
    {"Ctrl+Plus, Ctrl+Minus, Ctrl+0", "Larger, smaller, normal text"},
    {"Tab, arrows, Space", "Reach and press any button"},
    {"F1", "This page"},
};

constexpr Key kKernelKeys[] = {
    {"Shift+Enter", "Run what is written"},
    {"Tab", "Complete the name at the cursor"},
    {"Up, Down", "What ran before, from the first and last line"},
};

template <size_t kCount>
void DrawKeys(const char* title, const Key (&keys)[kCount]) {
  SectionTitle(title);
  const TableScope table(ImGui::BeginTable(title, 2, ImGuiTableFlags_SizingFixedFit));
  if (!table) return;
  ImGui::TableSetupColumn("keys", ImGuiTableColumnFlags_WidthFixed, Em() * 15);
  ImGui::TableSetupColumn("what", ImGuiTableColumnFlags_WidthFixed, Em() * 16);
  for (const Key& key : keys) {
    ImGui::TableNextRow();
    ImGui::TableNextColumn();
    Text(key.keys, palette::kAccent);
    ImGui::TableNextColumn();
    Text(key.what);
  }
}

}  // namespace

void DrawHelp(const State&, HelpPanel& panel, const Post&) {
  constexpr const char* kName = "Keys";
  if (panel.open && !ImGui::IsPopupOpen(kName)) ImGui::OpenPopup(kName);
  ImGui::SetNextWindowPos(ImGui::GetMainViewport()->GetCenter(), ImGuiCond_Always, {0.5f, 0.5f});
  StyleScope roomy;
  roomy.Var(ImGuiStyleVar_WindowPadding, ImVec2{Em() * 1.2f, Em()});
  const PopupScope popup(
      ImGui::BeginPopupModal(kName, nullptr,
                             ImGuiWindowFlags_AlwaysAutoResize | ImGuiWindowFlags_NoTitleBar |
                                 ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoSavedSettings));
  if (!popup) return;
  DrawKeys("Batch and subject", kBatchKeys);
  ImGui::Dummy({0, Em() * 0.2f});
  DrawKeys("Tests", kTreeKeys);
  ImGui::Dummy({0, Em() * 0.2f});
  DrawKeys("View", kViewKeys);
  ImGui::Dummy({0, Em() * 0.2f});
  DrawKeys("A kernel's console", kKernelKeys);
  const bool beside = ImGui::IsMouseClicked(ImGuiMouseButton_Left) && !ImGui::IsWindowHovered() &&
                      !ImGui::IsWindowAppearing();
  if (beside || ImGui::IsKeyPressed(ImGuiKey_Escape)) panel.open = false;
  if (!panel.open) ImGui::CloseCurrentPopup();
}

}  // namespace proctor
