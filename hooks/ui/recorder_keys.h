#pragma once
// What the recorder wants to know of the keyboard. Reads the current ImGui context, on
// the frame thread, after a frame.

#include <imgui.h>

#include <string>
#include <vector>

namespace proctor::hooks::ui {

/// Whether the key went down in this frame; repetitions do not count.
bool JustPressed(ImGuiKey key);
/// "Ctrl+Shift"; "" for none.
std::string ModifierNames(ImGuiKeyChord modifiers);
/// The chords of this frame. While something is `typing`, only those that are no part of
/// it: Ctrl+S and F5, but not Ctrl+C, letters, arrows, Enter.
std::vector<std::string> JustPressedChords(const ImGuiContext& context, bool typing);

}  // namespace proctor::hooks::ui
