#include "app/panels/output_panel.h"

#include <fmt/format.h>
#include <imgui.h>

#include <algorithm>
#include <cmath>

#include "app/ansi.h"
#include "app/fonts.h"
#include "app/format.h"
#include "app/scope.h"
#include "app/text_block.h"
#include "app/theme.h"
#include "app/widgets.h"

namespace proctor {
namespace {

constexpr float kMonoSize = 14.5f;

void CopyAll(const State& state, OutputPanel& panel) {
  std::string text;
  for (size_t i = 0; i < panel.lines.size(); ++i) {
    text += StripAnsi(state.output[panel.lines.IndexOf(i)].text) + "\n";
  }
  ImGui::SetClipboardText(text.c_str());
  panel.desk.remark = "Copied " + FormatPlural(static_cast<int64_t>(panel.lines.size()), "line");
}

void DrawControls(const State& state, OutputPanel& panel) {
  struct Source {
    const char* label;
    const char* text;
    std::optional<OutputSource> source;
  };
  const Source sources[] = {{"all##source", "All", std::nullopt},
                            {"workers##source", "Workers", OutputSource::Worker},
                            {"subject##source", "Subject", OutputSource::Subject}};
  for (const Source& s : sources) {
    const Look look{Icon::Dot, palette::kAccent, ""};
    if (Toggle(s.label, look, s.text, panel.source == s.source)) {
      panel.source = s.source;
      panel.widest = 0;
    }
    ImGui::SameLine(0, Em() * 0.35f);
  }
  if (Toggle("follow the newest", {Icon::Tail, palette::kGood, ""}, "Follow", panel.follow)) {
    panel.follow = !panel.follow;
  }
  ImGui::SameLine();
  if (IconOnly("copy output", Icon::Copy, "Copy these lines")) CopyAll(state, panel);
  if (state.output_dropped == 0) return;
  ImGui::SameLine();
  ImGui::AlignTextToFramePadding();
  CutText(FormatPlural(static_cast<int64_t>(state.output_dropped), "older line") +
              " are in the logs on disk",
          ImGui::GetContentRegionAvail().x, palette::kFaint);
}

void DrawLine(const OutputLine& line, ImVec2 at, float gutter, OutputPanel& panel) {
  ImDrawList& list = *ImGui::GetWindowDrawList();
  const bool subject = line.source == OutputSource::Subject;
  const std::string owner = fmt::format("{}{}", subject ? "g" : "w", line.owner);
  list.AddText(at, subject ? Faded(palette::kAccent, 0.8f) : palette::kFaint, owner.c_str());
  const float width = DrawAnsiLine(list, {at.x + gutter, at.y}, line.text, palette::kText);
  panel.widest = std::max(panel.widest, gutter + width);
}

void DrawLines(const State& state, OutputPanel& panel) {
  const FontScope mono(MonoFont(), kMonoSize);
  StyleScope tight;
  tight.Var(ImGuiStyleVar_ItemSpacing, ImVec2{0, 0});
  const float height = std::round(Em() * 1.15f);
  const float gutter = ImGui::CalcTextSize("g000 ").x;
  const float pad = Em() * 0.5f;
  ImGuiListClipper clipper;
  clipper.Begin(static_cast<int>(panel.lines.size()), height);
  while (clipper.Step()) {
    for (int i = clipper.DisplayStart; i < clipper.DisplayEnd; ++i) {
      const ImVec2 at = ImGui::GetCursorScreenPos();
      ImGui::Dummy({panel.widest + pad * 2, height});
      DrawLine(state.output[panel.lines.IndexOf(static_cast<size_t>(i))], {at.x + pad, at.y},
               gutter, panel);
    }
  }
  // Scrolling up is the wish to read; being back at the end is the wish to follow.
  const bool wheel_up = ImGui::IsWindowHovered() && ImGui::GetIO().MouseWheel > 0;
  if (wheel_up)
    panel.follow = false;
  else if (ImGui::GetIO().MouseWheel < 0 && ImGui::GetScrollY() >= ImGui::GetScrollMaxY())
    panel.follow = true;
  if (panel.follow) ImGui::SetScrollY(static_cast<float>(panel.lines.size()) * height);
}

}  // namespace

void DrawOutput(const State& state, OutputPanel& panel, const Post&) {
  panel.lines.Update(state, panel.source);
  if (state.output.empty()) {
    return EmptyState(Icon::Tail, "No output yet",
                      "What the subject and the workers print appears here while a batch runs.");
  }
  DrawControls(state, panel);
  StyleScope well;
  well.Colour(ImGuiCol_ChildBg, palette::kWell)
      .Var(ImGuiStyleVar_ChildBorderSize, 0)
      .Var(ImGuiStyleVar_WindowPadding, ImVec2{0, Em() * 0.3f});
  const ChildScope child("lines", {0, 0}, ImGuiChildFlags_AlwaysUseWindowPadding,
                         ImGuiWindowFlags_HorizontalScrollbar);
  if (child) DrawLines(state, panel);
}

}  // namespace proctor
