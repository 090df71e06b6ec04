#include "app/layout_settings.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <system_error>

namespace proctor {
namespace {

constexpr float kLeastShare = 0.08f, kMostShare = 0.85f;
constexpr float kLeastZoom = 0.5f, kMostZoom = 4.0f;
constexpr int kLeastSize = 320, kMostSize = 32768;

template <typename Number>
void Take(Number& into, std::string_view text, Number least, Number most) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return;
  if constexpr (std::is_floating_point_v<Number>) {
    if (!std::isfinite(value)) return;
  }
  if (value >= least && value <= most) into = value;
}

}  // namespace

void ReadSettingsLine(LayoutSettings& s, std::string_view line) {
  const size_t equals = line.find('=');
  if (equals == std::string_view::npos) return;
  const std::string_view key = line.substr(0, equals);
  const std::string_view value = line.substr(equals + 1);
  if (key == "x") Take(s.window_x, value, -kMostSize, kMostSize);
  if (key == "y") Take(s.window_y, value, -kMostSize, kMostSize);
  if (key == "width") Take(s.window_width, value, kLeastSize, kMostSize);
  if (key == "height") Take(s.window_height, value, kLeastSize, kMostSize);
  if (key == "maximised") s.maximised = value == "1";
  if (key == "zoom") Take(s.zoom, value, kLeastZoom, kMostZoom);
  if (key == "tree") Take(s.tree_share, value, kLeastShare, kMostShare);
  if (key == "subject") Take(s.subject_share, value, kLeastShare, kMostShare);
  if (key == "bottom") Take(s.bottom_share, value, kLeastShare, kMostShare);
  if (key == "tab") Take(s.bottom_tab, value, 0, 3);
  if (key == "page") Take(s.page, value, 0, 1);
}

std::string SettingsText(const LayoutSettings& s) {
  return fmt::format(
      "x={}\ny={}\nwidth={}\nheight={}\nmaximised={}\nzoom={}\ntree={}\nsubject={}\nbottom={}\n"
      "tab={}\npage={}\n",
      s.window_x, s.window_y, s.window_width, s.window_height, s.maximised ? 1 : 0, s.zoom,
      s.tree_share, s.subject_share, s.bottom_share, s.bottom_tab, s.page);
}

std::filesystem::path SettingsFile() {
  const char* config = std::getenv("XDG_CONFIG_HOME");
  const char* home = std::getenv("HOME");
  std::filesystem::path folder;
  if (config != nullptr && config[0] == '/') {
    folder = config;
  } else if (home != nullptr && home[0] == '/') {
    folder = std::filesystem::path(home) / ".config";
  } else {
    return {};
  }
  folder /= "proctor";
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  return error ? std::filesystem::path() : folder / "dashboard.ini";
}

}  // namespace proctor
