#include "app/theme.h"

#include <algorithm>
#include <array>

namespace proctor {
namespace {

constexpr float kTextHeight = 16.0f;

/// The sixteen named colours, tuned to the panel's background.
constexpr std::array<ImU32, 16> kAnsi = {
    IM_COL32(72, 80, 96, 255),    IM_COL32(240, 104, 94, 255),  IM_COL32(92, 194, 134, 255),
    IM_COL32(222, 178, 92, 255),  IM_COL32(98, 160, 255, 255),  IM_COL32(206, 136, 226, 255),
    IM_COL32(84, 190, 204, 255),  IM_COL32(204, 211, 222, 255), IM_COL32(112, 122, 140, 255),
    IM_COL32(255, 140, 130, 255), IM_COL32(124, 220, 162, 255), IM_COL32(246, 208, 128, 255),
    IM_COL32(138, 186, 255, 255), IM_COL32(226, 166, 242, 255), IM_COL32(122, 216, 228, 255),
    IM_COL32(240, 243, 248, 255),
};

ImU32 FromIndex(int index) {
  if (index < 16) return kAnsi[static_cast<size_t>(index)];
  if (index >= 232) {
    const int grey = 8 + (index - 232) * 10;
    return IM_COL32(grey, grey, grey, 255);
  }
  const auto level = [](int n) { return n == 0 ? 0 : 55 + n * 40; };
  const int n = index - 16;
  return IM_COL32(level(n / 36), level(n / 6 % 6), level(n % 6), 255);
}

std::optional<ImU32> Resolve(const AnsiColour& colour) {
  switch (colour.kind) {
    case AnsiColourKind::Default:
      return std::nullopt;
    case AnsiColourKind::Indexed:
      return FromIndex(colour.index);
    case AnsiColourKind::Rgb:
      return IM_COL32(colour.r, colour.g, colour.b, 255);
  }
  return std::nullopt;
}

void SetColours(ImGuiStyle& style) {
  ImGui::StyleColorsDark(&style);
  const auto set = [&](ImGuiCol which, ImU32 colour) {
    style.Colors[which] = ImGui::ColorConvertU32ToFloat4(colour);
  };
  using namespace palette;
  set(ImGuiCol_Text, kText);
  set(ImGuiCol_TextDisabled, kFaint);
  set(ImGuiCol_WindowBg, kWindow);
  set(ImGuiCol_ChildBg, kPanel);
  set(ImGuiCol_PopupBg, IM_COL32(31, 36, 46, 252));
  set(ImGuiCol_Border, kBorder);
  set(ImGuiCol_FrameBg, kWell);
  set(ImGuiCol_FrameBgHovered, IM_COL32(28, 33, 43, 255));
  set(ImGuiCol_FrameBgActive, IM_COL32(30, 36, 47, 255));
  set(ImGuiCol_Button, kRaised);
  set(ImGuiCol_ButtonHovered, kHovered);
  set(ImGuiCol_ButtonActive, kPressed);
  set(ImGuiCol_Header, kSelected);
  set(ImGuiCol_HeaderHovered, IM_COL32(36, 43, 55, 255));
  set(ImGuiCol_HeaderActive, kSelected);
  set(ImGuiCol_CheckMark, kAccent);
  set(ImGuiCol_Separator, kBorder);
  set(ImGuiCol_SeparatorHovered, kAccent);
  set(ImGuiCol_SeparatorActive, kAccent);
  set(ImGuiCol_ScrollbarBg, IM_COL32(0, 0, 0, 0));
  set(ImGuiCol_ScrollbarGrab, IM_COL32(58, 66, 82, 255));
  set(ImGuiCol_ScrollbarGrabHovered, IM_COL32(76, 86, 106, 255));
  set(ImGuiCol_ScrollbarGrabActive, IM_COL32(92, 104, 128, 255));
  set(ImGuiCol_NavCursor, kAccent);
  set(ImGuiCol_TextSelectedBg, kSelected);
  set(ImGuiCol_ModalWindowDimBg, IM_COL32(8, 9, 12, 150));
  set(ImGuiCol_TableRowBgAlt, IM_COL32(255, 255, 255, 5));
  set(ImGuiCol_TableHeaderBg, kPanel);
  set(ImGuiCol_TableBorderLight, kBorder);
}

void SetSizes(ImGuiStyle& style) {
  style.WindowPadding = {8, 8};
  style.FramePadding = {8, 4};
  style.ItemSpacing = {8, 6};
  style.ItemInnerSpacing = {6, 4};
  style.CellPadding = {6, 3};
  style.IndentSpacing = 18;
  style.ScrollbarSize = 11;
  style.GrabMinSize = 24;
  style.WindowBorderSize = 0;
  style.ChildBorderSize = 1;
  style.PopupBorderSize = 1;
  style.FrameBorderSize = 0;
  style.WindowRounding = 0;
  style.ChildRounding = 6;
  style.FrameRounding = 5;
  style.PopupRounding = 6;
  style.ScrollbarRounding = 6;
  style.GrabRounding = 5;
  style.SeparatorTextBorderSize = 1;
  style.HoverDelayShort = 0.12f;
}

}  // namespace

Look LookOf(Outcome outcome) {
  using namespace palette;
  switch (outcome) {
    case Outcome::Passed:
      return {Icon::Check, kGood, "passed"};
    case Outcome::Xfailed:
      return {Icon::CheckRing, IM_COL32(122, 170, 158, 255), "xfailed"};
    case Outcome::Skipped:
      return {Icon::Skip, IM_COL32(130, 150, 186, 255), "skipped"};
    case Outcome::Xpassed:
      return {Icon::CheckStar, kWarning, "xpassed"};
    case Outcome::NotRun:
      return {Icon::Slash, kFaint, "not run"};
    case Outcome::Failed:
      return {Icon::Cross, kBad, "failed"};
    case Outcome::Error:
      return {Icon::Bang, kPink, "error"};
    case Outcome::TimedOut:
      return {Icon::Clock, kWarning, "timed out"};
    case Outcome::Crashed:
      return {Icon::Bolt, kViolet, "crashed"};
  }
  return {};
}

Look LookOf(const TestState& test) {
  switch (test.progress) {
    case TestProgress::Planned:
      return {Icon::Dot, palette::kFaint, "planned"};
    case TestProgress::Waiting:
      return {Icon::Hourglass, palette::kAccent, "waits for the subject"};
    case TestProgress::Running:
      return {Icon::Run, palette::kAccent, "running"};
    case TestProgress::Done:
      return LookOf(test.outcome);
  }
  return {};
}

Look LookOf(Health health) {
  using namespace palette;
  switch (health) {
    case Health::Starting:
      return {Icon::Hourglass, kAccent, "starting"};
    case Health::Healthy:
      return {Icon::Check, kGood, "healthy"};
    case Health::Degraded:
      return {Icon::Bang, kWarning, "degraded"};
    case Health::Hung:
      return {Icon::Clock, kPink, "hung"};
    case Health::Dead:
      return {Icon::Cross, kBad, "dead"};
  }
  return {};
}

Look LookOf(NoteKind note) {
  switch (note) {
    case NoteKind::Fresh:
      return {Icon::Star, palette::kGood, "fresh"};
    case NoteKind::Reused:
      return {Icon::Link, palette::kDim, "reused"};
    case NoteKind::Respawned:
      return {Icon::Reload, palette::kWarning, "respawned"};
  }
  return {};
}

Look LookOf(Severity severity) {
  switch (severity) {
    case Severity::Info:
      return {Icon::Info, palette::kAccent, "info"};
    case Severity::Warning:
      return {Icon::Triangle, palette::kWarning, "warning"};
    case Severity::Error:
      return {Icon::Bang, palette::kBad, "error"};
  }
  return {};
}

std::optional<Outcome> WorstOf(const Counts& counts) {
  for (int i = kOutcomes - 1; i >= 0; --i) {
    const auto outcome = static_cast<Outcome>(i);
    if (counts[outcome] > 0) return outcome;
  }
  return std::nullopt;
}

std::string_view Sentence(Blame blame) {
  switch (blame) {
    case Blame::Test:
      return "The test itself is to blame.";
    case Blame::SubjectCrash:
      return "The subject crashed under this test.";
    case Blame::SubjectHang:
      return "The subject hung under this test.";
    case Blame::SubjectDegraded:
      return "The subject was degraded by this test.";
    case Blame::Collateral:
      return "The subject was already broken when this test started.";
    case Blame::Infrastructure:
      return "The surroundings failed: neither test nor subject is to blame.";
  }
  return {};
}

ImU32 Faded(ImU32 colour, float alpha) {
  const auto old = static_cast<float>(colour >> IM_COL32_A_SHIFT & 0xff);
  const auto faded = static_cast<ImU32>(old * alpha);
  return (colour & ~IM_COL32_A_MASK) | faded << IM_COL32_A_SHIFT;
}

namespace {

int Brightness(ImU32 colour) {
  const auto part = [&](int shift) { return static_cast<int>(colour >> shift & 0xff); };
  return (part(IM_COL32_R_SHIFT) * 54 + part(IM_COL32_G_SHIFT) * 183 +
          part(IM_COL32_B_SHIFT) * 19) /
         256;
}

/// The colour, or as much lighter as it takes to be read on a dark ground; on a bright one, dark.
/// IPython writes pure blue, and light text on a yellow mark, which are for a white terminal.
ImU32 Readable(ImU32 colour, ImU32 ground) {
  constexpr int kBrightGround = 120, kLeastOnDark = 85, kLeastApart = 80;
  const int bright = Brightness(colour);
  if (Brightness(ground) >= kBrightGround) {
    return Brightness(ground) - bright >= kLeastApart ? colour : palette::kWindow;
  }
  if (bright >= kLeastOnDark) return colour;
  const int most = Brightness(palette::kText);
  const int share = 256 * (kLeastOnDark - bright) / (most - bright);
  ImU32 lighter = IM_COL32_A_MASK;
  for (const int shift : {IM_COL32_R_SHIFT, IM_COL32_G_SHIFT, IM_COL32_B_SHIFT}) {
    const int from = static_cast<int>(colour >> shift & 0xff);
    const int to = static_cast<int>(palette::kText >> shift & 0xff);
    lighter |= static_cast<ImU32>(from + (to - from) * share / 256) << shift;
  }
  return lighter;
}

}  // namespace

ImU32 ForegroundOf(const AnsiStyle& style) {
  if (style.reverse) return Resolve(style.background).value_or(palette::kWell);
  AnsiColour colour = style.foreground;
  if (style.bold && colour.kind == AnsiColourKind::Indexed && colour.index < 8) colour.index += 8;
  const ImU32 plain = style.bold ? IM_COL32(248, 250, 253, 255) : palette::kText;
  const ImU32 ground = BackgroundOf(style).value_or(palette::kWell);
  return Faded(Readable(Resolve(colour).value_or(plain), ground), style.dim ? 0.6f : 1.0f);
}

std::optional<ImU32> BackgroundOf(const AnsiStyle& style) {
  if (style.reverse) return Resolve(style.foreground).value_or(palette::kText);
  return Resolve(style.background);
}

void ApplyTheme(float display_scale, float zoom) {
  ImGuiStyle style;
  SetColours(style);
  SetSizes(style);
  style.ScaleAllSizes(display_scale * zoom);
  style.ChildBorderSize = style.PopupBorderSize = std::max(1.0f, display_scale);
  style.FontSizeBase = kTextHeight;
  style.FontScaleDpi = display_scale;
  style.FontScaleMain = zoom;
  ImGui::GetStyle() = style;
}

}  // namespace proctor
