// The list part of the subject panel.

#include <fmt/format.h>
#include <imgui.h>

#include <cmath>

#include "app/fonts.h"
#include "app/format.h"
#include "app/panels/subject_panel.h"
#include "app/scope.h"
#include "app/theme.h"
#include "app/widgets.h"

namespace proctor {
namespace {

std::string StartedBecause(const GenerationState& g) {
  if (!g.cause_text.empty()) return g.cause_text;
  switch (g.cause) {
    case SpawnCause::First:
      return "The first one.";
    case SpawnCause::Policy:
      return "The restart policy asks for a fresh one here.";
    case SpawnCause::Unhealthy:
      return "The one before was not healthy.";
    case SpawnCause::Asked:
      return "Somebody asked for a restart.";
    case SpawnCause::Spare:
      return "A spare, to be ready before it is needed.";
  }
  return {};
}

/// Null where it had none in this batch.
const TestState* LastTest(const State& state, const GenerationState& g) {
  if (!g.last_test || g.last_test->file >= state.files.size()) return nullptr;
  const auto& tests = state.files[g.last_test->file].tests;
  return g.last_test->test < tests.size() ? &tests[g.last_test->test] : nullptr;
}

std::string Exit(const GenerationState& g) {
  if (!g.exit.signal.empty()) return g.exit.signal;
  if (g.exit.code) return fmt::format("exit code {}", *g.exit.code);
  return "";
}

Look LookOfEnd(const GenerationState& g) {
  if (g.phase != SubjectPhase::Ended) return LookOf(g.health);
  const bool calm = g.health == Health::Healthy && g.exit.signal.empty();
  if (calm) return {Icon::Ring, palette::kDim, "ended"};
  return LookOf(g.health);
}

/// "1.2 s cold  ·  12 tests  ·  SIGSEGV"
std::string Facts(const GenerationState& g) {
  std::string facts;
  const auto add = [&](const std::string& fact) {
    if (fact.empty()) return;
    facts += (facts.empty() ? "" : "  ·  ") + fact;
  };
  if (g.was_ready) add(FormatDuration((g.ready - g.started).count() / 1e6) + " to start");
  if (g.was_spare) add("spare");
  add(FormatPlural(g.tests_served, "test"));
  if (g.phase == SubjectPhase::Ended) {
    add(Exit(g));
    add("lived " + FormatAge(g.ended - g.started));
  }
  if (!g.leaked.empty()) add(FormatPlural(static_cast<int64_t>(g.leaked.size()), "leak"));
  return facts;
}

void DrawTooltip(const State& state, const GenerationState& g) {
  if (!ImGui::IsItemHovered(ImGuiHoveredFlags_ForTooltip)) return;
  const TooltipScope tooltip(ImGui::BeginTooltip());
  ImGui::PushTextWrapPos(Em() * 36);
  Text(fmt::format("Generation {}, process {}", g.id.value, g.pid));
  Text("Started: " + StartedBecause(g), palette::kDim);
  if (!g.reason.empty()) Text(g.reason);
  if (const TestState* last = LastTest(state, g)) Text("Last test: " + last->id, palette::kDim);
  for (const std::string& process : g.leaked) Text("Left behind: " + process, palette::kWarning);
  if (!g.crash.empty()) {
    ImGui::Separator();
    const FontScope mono(MonoFont(), 13.0f);
    Text(g.crash, palette::kDim);
  } else if (!g.log_tail.empty() && g.phase == SubjectPhase::Ended) {
    ImGui::Separator();
    const FontScope mono(MonoFont(), 13.0f);
    constexpr size_t kTail = 800;
    const std::string_view tail = g.log_tail;
    Text(tail.size() > kTail ? tail.substr(tail.find('\n', tail.size() - kTail) + 1) : tail,
         palette::kDim);
  }
  ImGui::PopTextWrapPos();
}

void DrawGeneration(const State& state, const GenerationState& g, Desk& desk) {
  const IdScope id(static_cast<int>(g.id.value));
  const Look look = LookOfEnd(g);
  ImGui::BeginGroup();
  InlineIcon(look);
  ImGui::SameLine(0, Em() * 0.4f);
  {
    const FontScope bold(BoldFont());
    Text(fmt::format("{}", g.id.value));
  }
  ImGui::SameLine(0, Em() * 0.5f);
  Text(look.word, look.colour);
  ImGui::SameLine(0, Em() * 0.6f);
  CutText(Facts(g), ImGui::GetContentRegionAvail().x, palette::kFaint);
  const std::string why =
      g.phase == SubjectPhase::Ended && !g.reason.empty() ? g.reason : StartedBecause(g);
  ImGui::Indent(Em() * 1.18f);
  {
    const WrapScope wrap;
    Text(why, palette::kDim);
  }
  ImGui::Unindent(Em() * 1.18f);
  ImGui::EndGroup();
  ImGui::SetCursorScreenPos(ImGui::GetItemRectMin());
  const std::string name = fmt::format("generation {}", g.id.value);
  const bool clicked = ImGui::InvisibleButton(name.c_str(), ImGui::GetItemRectSize());
  DrawTooltip(state, g);
  if (clicked && LastTest(state, g) != nullptr) {
    PickTest(desk, state, *g.last_test);
    desk.reveal = true;
  }
}

}  // namespace

void DrawGenerations(const State& state, SubjectPanel& panel) {
  if (state.generations.empty()) return;
  ImGui::Dummy({0, Em() * 0.3f});
  ImGui::Separator();
  ImGui::Dummy({0, Em() * 0.1f});
  SectionTitle("Generations");
  // The newest hundred: a list that is read, not searched.
  constexpr size_t kMost = 100;
  const size_t count = state.generations.size();
  for (size_t i = count; i > 0 && count - i < kMost; --i) {
    DrawGeneration(state, state.generations[i - 1], panel.desk);
    ImGui::Dummy({0, Em() * 0.1f});
  }
}

}  // namespace proctor
