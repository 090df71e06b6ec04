#pragma once

#include <imgui.h>

#include <optional>
#include <string_view>

#include "app/ansi.h"
#include "app/icons.h"
#include "core/model/state.h"

namespace proctor {

/// How the dashboard looks: dark and calm, so that what needs attention stands out.
/// Colours carry no meaning alone: each outcome and health has a shape of its own too.
namespace palette {
inline constexpr ImU32 kWindow = IM_COL32(17, 20, 26, 255);  ///< between the panels
inline constexpr ImU32 kPanel = IM_COL32(24, 28, 36, 255);
inline constexpr ImU32 kWell = IM_COL32(18, 21, 28, 255);    ///< text blocks, inputs
inline constexpr ImU32 kRaised = IM_COL32(39, 45, 57, 255);  ///< buttons
inline constexpr ImU32 kHovered = IM_COL32(50, 58, 73, 255);
inline constexpr ImU32 kPressed = IM_COL32(60, 70, 88, 255);
inline constexpr ImU32 kBorder = IM_COL32(44, 51, 64, 255);
inline constexpr ImU32 kText = IM_COL32(222, 227, 235, 255);
inline constexpr ImU32 kDim = IM_COL32(147, 158, 176, 255);
inline constexpr ImU32 kFaint = IM_COL32(98, 108, 126, 255);
inline constexpr ImU32 kAccent = IM_COL32(98, 160, 255, 255);
inline constexpr ImU32 kSelected = IM_COL32(42, 68, 112, 255);
inline constexpr ImU32 kGood = IM_COL32(70, 190, 142, 255);
inline constexpr ImU32 kBad = IM_COL32(245, 104, 94, 255);
inline constexpr ImU32 kWarning = IM_COL32(240, 176, 76, 255);
inline constexpr ImU32 kPink = IM_COL32(232, 122, 186, 255);
inline constexpr ImU32 kViolet = IM_COL32(180, 140, 255, 255);
}  // namespace palette

/// The shape, colour and word of something on the screen.
struct Look {
  Icon icon = Icon::Ring;
  ImU32 colour = palette::kDim;
  std::string_view word;
};
Look LookOf(Outcome outcome);
Look LookOf(const TestState& test);  ///< also while it waits and runs
Look LookOf(Health health);
Look LookOf(NoteKind note);
Look LookOf(Severity severity);
/// The worst that stands in these counts; empty when nothing is done.
std::optional<Outcome> WorstOf(const Counts& counts);

/// What a blame means, for a person: "the subject crashed".
std::string_view Sentence(Blame blame);

ImU32 Faded(ImU32 colour, float alpha);
ImU32 ForegroundOf(const AnsiStyle& style);
/// None where the panel's own shall shine through.
std::optional<ImU32> BackgroundOf(const AnsiStyle& style);

/// Sets ImGui's whole style. `display_scale` is the screen's, `zoom` the user's.
void ApplyTheme(float display_scale, float zoom);

/// The current text height: what all distances are measured in.
inline float Em() {
  return ImGui::GetFontSize();
}

}  // namespace proctor
