#include "hooks/ui/recorder_keys.h"

#include <imgui_internal.h>

#include <algorithm>
#include <array>

namespace proctor::hooks::ui {
namespace {

constexpr std::array kModifierKeys = {ImGuiKey_LeftCtrl,  ImGuiKey_LeftShift, ImGuiKey_LeftAlt,
                                      ImGuiKey_LeftSuper, ImGuiKey_RightCtrl, ImGuiKey_RightShift,
                                      ImGuiKey_RightAlt,  ImGuiKey_RightSuper};
/// What a text field does with Ctrl or Alt.
constexpr std::array kEditingKeys = {
    ImGuiKey_A,         ImGuiKey_C,      ImGuiKey_V,          ImGuiKey_X,          ImGuiKey_Z,
    ImGuiKey_Y,         ImGuiKey_Insert, ImGuiKey_Delete,     ImGuiKey_Backspace,  ImGuiKey_Home,
    ImGuiKey_End,       ImGuiKey_Enter,  ImGuiKey_LeftArrow,  ImGuiKey_RightArrow, ImGuiKey_UpArrow,
    ImGuiKey_DownArrow, ImGuiKey_Tab,    ImGuiKey_KeypadEnter};

template <size_t N>
bool Among(const std::array<ImGuiKey, N>& keys, ImGuiKey key) {
  return std::find(keys.begin(), keys.end(), key) != keys.end();
}

bool PartOfTyping(ImGuiKey key, ImGuiKeyChord modifiers) {
  if (key >= ImGuiKey_F1 && key <= ImGuiKey_F24) return false;
  const bool ctrl = (modifiers & (ImGuiMod_Ctrl | ImGuiMod_Super)) != 0;
  const bool alt = (modifiers & ImGuiMod_Alt) != 0;
  if (ctrl == alt) return true;  // none, or AltGr, which is both
  return Among(kEditingKeys, key);
}

}  // namespace

bool JustPressed(ImGuiKey key) {
  return ImGui::GetKeyData(key)->DownDuration == 0.0f;
}

std::string ModifierNames(ImGuiKeyChord modifiers) {
  std::string names;
  const auto add = [&](ImGuiKeyChord modifier, const char* name) {
    if ((modifiers & modifier) != 0) names += (names.empty() ? "" : "+") + std::string(name);
  };
  add(ImGuiMod_Ctrl, "Ctrl");
  add(ImGuiMod_Shift, "Shift");
  add(ImGuiMod_Alt, "Alt");
  add(ImGuiMod_Super, "Super");
  return names;
}

std::vector<std::string> JustPressedChords(const ImGuiContext& context, bool typing) {
  std::vector<std::string> chords;
  const ImGuiKeyChord modifiers = context.IO.KeyMods;
  for (int k = ImGuiKey_NamedKey_BEGIN; k < ImGuiKey_GamepadStart; ++k) {
    const auto key = static_cast<ImGuiKey>(k);
    if (!JustPressed(key) || Among(kModifierKeys, key)) continue;
    if (typing && PartOfTyping(key, modifiers)) continue;
    const std::string held = ModifierNames(modifiers);
    chords.push_back((held.empty() ? "" : held + "+") + ImGui::GetKeyName(key));
  }
  return chords;
}

}  // namespace proctor::hooks::ui
