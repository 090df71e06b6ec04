#pragma once
// The steps that actions are made of.

#include <imgui.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "hooks/ui/actions.h"
#include "hooks/ui/stage.h"

struct ImGuiWindow;

namespace proctor::hooks::ui {

ImVec2 Middle(const Rect& rect);
Step MouseTo(ImVec2 place);
Step MouseButton(Button button, bool down);
Step KeyEvent(int key, bool down);
Step Characters(std::string text);
/// Down in order, up in the opposite one.
std::vector<Step> ChordSteps(const std::vector<int>& keys);
/// Acts on a window, where it is still there by the time of the frame.
Step OnWindow(uint32_t id, std::function<void(ImGuiWindow&)> act);

std::string Quoted(std::string_view text);

}  // namespace proctor::hooks::ui
