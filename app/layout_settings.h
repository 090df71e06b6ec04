#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace proctor {

/// What the dashboard remembers from one session to the next. The window writes it
/// into ImGui's ini file, a line each.
struct LayoutSettings {
  int window_x = -1, window_y = -1;  ///< screen coordinates; -1: where the system puts it
  int window_width = 1360, window_height = 860;
  bool maximised = false;
  float zoom = 1.0f;         ///< of the text, on top of the display's own scale
  float tree_share = 0.34f;  ///< of the width
  float subject_share = 0.25f;
  float bottom_share = 0.32f;  ///< of the height of the middle
  int bottom_tab = 0;          ///< see BottomTab in app/workbench.h
  int page = 0;                ///< see Page in app/workbench.h
  friend bool operator==(const LayoutSettings&, const LayoutSettings&) = default;
};

/// Takes one line of the ini file; what it does not know or what makes no sense is
/// left alone.
void ReadSettingsLine(LayoutSettings& settings, std::string_view line);
/// All lines, each with its line end.
std::string SettingsText(const LayoutSettings& settings);

/// $XDG_CONFIG_HOME/proctor/dashboard.ini, else below ~/.config. Makes the folder;
/// empty when that cannot be done.
std::filesystem::path SettingsFile();

}  // namespace proctor
