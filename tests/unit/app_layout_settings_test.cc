#include <doctest/doctest.h>

#include <ostream>
#include <sstream>

#include "app/layout_settings.h"

namespace proctor {
namespace {

LayoutSettings Read(const std::string& text) {
  LayoutSettings settings;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) ReadSettingsLine(settings, line);
  return settings;
}

TEST_CASE("settings come back as they were written") {
  const LayoutSettings settings{.window_x = 40,
                                .window_y = 0,
                                .window_width = 1920,
                                .window_height = 1080,
                                .maximised = true,
                                .zoom = 1.21f,
                                .tree_share = 0.4f,
                                .subject_share = 0.2f,
                                .bottom_share = 0.5f,
                                .bottom_tab = 2,
                                .page = 1};
  CHECK(Read(SettingsText(settings)) == settings);
  CHECK(Read(SettingsText({})) == LayoutSettings{});
}

TEST_CASE("lines that make no sense leave the settings alone") {
  CHECK(Read("width=0\nheight=-5\nzoom=nan\ntree=99\nbottom=\ntab=7\npage=2\nnonsense\nwidth=12x\n="
             "\n") == LayoutSettings{});
}

TEST_CASE("an unknown key of another version is passed over") {
  CHECK(Read("future=1\nzoom=2\n").zoom == 2);
}

}  // namespace
}  // namespace proctor
