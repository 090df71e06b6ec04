#pragma once

#include <imgui.h>

namespace proctor {

/// The three faces of the dashboard, from the system's fonts, else ImGui's own.
/// LoadFonts() puts them into the current context's atlas; glyphs are rasterised as
/// they are first used, at the size that is asked for.
void LoadFonts();

ImFont* UiFont();
ImFont* BoldFont();
ImFont* MonoFont();

}  // namespace proctor
