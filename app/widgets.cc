#include "app/widgets.h"

#include <imgui_internal.h>

#include <algorithm>
#include <cmath>

#include "app/fonts.h"
#include "app/scope.h"

namespace proctor {
namespace {

std::string_view Visible(std::string_view label) {
  return label.substr(0, label.find("##"));
}

ImVec2 SizeOf(std::string_view text) {
  return ImGui::CalcTextSize(text.data(), text.data() + text.size());
}

void Put(ImVec2 at, ImU32 colour, std::string_view text) {
  ImGui::GetWindowDrawList()->AddText(at, colour, text.data(), text.data() + text.size());
}

ImU32 Mixed(ImU32 below, ImU32 above, float share) {
  ImU32 mixed = 0;
  for (const int shift : {IM_COL32_R_SHIFT, IM_COL32_G_SHIFT, IM_COL32_B_SHIFT}) {
    const auto b = static_cast<float>(below >> shift & 0xff);
    const auto a = static_cast<float>(above >> shift & 0xff);
    mixed |= static_cast<ImU32>(b + (a - b) * share) << shift;
  }
  return mixed | IM_COL32_A_MASK;
}

struct ButtonColours {
  ImU32 rest, hovered, pressed, text;
};
ButtonColours ColoursOf(Tone tone) {
  using namespace palette;
  switch (tone) {
    case Tone::Plain:
      return {kRaised, kHovered, kPressed, kText};
    case Tone::Primary:
      return {IM_COL32(38, 100, 200, 255), IM_COL32(52, 116, 220, 255), IM_COL32(30, 88, 182, 255),
              IM_COL32(255, 255, 255, 255)};
    case Tone::Danger:
      return {Mixed(kPanel, kBad, 0.22f), Mixed(kPanel, kBad, 0.36f), Mixed(kPanel, kBad, 0.5f),
              IM_COL32(255, 176, 170, 255)};
    case Tone::Quiet:
      return {0, kRaised, kPressed, kDim};
  }
  return {};
}

/// Tells who drives the dashboard what ImGui does not know of its last item.
void Tell(ImGuiID id, const char* label, ImGuiItemStatusFlags flags) {
  [[maybe_unused]] ImGuiContext& g = *ImGui::GetCurrentContext();
  IMGUI_TEST_ENGINE_ITEM_INFO(id, label, flags);
}

void TellChosen(const char* label, bool chosen) {
  const int flags = ImGuiItemStatusFlags_Checkable;
  Tell(ImGui::GetItemID(), label, chosen ? flags | ImGuiItemStatusFlags_Checked : flags);
}

float IconSize() {
  return std::round(Em() * 0.78f);
}

}  // namespace

float ButtonWidth(std::string_view label) {
  const ImGuiStyle& style = ImGui::GetStyle();
  return SizeOf(Visible(label)).x + style.FramePadding.x * 2 + IconSize() +
         style.ItemInnerSpacing.x;
}

bool IconButton(const char* label, Icon icon, Tone tone) {
  const ImGuiStyle& style = ImGui::GetStyle();
  const ButtonColours colours = ColoursOf(tone);
  const std::string_view text = Visible(label);
  const ImVec2 at = ImGui::GetCursorScreenPos();
  bool clicked = false;
  {
    // The label names the item for who drives it; it is drawn below, beside the icon.
    StyleScope pushed;
    pushed.Colour(ImGuiCol_Text, 0)
        .Colour(ImGuiCol_Button, colours.rest)
        .Colour(ImGuiCol_ButtonHovered, colours.hovered)
        .Colour(ImGuiCol_ButtonActive, colours.pressed);
    clicked = ImGui::Button(label, {ButtonWidth(label), ImGui::GetFrameHeight()});
  }
  const ImU32 colour = Faded(colours.text, style.Alpha);
  const float size = IconSize();
  const float top = at.y + (ImGui::GetFrameHeight() - size) / 2;
  DrawIcon(*ImGui::GetWindowDrawList(), icon, {at.x + style.FramePadding.x, std::round(top)}, size,
           colour);
  Put({at.x + style.FramePadding.x + size + style.ItemInnerSpacing.x, at.y + style.FramePadding.y},
      colour, text);
  return clicked;
}

bool IconOnly(const char* id, Icon icon, const char* tooltip, ImU32 colour) {
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float side = ImGui::GetFrameHeight();
  bool clicked = false;
  {
    StyleScope pushed;
    pushed.Colour(ImGuiCol_Text, 0).Colour(ImGuiCol_Button, 0);
    clicked = ImGui::Button(id, {side, side});
  }
  ImGui::SetItemTooltip("%s", tooltip);
  const float size = IconSize();
  const float inset = std::round((side - size) / 2);
  DrawIcon(*ImGui::GetWindowDrawList(), icon, {at.x + inset, at.y + inset}, size,
           Faded(colour, ImGui::GetStyle().Alpha));
  return clicked;
}

bool Toggle(const char* label, const Look& look, std::string_view text, bool on) {
  const ImGuiStyle& style = ImGui::GetStyle();
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float size = std::round(Em() * 0.7f);
  const float pad = Em() * 0.45f;
  const float gap = text.empty() ? 0 : Em() * 0.35f;
  const float height = std::round(Em() * 1.45f);
  const float width = std::round(pad * 2 + size + gap + SizeOf(text).x);
  bool clicked = false;
  {
    StyleScope pushed;
    pushed.Colour(ImGuiCol_Text, 0)
        .Colour(ImGuiCol_Button, on ? Mixed(palette::kPanel, look.colour, 0.30f) : 0)
        .Colour(ImGuiCol_ButtonHovered, Mixed(palette::kPanel, look.colour, on ? 0.38f : 0.15f))
        .Var(ImGuiStyleVar_FrameRounding, height / 2);
    clicked = ImGui::Button(label, {width, height});
  }
  TellChosen(label, on);
  ImDrawList& list = *ImGui::GetWindowDrawList();
  if (!on) {
    list.AddRect(at, {at.x + width, at.y + height}, palette::kBorder, height / 2, 0,
                 style.ChildBorderSize);
  }
  DrawIcon(list, look.icon, {at.x + pad, at.y + std::round((height - size) / 2)}, size,
           look.colour);
  Put({at.x + pad + size + gap, at.y + std::round((height - Em()) / 2)},
      on ? palette::kText : palette::kDim, text);
  return clicked;
}

bool Tab(const char* label, bool chosen, std::string_view badge, ImU32 badge_colour) {
  const ImGuiStyle& style = ImGui::GetStyle();
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const std::string_view text = Visible(label);
  const float height = ImGui::GetFrameHeight();
  const float badge_width = badge.empty() ? 0 : SizeOf(badge).x + Em() * 0.5f;
  const float width = SizeOf(text).x + style.FramePadding.x * 2 + badge_width;
  bool clicked = false;
  {
    StyleScope pushed;
    pushed.Colour(ImGuiCol_Text, 0).Colour(ImGuiCol_Button, 0);
    clicked = ImGui::Button(label, {width, height});
  }
  TellChosen(label, chosen);
  const bool hovered = ImGui::IsItemHovered();
  Put({at.x + style.FramePadding.x, at.y + style.FramePadding.y},
      chosen || hovered ? palette::kText : palette::kDim, text);
  if (!badge.empty()) {
    Put({at.x + width - style.FramePadding.x - SizeOf(badge).x, at.y + style.FramePadding.y},
        badge_colour, badge);
  }
  if (chosen) {
    const float thick = std::round(Em() * 0.14f);
    ImGui::GetWindowDrawList()->AddRectFilled({at.x + style.FramePadding.x, at.y + height - thick},
                                              {at.x + width - style.FramePadding.x, at.y + height},
                                              palette::kAccent, thick / 2);
  }
  return clicked;
}

void TellText(ImVec2 at, std::string_view text) {
  if (!ImGui::GetCurrentContext()->LogEnabled || text.empty()) return;
  ImGui::LogRenderedText(&at, text.data(), text.data() + text.size());
}

bool BeginLabelledCombo(const char* label, const char* preview) {
  const std::string unseen = std::string("##") + label;
  const ImGuiID id = ImGui::GetID(unseen.c_str());  // once open, the last item is the list's
  const bool opened = ImGui::BeginCombo(unseen.c_str(), preview);
  Tell(id, label, ImGuiItemStatusFlags_None);
  return opened;
}

void Badge(std::string_view text, ImU32 colour) {
  const float pad = std::round(Em() * 0.4f);
  const ImVec2 size = SizeOf(text);
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const ImVec2 box{size.x + pad * 2, std::round(Em() * 1.25f)};
  ImGui::Dummy(box);
  ImDrawList& list = *ImGui::GetWindowDrawList();
  list.AddRectFilled(at, {at.x + box.x, at.y + box.y}, Faded(colour, 0.18f), Em() * 0.28f);
  Put({at.x + pad, at.y + std::round((box.y - size.y) / 2)}, colour, text);
  TellText(at, text);
}

void InlineIcon(const Look& look) {
  const float size = IconSize();
  const ImVec2 at = ImGui::GetCursorScreenPos();
  ImGui::Dummy({size, Em()});
  DrawIcon(*ImGui::GetWindowDrawList(), look.icon, {at.x, at.y + std::round((Em() - size) / 2)},
           size, look.colour);
}

void Text(std::string_view text, ImU32 colour) {
  StyleScope pushed;
  pushed.Colour(ImGuiCol_Text, colour);
  ImGui::TextUnformatted(text.data(), text.data() + text.size());
}

void CutText(std::string_view text, float width, ImU32 colour) {
  const ImVec2 size = SizeOf(text);
  if (size.x <= width) return Text(text, colour);
  const ImVec2 at = ImGui::GetCursorScreenPos();
  width = std::max(width, Em());
  ImGui::Dummy({width, Em()});
  if (ImGui::IsItemHovered(ImGuiHoveredFlags_ForTooltip)) {
    const TooltipScope tooltip(ImGui::BeginTooltip());
    ImGui::PushTextWrapPos(Em() * 40);
    ImGui::TextUnformatted(text.data(), text.data() + text.size());
    ImGui::PopTextWrapPos();
  }
  StyleScope pushed;
  pushed.Colour(ImGuiCol_Text, colour);
  ImGui::RenderTextEllipsis(ImGui::GetWindowDrawList(), at, {at.x + width, at.y + size.y},
                            at.x + width, text.data(), text.data() + text.size(), &size);
}

void SectionTitle(std::string_view text) {
  const FontScope bold(BoldFont());
  Text(text);
}

void EmptyState(Icon icon, std::string_view title, std::string_view hint) {
  const ImVec2 space = ImGui::GetContentRegionAvail();
  const ImVec2 from = ImGui::GetCursorScreenPos();
  const float size = std::round(Em() * 2.0f);
  const float wrap = std::min(space.x - Em() * 2, Em() * 26);
  if (wrap < Em() * 4) return;
  const ImVec2 hint_size = ImGui::CalcTextSize(hint.data(), hint.data() + hint.size(), false, wrap);
  const float height = size + Em() * 2.6f + hint_size.y;
  float y = from.y + std::max(Em() * 0.5f, (space.y - height) * 0.42f);
  const float middle = from.x + space.x / 2;
  DrawIcon(*ImGui::GetWindowDrawList(), icon, {std::round(middle - size / 2), std::round(y)}, size,
           palette::kFaint);
  y += size + Em() * 0.8f;
  ImGui::SetCursorScreenPos({std::round(middle - SizeOf(title).x / 2), std::round(y)});
  Text(title, palette::kDim);
  ImGui::SetCursorScreenPos({std::round(middle - hint_size.x / 2), std::round(y + Em() * 1.6f)});
  ImGui::PushTextWrapPos(ImGui::GetCursorPosX() + wrap);
  Text(hint, palette::kFaint);
  ImGui::PopTextWrapPos();
}

void Banner(const Look& look, std::string_view title, std::string_view text) {
  const float pad = std::round(Em() * 0.6f);
  const float size = IconSize();
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float width = ImGui::GetContentRegionAvail().x;
  const float indent = pad * 2 + size;
  const float wrap = std::max(width - indent - pad, Em() * 4);
  const auto height_of = [&](std::string_view s) {
    if (s.empty()) return 0.0f;
    return ImGui::CalcTextSize(s.data(), s.data() + s.size(), false, wrap).y;
  };
  const float title_height = height_of(title);
  const float gap = title.empty() || text.empty() ? 0 : Em() * 0.25f;
  const float height = pad * 2 + title_height + gap + height_of(text);
  ImDrawList& list = *ImGui::GetWindowDrawList();
  const float rounding = Em() * 0.3f;
  list.AddRectFilled(at, {at.x + width, at.y + height}, Mixed(palette::kPanel, look.colour, 0.13f),
                     rounding);
  list.AddRectFilled(at, {at.x + std::round(Em() * 0.2f), at.y + height}, look.colour, rounding,
                     ImDrawFlags_RoundCornersLeft);
  DrawIcon(list, look.icon, {at.x + pad, at.y + pad + std::round((Em() - size) / 2)}, size,
           look.colour);
  const auto put = [&](std::string_view s, float y, ImU32 colour) {
    list.AddText(nullptr, 0, {at.x + indent, y}, colour, s.data(), s.data() + s.size(), wrap);
    TellText({at.x + indent, y}, s);
  };
  put(title, at.y + pad, look.colour);
  put(text, at.y + pad + title_height + gap, palette::kText);
  ImGui::Dummy({width, height});
}

void AlignRight(float width) {
  const float space = ImGui::GetContentRegionAvail().x - width;
  if (space > 0) ImGui::SetCursorPosX(ImGui::GetCursorPosX() + space);
}

bool Splitter(const char* id, Between between, float& share, float whole, float sign,
              float length) {
  const float thick = ImGui::GetStyle().ItemSpacing.x;
  const bool columns = between == Between::Columns;
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const ImVec2 size = columns ? ImVec2{thick, length} : ImVec2{length, thick};
  ImGui::InvisibleButton(id, size);
  const bool active = ImGui::IsItemActive();
  if (active || ImGui::IsItemHovered()) {
    ImGui::SetMouseCursor(columns ? ImGuiMouseCursor_ResizeEW : ImGuiMouseCursor_ResizeNS);
    const float half = std::max(1.0f, std::round(thick * 0.12f));
    const ImVec2 middle{at.x + size.x / 2, at.y + size.y / 2};
    ImGui::GetWindowDrawList()->AddRectFilled(
        columns ? ImVec2{middle.x - half, at.y} : ImVec2{at.x, middle.y - half},
        columns ? ImVec2{middle.x + half, at.y + size.y} : ImVec2{at.x + size.x, middle.y + half},
        active ? palette::kAccent : palette::kPressed);
  }
  const ImVec2 moved = ImGui::GetIO().MouseDelta;
  const float by = columns ? moved.x : moved.y;
  if (!active || by == 0 || whole <= 0) return false;
  share = std::clamp(share + sign * by / whole, 0.08f, 0.85f);
  return true;
}

}  // namespace proctor
