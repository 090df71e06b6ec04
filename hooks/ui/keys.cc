#include "hooks/ui/keys.h"

#include <imgui.h>

#include <array>
#include <cctype>
#include <utility>

namespace proctor::hooks::ui {
namespace {

constexpr std::array<std::pair<std::string_view, ImGuiKey>, 26> kNames = {{
    {"ctrl", ImGuiMod_Ctrl},
    {"control", ImGuiMod_Ctrl},
    {"shift", ImGuiMod_Shift},
    {"alt", ImGuiMod_Alt},
    {"option", ImGuiMod_Alt},
    {"super", ImGuiMod_Super},
    {"meta", ImGuiMod_Super},
    {"cmd", ImGuiMod_Super},
    {"esc", ImGuiKey_Escape},
    {"return", ImGuiKey_Enter},
    {"del", ImGuiKey_Delete},
    {"left", ImGuiKey_LeftArrow},
    {"right", ImGuiKey_RightArrow},
    {"up", ImGuiKey_UpArrow},
    {"down", ImGuiKey_DownArrow},
    {"arrowleft", ImGuiKey_LeftArrow},
    {"arrowright", ImGuiKey_RightArrow},
    {"arrowup", ImGuiKey_UpArrow},
    {"arrowdown", ImGuiKey_DownArrow},
    {"-", ImGuiKey_Minus},
    {"=", ImGuiKey_Equal},
    {",", ImGuiKey_Comma},
    {".", ImGuiKey_Period},
    {"/", ImGuiKey_Slash},
    {";", ImGuiKey_Semicolon},
    {"space", ImGuiKey_Space},
}};

std::string Folded(std::string_view text) {
  std::string folded(text);
  for (char& c : folded) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return folded;
}

ImGuiKey KeyOf(std::string_view name) {
  const std::string wanted = Folded(name);
  for (const auto& [known, key] : kNames) {
    if (wanted == known) return key;
  }
  for (int key = ImGuiKey_NamedKey_BEGIN; key < ImGuiKey_NamedKey_END; ++key) {
    if (wanted == Folded(ImGui::GetKeyName(static_cast<ImGuiKey>(key)))) {
      return static_cast<ImGuiKey>(key);
    }
  }
  return ImGuiKey_None;
}

}  // namespace

std::optional<std::vector<int>> ParseChord(std::string_view chord, std::string& unknown) {
  std::vector<int> mods, keys;
  while (true) {
    size_t plus = chord.find('+', 1);  // "+" itself may be the first of it
    const std::string_view part = chord.substr(0, plus);
    const ImGuiKey key = part == "+" ? ImGuiKey_KeypadAdd : KeyOf(part);
    if (key == ImGuiKey_None) {
      unknown = part;
      return std::nullopt;
    }
    ((key & ImGuiMod_Mask_) != 0 ? mods : keys).push_back(key);
    if (plus == std::string_view::npos) break;
    chord.remove_prefix(plus + 1);
    if (chord.empty()) {
      unknown = "";
      return std::nullopt;
    }
  }
  mods.insert(mods.end(), keys.begin(), keys.end());
  return mods;
}

}  // namespace proctor::hooks::ui
