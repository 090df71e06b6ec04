#include "hooks/fences.h"

#include <imgui.h>

namespace proctor::hooks {
namespace {

constexpr ImVec4 kBad = {0.95f, 0.45f, 0.42f, 1};

Notice DrawContent(const Fence& fence) {
  ImGui::TextColored(kBad, "%s failed", fence.panel.c_str());
  ImGui::TextWrapped("%s", fence.error.c_str());
  if (fence.is == Fence::Is::UpForGood) {
    ImGui::TextWrapped("It failed again with a new ImGui context. Restart the program.");
    return Notice::Seen;
  }
  return ImGui::Button("Retry") ? Notice::RetryAsked : Notice::Seen;
}

}  // namespace

Escalation Failures::Add() {
  ++count_;
  if (count_ >= 2 * kEach) return Escalation::GiveUp;
  return count_ == kEach ? Escalation::NewContext : Escalation::Fence;
}

Notice DrawNotice(const Fence& fence) {
  Notice notice = Notice::Seen;
  if (fence.window.empty()) {
    const ImGuiChildFlags flags = ImGuiChildFlags_Borders | ImGuiChildFlags_AutoResizeY;
    if (ImGui::BeginChild(fence.panel.c_str(), {0, 0}, flags)) notice = DrawContent(fence);
    ImGui::EndChild();
    return notice;
  }
  if (ImGui::Begin(fence.window.c_str(), nullptr, fence.flags)) notice = DrawContent(fence);
  ImGui::End();
  return notice;
}

void DrawGivenUp(const std::string& error) {
  if (ImGui::Begin("This program cannot draw any more")) {
    ImGui::TextColored(kBad, "%s", error.c_str());
    ImGui::TextWrapped("Every new ImGui context broke again. Restart the program.");
  }
  ImGui::End();
}

}  // namespace proctor::hooks
