// A program with the hooks and one widget of each kind, but without a window: what a person
// would do reaches it as named actions that add events to ImGui's IO, as a backend does.

#include <imgui.h>
#include <imgui_stdlib.h>

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

#include "hooks/hooks.h"
#include "hooks/ui/keys.h"
#include "tests/fakes/headless_imgui.h"

namespace {

using namespace proctor::hooks;
using Json = nlohmann::json;

/// What the widgets hold. The state that the test compares.
struct Content {
  bool notify = false, autosave = false, tool_open = true, tree_open = false, second_tab = false;
  int color = 0, fruit = 0, drink = 0, nothing = -1, count = 3, saved = 0, double_clicks = 0,
      context = 0, inside = 0;
  int shortcuts = 0, submitted = 0, with_ctrl = 0;
  float volume = 0.5f;
  std::string name, secret, note, opened, dropped, fixed = "as it is";

  Json ToJson() const {
    return {{"notify", notify},       {"autosave", autosave},   {"tool_open", tool_open},
            {"tree", tree_open},      {"second", second_tab},   {"color", color},
            {"fruit", fruit},         {"count", count},         {"drink", drink},
            {"nothing", nothing},     {"saved", saved},         {"double", double_clicks},
            {"context", context},     {"inside", inside},       {"shortcuts", shortcuts},
            {"submitted", submitted}, {"with_ctrl", with_ctrl}, {"volume", volume},
            {"name", name},           {"secret", secret},       {"note", note},
            {"opened", opened},       {"dropped", dropped}};
  }
};

void DrawMenu(Content& content) {
  if (!ImGui::BeginMenuBar()) return;
  if (ImGui::BeginMenu("File")) {
    ImGui::MenuItem("Autosave", nullptr, &content.autosave);
    if (ImGui::BeginMenu("Open Recent")) {
      if (ImGui::MenuItem("a.txt")) content.opened = "a.txt";
      if (ImGui::MenuItem("b/c.txt")) content.opened = "b/c.txt";
      ImGui::EndMenu();
    }
    ImGui::EndMenu();
  }
  if (ImGui::BeginMenu("Edit")) {
    if (ImGui::MenuItem("Undo")) content.opened = "undone";
    ImGui::EndMenu();
  }
  ImGui::EndMenuBar();
}

void DrawButtons(Content& content) {
  if (ImGui::Button("Save")) {
    ++content.saved;
    if (ImGui::GetIO().KeyCtrl) ++content.with_ctrl;
  }
  if (ImGui::IsItemHovered() && ImGui::IsMouseDoubleClicked(0)) ++content.double_clicks;
  if (ImGui::IsItemClicked(1)) ++content.context;
  if (ImGui::Shortcut(ImGuiMod_Ctrl | ImGuiKey_S, ImGuiInputFlags_RouteGlobal)) {
    ++content.shortcuts;
  }
  ImGui::Checkbox("Notify", &content.notify);
  ImGui::RadioButton("Red", &content.color, 0);
  ImGui::RadioButton("Blue", &content.color, 1);
}

void DrawInputs(Content& content) {
  if (ImGui::InputText("Name", &content.name, ImGuiInputTextFlags_EnterReturnsTrue)) {
    ++content.submitted;
  }
  ImGui::InputText("Secret", &content.secret, ImGuiInputTextFlags_Password);
  ImGui::InputTextMultiline("Note", &content.note, {200, 40});
  ImGui::SliderFloat("Volume", &content.volume, 0, 1, "%.2f dB", ImGuiSliderFlags_AlwaysClamp);
  ImGui::DragInt("Count", &content.count);
  ImGui::Combo("Fruit", &content.fruit, "Apple\0Pear\0Plum\0");
  ImGui::Combo("Drink", &content.drink, "Apple\0Tea\0Water\0");
  ImGui::Combo("Nothing", &content.nothing, "One\0Two\0");
  ImGui::InputText("Fixed", &content.fixed, ImGuiInputTextFlags_ReadOnly);
}

void DrawFolds(Content& content) {
  content.tree_open = ImGui::TreeNode("More");
  if (content.tree_open) {
    if (ImGui::Button("Inside")) ++content.inside;
    ImGui::TreePop();
  }
  if (!ImGui::BeginTabBar("tabs")) return;
  if (ImGui::BeginTabItem("First")) ImGui::EndTabItem();
  content.second_tab = ImGui::BeginTabItem("Second");
  if (content.second_tab) ImGui::EndTabItem();
  ImGui::EndTabBar();
}

void DrawDragAndDrop(Content& content) {
  ImGui::Button("Source");
  if (ImGui::BeginDragDropSource()) {
    ImGui::SetDragDropPayload("text", "x", 2);
    ImGui::EndDragDropSource();
  }
  ImGui::SameLine();
  ImGui::Button("Target");
  if (!ImGui::BeginDragDropTarget()) return;
  if (ImGui::AcceptDragDropPayload("text")) content.dropped = "x";
  ImGui::EndDragDropTarget();
}

void Draw(Content& content) {
  ImGui::SetNextWindowPos({0, 0});
  ImGui::SetNextWindowSize({420, 520});
  ImGui::Begin("Main", nullptr, ImGuiWindowFlags_MenuBar | ImGuiWindowFlags_NoMove);
  DrawMenu(content);
  DrawButtons(content);
  DrawInputs(content);
  DrawFolds(content);
  DrawDragAndDrop(content);
  ImGui::End();
  if (!content.tool_open) return;
  ImGui::SetNextWindowPos({450, 20}, ImGuiCond_Once);
  ImGui::SetNextWindowSize({200, 150}, ImGuiCond_Once);
  ImGui::Begin("Tool \"x\"", &content.tool_open, ImGuiWindowFlags_MenuBar);
  if (ImGui::BeginMenuBar()) {
    if (ImGui::BeginMenu("Edit")) {
      if (ImGui::MenuItem("Undo")) content.opened = "undone in the tool";
      ImGui::EndMenu();
    }
    ImGui::EndMenuBar();
  }
  ImGui::TextUnformatted("a tool");
  ImGui::End();
}

void AddKey(const Json& event) {
  std::string unknown;
  const auto keys = ui::ParseChord(event["key"].get<std::string>(), unknown);
  if (!keys) throw std::runtime_error("no key is named " + unknown);
  ImGuiIO& io = ImGui::GetIO();
  for (const int key : *keys) io.AddKeyEvent(static_cast<ImGuiKey>(key), event["down"].get<bool>());
}

/// One event of a mouse or keyboard, as a window's backend would add it.
ActionAnswer AddInput(const std::string& arguments) {
  const Json event = Json::parse(arguments);
  ImGuiIO& io = ImGui::GetIO();
  if (event.contains("x")) io.AddMousePosEvent(event["x"], event["y"]);
  if (event.contains("button")) io.AddMouseButtonEvent(event["button"], event["down"].get<bool>());
  if (event.contains("key")) AddKey(event);
  if (event.contains("text")) io.AddInputCharactersUTF8(event["text"].get<std::string>().c_str());
  return {};
}

/// Draws when it is woken, and at least every 10 ms, as ImGui takes some time to settle.
class Pace {
 public:
  void Wake() {
    const std::lock_guard lock(mutex_);
    woken_ = true;
    changed_.notify_one();
  }
  void Wait() {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::milliseconds(10), [this] { return woken_; });
    woken_ = false;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool woken_ = false;
};

}  // namespace

int main() {
  Pace pace;
  const auto started = std::make_unique<proctor::fakes::HeadlessImGui>();
  auto hooks_or = Hooks::Start(
      {.app = "hooks_stage", .wake = [&pace] { pace.Wake(); }, .discovery = Discovery::Off});
  if (!hooks_or) {
    std::fprintf(stderr, "hooks_stage: %s\n", hooks_or.error().c_str());
    return 1;
  }
  Hooks& hooks = **hooks_or;
  Content content;
  hooks.AddAction("input", RunOn::FrameThread, AddInput);
  hooks.AddState("content", RunOn::FrameThread, [&content] { return content.ToJson().dump(); });
  std::printf("hooks_stage: %s\n", hooks.url().c_str());
  std::fflush(stdout);
  while (!hooks.ShutdownRequested()) {
    pace.Wait();
    hooks.BeginFrame();
    started->Frame([&] { hooks.Guard("ui", [&] { Draw(content); }); });
    hooks.EndFrame();
  }
}
