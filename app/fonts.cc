#include "app/fonts.h"

#include <unistd.h>
#include <initializer_list>
#include <string>

namespace proctor {
namespace {

constexpr const char* kFolders[] = {
    "/usr/share/fonts/truetype/", "/usr/share/fonts/opentype/", "/usr/share/fonts/",
    "/usr/share/fonts/TTF/",      "/usr/local/share/fonts/",
};

/// The first that is readable. A check costs microseconds; asking fontconfig would
/// cost more than the rest of the start.
std::string Find(std::initializer_list<const char*> names) {
  for (const char* name : names) {
    for (const char* folder : kFolders) {
      std::string path = std::string(folder) + name;
      if (access(path.c_str(), R_OK) == 0) return path;
    }
  }
  return {};
}

ImFont* Load(std::initializer_list<const char*> names) {
  ImFontAtlas& atlas = *ImGui::GetIO().Fonts;
  const std::string path = Find(names);
  ImFontConfig config;
  config.Flags |= ImFontFlags_NoLoadError;
  ImFont* font = path.empty() ? nullptr : atlas.AddFontFromFileTTF(path.c_str(), 0.0f, &config);
  return font != nullptr ? font : atlas.AddFontDefault();
}

enum Face { kUi, kBold, kMono };

ImFont* FontAt(Face face) {
  return ImGui::GetIO().Fonts->Fonts[face];
}

}  // namespace

void LoadFonts() {
  Load({"inter/Inter-Regular.ttf", "Inter-Regular.ttf", "noto/NotoSans-Regular.ttf",
        "dejavu/DejaVuSans.ttf", "DejaVuSans.ttf", "liberation/LiberationSans-Regular.ttf"});
  Load({"inter/Inter-SemiBold.ttf", "Inter-SemiBold.ttf", "noto/NotoSans-Bold.ttf",
        "dejavu/DejaVuSans-Bold.ttf", "DejaVuSans-Bold.ttf", "liberation/LiberationSans-Bold.ttf"});
  Load({"jetbrains-mono/JetBrainsMono-Regular.ttf", "JetBrainsMono-Regular.ttf",
        "dejavu/DejaVuSansMono.ttf", "DejaVuSansMono.ttf", "noto/NotoSansMono-Regular.ttf",
        "liberation/LiberationMono-Regular.ttf"});
}

ImFont* UiFont() {
  return FontAt(kUi);
}
ImFont* BoldFont() {
  return FontAt(kBold);
}
ImFont* MonoFont() {
  return FontAt(kMono);
}

}  // namespace proctor
