// The lanes' and spares' part of the subject panel.

#include "app/panels/lanes.h"

#include <fmt/format.h>
#include <imgui.h>

#include "app/format.h"
#include "app/scope.h"
#include "app/theme.h"
#include "app/widgets.h"

namespace proctor {
namespace {

const TestState* RunningTest(const State& state, const LaneState& lane) {
  if (!lane.draft || lane.draft->test.file >= state.files.size()) return nullptr;
  const auto& tests = state.files[lane.draft->test.file].tests;
  return lane.draft->test.test < tests.size() ? &tests[lane.draft->test.test] : nullptr;
}

Look LookOfLane(const State& state, const LaneState& lane) {
  if (lane.held) return {Icon::Hold, palette::kWarning, lane.aside ? "kept aside" : "held"};
  if (IsStanding(state, lane)) return {Icon::Pause, palette::kWarning, "stands"};
  if (lane.draft) return {Icon::Run, palette::kAccent, "runs"};
  if (lane.phase == LanePhase::Collecting) return {Icon::Search, palette::kAccent, "collects"};
  if (lane.waiting) return {Icon::Hourglass, palette::kDim, "waits for its subject"};
  return {Icon::Ring, palette::kFaint, "idle"};
}

/// "runs test_undo", "stands"
std::string Doing(const State& state, const LaneState& lane, const Look& look) {
  const TestState* const test = RunningTest(state, lane);
  if (test == nullptr) return std::string(look.word);
  return test->name;
}

void DrawLane(const State& state, size_t number, bool chosen, Desk& desk) {
  const LaneState& lane = state.lanes[number];
  const IdScope id(static_cast<int>(number));
  const Look look = LookOfLane(state, lane);
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float height = Em() * 2.7f;
  bool clicked = false;
  {
    StyleScope hidden;  // the label names the row for who drives it
    hidden.Colour(ImGuiCol_Text, 0);
    clicked = ImGui::Selectable(fmt::format("lane {}", number).c_str(), chosen, 0, {0, height});
  }
  if (clicked) desk.lane = number;
  const ImVec2 after = ImGui::GetCursorScreenPos();
  ImGui::SetCursorScreenPos({at.x + Em() * 0.3f, at.y + Em() * 0.15f});
  InlineIcon(look);
  ImGui::SameLine(0, Em() * 0.4f);
  std::string title = fmt::format("Lane {}", number);
  if (lane.current && *lane.current < state.generations.size()) {
    const GenerationState& g = state.generations[*lane.current];
    title += fmt::format("  ·  generation {} {}", g.id.value, LookOf(g.health).word);
  }
  if (!lane.spares.empty()) {
    title += "  ·  " + FormatPlural(static_cast<int64_t>(lane.spares.size()), "spare");
  }
  CutText(title, ImGui::GetContentRegionAvail().x);
  ImGui::SetCursorScreenPos({at.x + Em() * 1.5f, at.y + Em() * 1.4f});
  const ImU32 colour = lane.held ? palette::kWarning : palette::kDim;
  const char* const verb = lane.aside ? "keeps aside " : "holds ";
  CutText((lane.held ? verb : "") + Doing(state, lane, look), ImGui::GetContentRegionAvail().x,
          colour);
  ImGui::SetCursorScreenPos(after);
  ImGui::Dummy({0, 0});
}

}  // namespace

void DrawLanes(const State& state, Time, Desk& desk) {
  if (state.lanes.size() < 2) return;
  const size_t shown = ShownLane(state, desk);
  for (size_t i = 0; i < state.lanes.size(); ++i) {
    const LaneState& lane = state.lanes[i];
    const bool was_let_go = lane.aside && !lane.worker && !lane.current;
    if (!was_let_go) DrawLane(state, i, i == shown, desk);
  }
  ImGui::Separator();
  ImGui::Dummy({0, Em() * 0.1f});
}

std::string SpareText(const GenerationState& spare, Time now) {
  if (spare.phase == SubjectPhase::Up && spare.was_ready) {
    return "ready for " + FormatAge(now - spare.ready);
  }
  if (spare.phase == SubjectPhase::Stopping) return "thrown away";
  return "starting for " + FormatAge(now - spare.started);
}

void DrawSpares(const State& state, const LaneState& lane, Time now) {
  if (lane.spares.empty() && lane.no_spares.empty()) return;
  ImGui::Dummy({0, Em() * 0.2f});
  SectionTitle("Spares");
  for (const size_t i : lane.spares) {
    if (i >= state.generations.size()) continue;
    const GenerationState& spare = state.generations[i];
    InlineIcon(LookOf(spare.health));
    ImGui::SameLine(0, Em() * 0.4f);
    CutText(fmt::format("generation {}, {}", spare.id.value, SpareText(spare, now)),
            ImGui::GetContentRegionAvail().x, palette::kDim);
  }
  if (lane.no_spares.empty()) return;
  const WrapScope wrap;
  Text("There will be no more: " + lane.no_spares, palette::kWarning);
}

}  // namespace proctor
