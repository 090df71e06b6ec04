#pragma once
// Key names, as people write them: "Ctrl+Shift+S", "Enter", "F5", "a", "Left".

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace proctor::hooks::ui {

/// The keys of a chord as ImGuiKey values, modifiers first. Nothing where a part is no
/// key; `unknown` is then that part.
std::optional<std::vector<int>> ParseChord(std::string_view chord, std::string& unknown);

}  // namespace proctor::hooks::ui
