#include "hooks/ui/steps.h"

#include <imgui_internal.h>

#include <cmath>
#include <utility>

namespace proctor::hooks::ui {

ImVec2 Middle(const Rect& rect) {
  return {std::floor(rect.x + rect.width / 2), std::floor(rect.y + rect.height / 2)};
}

Step MouseTo(ImVec2 place) {
  return [place] { ImGui::GetIO().AddMousePosEvent(place.x, place.y); };
}

Step MouseButton(Button button, bool down) {
  return [button, down] { ImGui::GetIO().AddMouseButtonEvent(static_cast<int>(button), down); };
}

Step KeyEvent(int key, bool down) {
  return [key, down] { ImGui::GetIO().AddKeyEvent(static_cast<ImGuiKey>(key), down); };
}

Step Characters(std::string text) {
  return [text = std::move(text)] { ImGui::GetIO().AddInputCharactersUTF8(text.c_str()); };
}

std::vector<Step> ChordSteps(const std::vector<int>& keys) {
  std::vector<Step> steps;
  for (const int key : keys) steps.push_back(KeyEvent(key, true));
  for (auto key = keys.rbegin(); key != keys.rend(); ++key) steps.push_back(KeyEvent(*key, false));
  return steps;
}

Step OnWindow(uint32_t id, std::function<void(ImGuiWindow&)> act) {
  return [id, act = std::move(act)] {
    if (ImGuiWindow* window = ImGui::FindWindowByID(id)) act(*window);
  };
}

std::string Quoted(std::string_view text) {
  return "'" + std::string(text) + "'";
}

}  // namespace proctor::hooks::ui
