#pragma once

#include <imgui.h>

#include <optional>
#include <string>
#include <string_view>

#include "app/icons.h"
#include "app/theme.h"

namespace proctor {

/// The pieces that all panels are made of. Each draws itself and keeps no state.

enum class Tone { Plain, Primary, Danger, Quiet };

/// A button with an icon before its label. `label` may end in "##id".
bool IconButton(const char* label, Icon icon, Tone tone = Tone::Plain);
/// An icon alone; the tooltip is its name.
bool IconOnly(const char* id, Icon icon, const char* tooltip, ImU32 colour = palette::kDim);
/// A button that stays pressed, with a coloured icon. True when it was clicked.
bool Toggle(const char* label, const Look& look, std::string_view text, bool on);
/// One of several views; the chosen one is underlined.
bool Tab(const char* label, bool chosen, std::string_view badge, ImU32 badge_colour);
/// Text that was drawn by hand, for who reads the window as text.
void TellText(ImVec2 at, std::string_view text);
/// BeginCombo() where the label is drawn elsewhere, and here only names the item.
bool BeginLabelledCombo(const char* label, const char* preview);

/// A little box with a word in it.
void Badge(std::string_view text, ImU32 colour);
/// An icon in the line, as tall as the text.
void InlineIcon(const Look& look);
void Text(std::string_view text, ImU32 colour = palette::kText);
/// Text that is cut with an ellipsis at `width` and then shows whole as a tooltip.
void CutText(std::string_view text, float width, ImU32 colour = palette::kText);
void SectionTitle(std::string_view text);
/// What an empty panel says, in its middle: what it would show, and what to do.
void EmptyState(Icon icon, std::string_view title, std::string_view hint);
/// A coloured bar with an icon and a wrapped sentence.
void Banner(const Look& look, std::string_view title, std::string_view text);

/// Where the next widget ends `width` before the right edge.
void AlignRight(float width);
float ButtonWidth(std::string_view label);

/// A draggable bar between two panels; true while it moves. `share` is of `whole`.
enum class Between { Columns, Rows };
bool Splitter(const char* id, Between between, float& share, float whole, float sign, float length);

}  // namespace proctor
