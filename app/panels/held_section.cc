#include "app/panels/held_section.h"

#include <fmt/format.h>
#include <imgui.h>

#include "app/fonts.h"
#include "app/scope.h"
#include "app/theme.h"
#include "app/widgets.h"

namespace proctor {
namespace {

const char* Word(TestPhase phase) {
  switch (phase) {
    case TestPhase::Setup:
      return "in its setup";
    case TestPhase::Call:
      return "in its call";
    case TestPhase::Teardown:
      return "in its teardown";
  }
  return "";
}

const GenerationState* SubjectOf(const State& state, const LaneState& lane) {
  if (!lane.current || *lane.current >= state.generations.size()) return nullptr;
  return &state.generations[*lane.current];
}

/// Null where the state does not have it.
const TestState* TestOf(const State& state, TestRef ref) {
  if (ref.file >= state.files.size()) return nullptr;
  const auto& tests = state.files[ref.file].tests;
  return ref.test < tests.size() ? &tests[ref.test] : nullptr;
}

void DrawReleases(int lane, bool aside, const Post& post) {
  if (aside) {
    if (IconButton("Let go##held", Icon::Play, Tone::Primary)) {
      post(ReleaseRequested{lane, Release::Continue});
    }
    ImGui::SetItemTooltip("Tear it down, and end its worker and its subject");
    return;
  }
  if (IconButton("Continue##held", Icon::Play, Tone::Primary)) {
    post(ReleaseRequested{lane, Release::Continue});
  }
  ImGui::SetItemTooltip("Tear it down, and go on with the next test");
  ImGui::SameLine();
  if (IconButton("Rerun##held", Icon::Reload)) post(ReleaseRequested{lane, Release::Rerun});
  ImGui::SetItemTooltip("The test once more, with its module's and class's fixtures as they are");
  ImGui::SameLine();
  if (IconButton("Restart##held", Icon::Power)) post(ReleaseRequested{lane, Release::Restart});
  ImGui::SetItemTooltip("Tear it down, and go on with a fresh generation of the subject");
  ImGui::SameLine();
  if (IconButton("Set aside##held", Icon::Split)) post(ReleaseRequested{lane, Release::Aside});
  ImGui::SetItemTooltip(
      "Keep it as it is, and go on with the rest meanwhile on a fresh worker and generation");
}

void DrawAttach(const GenerationState& g, Desk& desk) {
  for (const std::string& command : AttachCommands(g)) {
    const IdScope id(command.c_str());
    if (IconOnly(fmt::format("copy {}", command).c_str(), Icon::Copy, "Copy")) {
      ImGui::SetClipboardText(command.c_str());
      desk.remark = "Copied " + command;
    }
    ImGui::SameLine(0, Em() * 0.3f);
    ImGui::AlignTextToFramePadding();
    const FontScope mono(MonoFont());
    CutText(command, ImGui::GetContentRegionAvail().x, palette::kDim);
  }
}

}  // namespace

std::shared_ptr<const TestDetails> HeldDetails::Of(const State& state, TestRef test) {
  const auto holder = HolderOf(state, test);
  if (!holder || !state.lanes[*holder].draft) {
    *this = {};
    return nullptr;
  }
  const LaneState& lane = state.lanes[*holder];
  const TestState* const held = TestOf(state, test);
  const int attempt = held != nullptr ? held->attempt : 0;
  if (!details_ || worker_ != lane.worker || test_ != test || attempt_ != attempt) {
    worker_ = lane.worker;
    test_ = test;
    attempt_ = attempt;
    details_ = std::make_shared<const TestDetails>(lane.draft->details);
  }
  return details_;
}

void DrawHeldBanner(const State& state, size_t lane_number, Desk& desk, const Post& post) {
  const LaneState& lane = state.lanes[lane_number];
  const GenerationState* const g = SubjectOf(state, lane);
  const IdScope id("held");
  Banner({Icon::Hold, palette::kWarning, ""},
         fmt::format("{}: it failed {}, on lane {}", lane.aside ? "Kept aside" : "Held",
                     Word(lane.held_in), lane_number),
         g != nullptr ? fmt::format("Its fixtures are alive, and generation {} is as the failure "
                                    "left it, until you let go.",
                                    g->id.value)
                      : "Its fixtures are alive until you let go.");
  DrawReleases(static_cast<int>(lane_number), lane.aside, post);
  if (g != nullptr) DrawAttach(*g, desk);
  ImGui::Dummy({0, Em() * 0.2f});
}

void DrawOtherHeld(const State& state, Desk& desk) {
  for (size_t i = 0; i < state.lanes.size(); ++i) {
    const auto& held = state.lanes[i].held;
    const TestState* const test = held ? TestOf(state, *held) : nullptr;
    if (test == nullptr || test->id == desk.test) continue;
    const IdScope id(static_cast<int>(i));
    if (IconButton("Show##held", Icon::Hold)) {
      PickTest(desk, state, *held);
      desk.reveal = true;
    }
    ImGui::SameLine(0, Em() * 0.4f);
    ImGui::AlignTextToFramePadding();
    CutText(
        fmt::format("Lane {} {} {}", i, state.lanes[i].aside ? "keeps aside" : "holds", test->id),
        ImGui::GetContentRegionAvail().x, palette::kWarning);
  }
}

}  // namespace proctor
