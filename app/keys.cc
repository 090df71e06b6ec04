// The keys that work everywhere; help_panel.cc lists them for the user.

#include <imgui.h>

#include <algorithm>

#include "app/workbench.h"

namespace proctor {
namespace {

bool Pressed(ImGuiKeyChord chord) {
  return ImGui::Shortcut(chord, ImGuiInputFlags_RouteGlobal);
}

void HandleBatchKeys(const State& state, const Post& post) {
  const bool running = IsRunning(state);
  if (Pressed(ImGuiKey_F5) && !running) post(BatchRequested{});
  if (Pressed(ImGuiMod_Shift | ImGuiKey_F5) && running) post(NextStop(state));
  if (Pressed(ImGuiMod_Ctrl | ImGuiKey_R) && !running && state.counts.Bad() > 0) {
    post(BatchRequested{{.tests = BadTests(state)}});
  }
}

void HandleSteppingKeys(const State& state, const Desk& desk, const Post& post) {
  const int lane = static_cast<int>(ShownLane(state, desk));
  const bool running = state.batch.phase == BatchPhase::Running;
  if (Pressed(ImGuiKey_F6) && running) post(NextPause(state));
  if (Pressed(ImGuiKey_F10) && running) post(StepRequested{lane});
  if (Pressed(ImGuiKey_F9) && running) post(RunToFailureRequested{});
  if (Pressed(ImGuiMod_Ctrl | ImGuiKey_H)) post(HoldOnFailureChanged{!state.hold_on_failure});
  if (Pressed(ImGuiMod_Ctrl | ImGuiMod_Shift | ImGuiKey_H) && running) {
    post(ReleaseRequested{lane, Release::Aside});
  }
  if (Pressed(ImGuiKey_F7)) post(SubjectRestartRequested{lane});
}

/// What the buttons beside the picked test or file do, where they can.
void HandlePickedKeys(const State& state, Desk& desk, const Post& post) {
  const bool again = Pressed(ImGuiMod_Shift | ImGuiKey_F10);
  const bool fresh = Pressed(ImGuiMod_Ctrl | ImGuiKey_F10);
  const bool next = Pressed(ImGuiMod_Ctrl | ImGuiKey_J);
  const bool skip = Pressed(ImGuiMod_Ctrl | ImGuiKey_K);
  if ((!again && !fresh && !next && !skip) || !IsRunning(state)) return;
  const Picked picked = FindPicked(state, desk);
  std::string why_not = picked.file == nullptr ? "nothing is picked" : "";
  if (why_not.empty() && (again || fresh)) {
    why_not = picked.test == nullptr ? "a file is picked" : WhyNoRerun(state, desk.hint);
    const Fixtures fixtures = fresh ? Fixtures::Fresh : Fixtures::Kept;
    if (why_not.empty()) post(RerunRequested{picked.test->id, fixtures});
  } else if (why_not.empty() && next) {
    why_not = WhyNoJump(state, *picked.file);
    if (why_not.empty()) post(JumpRequested{picked.file->path});
  } else if (why_not.empty()) {
    why_not = HasRest(*picked.file) ? "" : "nothing is left of it";
    if (why_not.empty()) post(SkipFileRequested{picked.file->path});
  }
  if (!why_not.empty()) desk.remark = "Not now: " + why_not;
}

void HandleZoomKeys(LayoutSettings& layout) {
  constexpr float kStep = 1.1f, kLeast = 0.5f, kMost = 4.0f;
  const bool larger = Pressed(ImGuiMod_Ctrl | ImGuiKey_Equal) ||
                      Pressed(ImGuiMod_Ctrl | ImGuiMod_Shift | ImGuiKey_Equal) ||
                      Pressed(ImGuiMod_Ctrl | ImGuiKey_KeypadAdd);
  const bool smaller =
      Pressed(ImGuiMod_Ctrl | ImGuiKey_Minus) || Pressed(ImGuiMod_Ctrl | ImGuiKey_KeypadSubtract);
  if (larger) layout.zoom = std::min(layout.zoom * kStep, kMost);
  if (smaller) layout.zoom = std::max(layout.zoom / kStep, kLeast);
  if (Pressed(ImGuiMod_Ctrl | ImGuiKey_0)) layout.zoom = 1;
}

/// The next bad test after the picked one, in the order of the tree, or before it;
/// around the end.
std::optional<TestRef> NextBad(const State& state, Desk& desk, int by) {
  std::vector<TestRef> bad;
  for (uint32_t f = 0; f < state.files.size(); ++f) {
    const FileState& file = state.files[f];
    if (file.counts.Bad() == 0) continue;
    for (uint32_t t = 0; t < file.tests.size(); ++t) {
      const TestState& test = file.tests[t];
      if (test.progress == TestProgress::Done && IsBad(test.outcome)) bad.push_back({f, t});
    }
  }
  if (bad.empty()) return std::nullopt;
  const Picked picked = FindPicked(state, desk);
  const auto before = [](TestRef a, TestRef b) {
    return a.file != b.file ? a.file < b.file : a.test < b.test;
  };
  if (picked.file == nullptr) return by > 0 ? bad.front() : bad.back();
  if (by > 0) {
    const auto next = std::upper_bound(bad.begin(), bad.end(), desk.hint, before);
    return next == bad.end() ? bad.front() : *next;
  }
  const auto next = std::lower_bound(bad.begin(), bad.end(), desk.hint, before);
  return next == bad.begin() ? bad.back() : *(next - 1);
}

void GoToBad(const State& state, Desk& desk, int by) {
  const auto next = NextBad(state, desk, by);
  if (!next) {
    desk.remark = "No test has failed";
    return;
  }
  PickTest(desk, state, *next);
  desk.reveal = true;
}

}  // namespace

void HandleGlobalKeys(const State& state, Workbench& bench, const Post& post) {
  if (Pressed(ImGuiKey_F1)) bench.help.open = !bench.help.open;
  HandleBatchKeys(state, post);
  HandleSteppingKeys(state, bench.desk, post);
  HandlePickedKeys(state, bench.desk, post);
  HandleZoomKeys(bench.layout);
  if (Pressed(ImGuiKey_F8)) GoToBad(state, bench.desk, 1);
  if (Pressed(ImGuiMod_Shift | ImGuiKey_F8)) GoToBad(state, bench.desk, -1);
  if (Pressed(ImGuiMod_Ctrl | ImGuiKey_F)) bench.tree.focus_filter = true;
  if (Pressed(ImGuiMod_Ctrl | ImGuiKey_1)) bench.tree.focus_list = true;
  const auto show = [&](ImGuiKey key, BottomTab tab) {
    if (Pressed(ImGuiMod_Ctrl | key)) bench.layout.bottom_tab = static_cast<int>(tab);
  };
  show(ImGuiKey_2, BottomTab::Output);
  show(ImGuiKey_3, BottomTab::Notes);
  show(ImGuiKey_4, BottomTab::Notices);
  show(ImGuiKey_5, BottomTab::Ledger);
  if (Pressed(ImGuiMod_Ctrl | ImGuiKey_6)) bench.layout.page = OtherPage(bench.layout.page);
}

}  // namespace proctor
