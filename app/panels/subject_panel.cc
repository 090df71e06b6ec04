#include "app/panels/subject_panel.h"

#include <fmt/format.h>
#include <imgui.h>

#include <algorithm>
#include <cmath>

#include "app/editor.h"
#include "app/fonts.h"
#include "app/format.h"
#include "app/panels/lanes.h"
#include "app/scope.h"
#include "app/theme.h"
#include "app/widgets.h"
#include "core/config/config.h"

namespace proctor {
namespace {

constexpr float kStateSize = 19.0f;

const LaneState& Shown(const State& state, const SubjectPanel& panel) {
  static const LaneState kNone;
  return state.lanes.empty() ? kNone : state.lanes[ShownLane(state, panel.desk)];
}

const GenerationState* Current(const State& state, const LaneState& lane) {
  if (!lane.current || *lane.current >= state.generations.size()) return nullptr;
  return &state.generations[*lane.current];
}

Look LookOfPhase(const GenerationState& g) {
  if (g.phase == SubjectPhase::Stopping) return {Icon::Power, palette::kDim, "stopping"};
  if (g.phase == SubjectPhase::Ended) return {Icon::Cross, palette::kDim, "ended"};
  return LookOf(g.health);
}

void DrawState(const Look& look, const std::string& reason) {
  {
    const FontScope large(BoldFont(), kStateSize);
    InlineIcon(look);
    ImGui::SameLine(0, Em() * 0.45f);
    Text(look.word, look.colour);
  }
  if (reason.empty()) return;
  const WrapScope wrap;
  Text(reason, palette::kDim);
}

void DrawButtons(const GenerationState* current, int lane, const Post& post) {
  const bool there = current != nullptr && current->phase != SubjectPhase::Ended;
  if (IconButton(there ? "Restart##subject" : "Start##subject", Icon::Reload)) {
    post(SubjectRestartRequested{lane});
  }
  ImGui::SameLine();
  const DisabledScope disabled(!there);
  if (IconButton("Kill##subject", Icon::Close, there ? Tone::Danger : Tone::Plain)) {
    post(SubjectKillRequested{lane});
  }
  ImGui::SetItemTooltip("End it as a crash would, with SIGKILL");
}

void Fact(const char* name, const std::string& value) {
  ImGui::TableNextRow();
  ImGui::TableNextColumn();
  Text(name, palette::kDim);
  ImGui::TableNextColumn();
  CutText(value, ImGui::GetContentRegionAvail().x);
}

/// A fact with a button behind it; true when that was clicked.
bool FactWithButton(const char* name, const std::string& value, Icon icon, const char* tooltip) {
  const IdScope id(name);
  ImGui::TableNextRow();
  ImGui::TableNextColumn();
  Text(name, palette::kDim);
  ImGui::TableNextColumn();
  StyleScope flat;
  flat.Var(ImGuiStyleVar_FramePadding, ImVec2{Em() * 0.2f, 0});
  const float button = ImGui::GetFrameHeight();
  CutText(value, ImGui::GetContentRegionAvail().x - button - Em() * 0.3f);
  ImGui::SameLine(0, Em() * 0.3f);
  return IconOnly(tooltip, icon, tooltip);
}

void DrawFacts(const GenerationState& g, SubjectPanel& panel) {
  const TableScope table(ImGui::BeginTable("facts", 2, ImGuiTableFlags_SizingFixedFit));
  if (!table) return;
  ImGui::TableSetupColumn("name");
  ImGui::TableSetupColumn("value", ImGuiTableColumnFlags_WidthStretch);
  Fact("Generation", std::to_string(g.id.value));
  if (g.pid > 0) Fact("Process", std::to_string(g.pid));
  if (g.port > 0) Fact("Port", std::to_string(g.port));
  Fact("Uptime", FormatAge(panel.now - g.started));
  if (g.was_ready) {
    const std::string took = FormatDuration((g.ready - g.started).count() / 1e6);
    if (g.was_spare)
      Fact("Ready in", took + ", as a spare");
    else
      Fact("Cold start", took);
  }
  Fact("Served", fmt::format("{} in {}", FormatPlural(g.tests_served, "test"),
                             FormatPlural(g.files_served, "file")));
  if (!g.url.empty() && FactWithButton("Address", g.url, Icon::Copy, "Copy the address")) {
    ImGui::SetClipboardText(g.url.c_str());
    panel.desk.remark = "Copied " + g.url;
  }
  if (!g.log_path.empty() && FactWithButton("Log", g.log_path, Icon::Open, "Open the log")) {
    const std::string error = OpenInEditor(g.log_path, 0);
    panel.desk.remark = error.empty() ? "Opening the log" : error;
  }
}

void Record(const GenerationState& g, SubjectPanel& panel) {
  if (!g.frame || g.phase != SubjectPhase::Up) return;
  // Between two probes nobody knows more than the last answer did.
  const Time at = g.answered;
  panel.ages.Record(g.id, at, (at - g.frame_changed).count() / 1e6);
}

void DrawCurve(const FrameAges& ages, double hang_after_ms) {
  const float width = ImGui::GetContentRegionAvail().x;
  const float height = std::round(Em() * 3.6f);
  const ImVec2 from = ImGui::GetCursorScreenPos();
  const ImVec2 to{from.x + width, from.y + height};
  ImGui::Dummy({width, height});
  ImDrawList& list = *ImGui::GetWindowDrawList();
  list.AddRectFilled(from, to, palette::kWell, Em() * 0.3f);
  const auto limit = static_cast<float>(hang_after_ms);
  const float most = ages.ms.empty() ? 0 : *std::max_element(ages.ms.begin(), ages.ms.end());
  const float top = std::max(limit * 1.25f, most * 1.1f);
  const float pad = Em() * 0.3f;
  const auto y_of = [&](float ms) { return to.y - pad - (height - pad * 2) * ms / top; };
  list.AddLine({from.x, y_of(limit)}, {to.x, y_of(limit)}, Faded(palette::kPink, 0.55f), 1);
  const std::string word = fmt::format("hung after {}", FormatDuration(hang_after_ms));
  {
    const FontScope small(UiFont(), 12.5f);
    list.AddText({from.x + pad, y_of(limit) + 1}, palette::kFaint, word.c_str());
  }
  const float step = width / static_cast<float>(FrameAges::kSeconds - 1);
  float x = to.x - step * static_cast<float>(ages.ms.size() - 1);
  for (const float ms : ages.ms) {
    list.PathLineTo({x, y_of(ms)});
    x += step;
  }
  if (ages.ms.size() < 2) return list.PathClear();
  list.PathStroke(most >= limit ? palette::kPink : palette::kAccent, 0,
                  std::max(1.5f, Em() * 0.1f));
}

void DrawFrames(const State& state, const GenerationState& g, const SubjectPanel& panel) {
  if (!g.frame) return;
  ImGui::Dummy({0, Em() * 0.1f});
  Text("Frame age", palette::kDim);
  ImGui::SameLine();
  const std::string now = panel.ages.ms.empty() ? "" : FormatDuration(panel.ages.ms.back());
  AlignRight(ImGui::CalcTextSize(now.c_str()).x);
  Text(now);
  DrawCurve(panel.ages, static_cast<double>(state.config->subject->health.hang_after.count()));
}

void DrawNone(const LaneState& lane, int number, const Post& post) {
  const bool given_up = lane.given_up.has_value();
  const Look look = given_up ? Look{Icon::Slash, palette::kBad, "given up"}
                             : Look{Icon::Ring, palette::kFaint, "not running"};
  DrawState(look, given_up ? *lane.given_up : lane.next_cause_text);
  if (!given_up) {
    const WrapScope wrap;
    Text("It is started when the first test needs it.", palette::kFaint);
  }
  ImGui::Dummy({0, Em() * 0.2f});
  DrawButtons(nullptr, number, post);
}

}  // namespace

void FrameAges::Record(GenerationId generation, Time now, double age_ms) {
  if (generation != of) *this = {.of = generation};
  const auto s = std::chrono::duration_cast<std::chrono::seconds>(now.since_start).count();
  const auto age = static_cast<float>(std::max(0.0, age_ms));
  if (s == second && !ms.empty()) {
    ms.back() = std::max(ms.back(), age);
    return;
  }
  // Seconds without an answer stand as they were, up to the width of the curve.
  const int64_t missed = second < 0 ? 0 : std::min<int64_t>(s - second - 1, kSeconds);
  for (int64_t i = 0; i < missed; ++i) ms.push_back(ms.back());
  second = s;
  ms.push_back(age);
  while (ms.size() > kSeconds) ms.pop_front();
}

void DrawSubject(const State& state, SubjectPanel& panel, const Post& post) {
  if (!state.config || !state.config->subject) {
    return EmptyState(Icon::Power, "No subject",
                      "These suites run without a live program. To put one under test, add a "
                      "[subject] with its command to proctor.toml.");
  }
  SectionTitle(state.config->subject->name);
  DrawLanes(state, panel.now, panel.desk);
  const LaneState& lane = Shown(state, panel);
  const int number = static_cast<int>(ShownLane(state, panel.desk));
  const GenerationState* const current = Current(state, lane);
  if (current == nullptr) {
    DrawNone(lane, number, post);
  } else {
    Record(*current, panel);
    DrawState(LookOfPhase(*current), current->reason);
    ImGui::Dummy({0, Em() * 0.1f});
    DrawButtons(current, number, post);
    ImGui::Dummy({0, Em() * 0.1f});
    DrawFacts(*current, panel);
    DrawFrames(state, *current, panel);
  }
  DrawSpares(state, lane, panel.now);
  DrawGenerations(state, panel);
}

}  // namespace proctor
