#include "hooks/example/panels.h"

#include <imgui.h>
#include <imgui_stdlib.h>

#include <algorithm>
#include <string>

#include "hooks/example/demo.h"
#include "hooks/hooks.h"

namespace proctor::demo {
namespace {

constexpr const char* kModal = "Delete project?";
constexpr ImVec4 kBad = {0.95f, 0.45f, 0.42f, 1};
constexpr ImVec4 kGood = {0.45f, 0.82f, 0.55f, 1};
constexpr ImVec4 kFaint = {0.58f, 0.62f, 0.68f, 1};

/// The part of the program's window that a panel takes, as fractions of it.
struct Place {
  float x, y, width, height;
};

/// One panel's window. Ends it on every way out.
class Panel {
 public:
  Panel(const char* title, const Place& place) {
    const ImGuiViewport& view = *ImGui::GetMainViewport();
    const ImVec2 size = view.WorkSize;
    ImGui::SetNextWindowPos({view.WorkPos.x + size.x * place.x, view.WorkPos.y + size.y * place.y});
    ImGui::SetNextWindowSize({size.x * place.width, size.y * place.height});
    ImGui::Begin(title, nullptr,
                 ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoResize | ImGuiWindowFlags_NoCollapse);
  }
  ~Panel() { ImGui::End(); }
  Panel(const Panel&) = delete;
  Panel& operator=(const Panel&) = delete;
};

void DrawProjects(Demo& demo) {
  const Panel panel("Projects", {0, 0, 0.32f, 1});
  ImGui::TextColored(kFaint, "%zu projects", demo.projects.size());
  ImGui::Spacing();
  for (const std::string& project : demo.projects) {
    if (ImGui::Selectable(project.c_str(), project == demo.current_project)) {
      demo.current_project = project;
    }
  }
  ImGui::Spacing();
  ImGui::BeginDisabled(demo.current_project.empty());
  if (ImGui::Button("Delete...")) demo.AskToDelete();
  ImGui::EndDisabled();
}

/// A labelled text field with what is wrong with it next to it.
void DrawField(const char* label, std::string& text,
               const std::map<std::string, std::string>& problems, const char* key) {
  ImGui::TextUnformatted(label);
  ImGui::PushID(key);
  ImGui::SetNextItemWidth(ImGui::GetContentRegionAvail().x * 0.55f);
  ImGui::InputText("##field", &text);
  ImGui::PopID();
  const auto problem = problems.find(key);
  if (problem == problems.end() || text.empty()) return;
  ImGui::SameLine();
  ImGui::TextColored(kBad, "%s", problem->second.c_str());
}

void DrawForm(Demo& demo) {
  const Panel panel("Record", {0.32f, 0, 0.68f, 0.62f});
  const auto problems = Problems(demo.form);
  DrawField("Name", demo.form.name, problems, "name");
  DrawField("E-mail", demo.form.email, problems, "email");
  DrawField("Amount", demo.form.amount, problems, "amount");
  ImGui::Spacing();
  ImGui::BeginDisabled(!problems.empty() || demo.saving().has_value());
  if (ImGui::Button("Save")) demo.StartSave();
  ImGui::EndDisabled();
  ImGui::SameLine();
  ImGui::TextColored(kFaint, "%s", demo.save_message.c_str());
  ImGui::SeparatorText("Saved");
  if (demo.saved.empty()) ImGui::TextColored(kFaint, "nothing yet");
  for (const Form& record : demo.saved) {
    ImGui::BulletText("%s, %s, %s", record.name.c_str(), record.email.c_str(),
                      record.amount.c_str());
  }
}

void DrawCounter(Demo& demo) {
  const Panel panel("Counter", {0.32f, 0.62f, 0.34f, 0.38f});
  MaybeThrowInPanel(demo);
  ImGui::PushFont(nullptr, ImGui::GetStyle().FontSizeBase * 2);
  ImGui::Text("%lld", static_cast<long long>(demo.counter));
  ImGui::PopFont();
  if (ImGui::Button("+ 1")) ++demo.counter;
  ImGui::SameLine();
  if (ImGui::Button("- 1")) --demo.counter;
  ImGui::SameLine();
  if (ImGui::Button("Clear")) demo.counter = 0;
}

void DrawPool(Demo& demo) {
  const Panel panel("IO pool", {0.66f, 0.62f, 0.34f, 0.38f});
  const bool alive = demo.pool().alive();
  ImGui::TextColored(alive ? kGood : kBad, alive ? "alive" : "shut");
  ImGui::Text("%llu jobs done", static_cast<unsigned long long>(demo.pool().jobs_done()));
  if (ImGui::Button("Run a job")) demo.pool().Submit([] { return std::string("done"); });
}

void DrawModalContent(Demo& demo) {
  MaybeThrowInModal(demo);
  ImGui::Text("Project \"%s\" and its records will be gone.", demo.current_project.c_str());
  ImGui::Spacing();
  if (ImGui::Button("Delete")) demo.DeleteCurrent();
  ImGui::SameLine();
  if (ImGui::Button("Cancel")) demo.modal_open = false;
  if (!demo.modal_open) ImGui::CloseCurrentPopup();
}

void DrawModal(Demo& demo) {
  if (demo.modal_open && !ImGui::IsPopupOpen(kModal)) ImGui::OpenPopup(kModal);
  const ImVec2 center = ImGui::GetMainViewport()->GetCenter();
  ImGui::SetNextWindowPos(center, ImGuiCond_Appearing, {0.5f, 0.5f});
  if (!ImGui::BeginPopupModal(kModal, nullptr, ImGuiWindowFlags_AlwaysAutoResize)) return;
  DrawModalContent(demo);
  ImGui::EndPopup();
}

}  // namespace

void DrawPanels(Demo& demo, hooks::Hooks& hooks) {
  MaybeHang(demo);
  hooks.Panel("projects", [&] { DrawProjects(demo); });
  hooks.Panel("record", [&] { DrawForm(demo); });
  hooks.Panel("counter", [&] { DrawCounter(demo); });
  hooks.Panel("pool", [&] { DrawPool(demo); });
  hooks.Panel("modal", [&] { DrawModal(demo); });
  DrawFaults(demo);
}

}  // namespace proctor::demo
