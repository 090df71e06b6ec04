#include "app/panels/pick_actions.h"

#include <imgui.h>

#include "app/scope.h"
#include "app/widgets.h"

namespace proctor {
namespace {

BatchRequested OfItsOwn(const State& state, const FileState& file, const TestState& test) {
  return {{.paths = WholeFile(state, file).paths, .tests = {test.id}}};
}

void Tooltip(const std::string& why_not, const char* otherwise) {
  if (!ImGui::IsItemHovered(ImGuiHoveredFlags_ForTooltip | ImGuiHoveredFlags_AllowWhenDisabled)) {
    return;
  }
  if (why_not.empty()) return ImGui::SetTooltip("%s", otherwise);
  ImGui::SetTooltip("Not now: %s", why_not.c_str());
}

constexpr const char* kKept = "Again in this batch, its module's and class's fixtures as they are";
constexpr const char* kFresh = "Again in this batch, with fresh fixtures";

}  // namespace

void DrawTestButtons(const State& state, const Picked& picked, TestRef ref, const Post& post) {
  const bool running = IsRunning(state);
  const std::string why_not = running ? WhyNoRerun(state, ref) : "";
  const DisabledScope disabled(!why_not.empty());
  if (IconButton("Run this", Icon::Play)) {
    if (running)
      post(RerunRequested{picked.test->id, Fixtures::Kept});
    else
      post(OfItsOwn(state, *picked.file, *picked.test));
  }
  Tooltip(why_not, running ? kKept : "A batch of this test");
  if (!running) return;
  ImGui::SameLine();
  if (IconButton("Run fresh", Icon::Reload)) {
    post(RerunRequested{picked.test->id, Fixtures::Fresh});
  }
  Tooltip(why_not, kFresh);
}

void DrawFileButtons(const State& state, const FileState& file, const Post& post) {
  if (!IsRunning(state)) {
    if (IconButton("Run this file", Icon::Play)) post(BatchRequested{WholeFile(state, file)});
    return;
  }
  const std::string why_not = WhyNoJump(state, file);
  {
    const DisabledScope disabled(!why_not.empty());
    if (IconButton("Run next", Icon::Play)) post(JumpRequested{file.path});
    Tooltip(why_not, "This file comes next, on the lane that is free first");
  }
  ImGui::SameLine();
  const DisabledScope disabled(!HasRest(file));
  if (IconButton("Skip rest", Icon::Skip)) post(SkipFileRequested{file.path});
  Tooltip(HasRest(file) ? "" : "nothing is left of it", "What is left of it becomes not_run");
}

void DrawTestMenu(const State& state, const FileState& file, TestRef ref, const Post& post) {
  const TestState& test = file.tests[ref.test];
  if (!IsRunning(state)) {
    if (ImGui::MenuItem("Run this test")) post(OfItsOwn(state, file, test));
    return;
  }
  const bool can = WhyNoRerun(state, ref).empty();
  if (ImGui::MenuItem("Run this test again", nullptr, false, can)) {
    post(RerunRequested{test.id, Fixtures::Kept});
  }
  if (ImGui::MenuItem("Run it with fresh fixtures", nullptr, false, can)) {
    post(RerunRequested{test.id, Fixtures::Fresh});
  }
}

void DrawFileMenu(const State& state, const FileState& file, const Post& post) {
  if (!IsRunning(state)) {
    if (ImGui::MenuItem("Run this file")) post(BatchRequested{WholeFile(state, file)});
    return;
  }
  if (ImGui::MenuItem("Run this file next", nullptr, false, WhyNoJump(state, file).empty())) {
    post(JumpRequested{file.path});
  }
  if (ImGui::MenuItem("Skip the rest of this file", nullptr, false, HasRest(file))) {
    post(SkipFileRequested{file.path});
  }
}

}  // namespace proctor
