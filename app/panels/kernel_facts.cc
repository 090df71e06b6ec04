#include "app/panels/kernel_facts.h"

#include <fmt/format.h>
#include <imgui.h>

#include <algorithm>
#include <cmath>

#include "app/format.h"
#include "app/kernel_words.h"
#include "app/panels/kernel_look.h"
#include "app/scope.h"
#include "app/theme.h"
#include "app/widgets.h"

namespace proctor {
namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t kMostCalls = 400;

void Fact(const char* name, const std::string& value) {
  if (value.empty()) return;
  ImGui::TableNextRow();
  ImGui::TableNextColumn();
  Text(name, palette::kDim);
  ImGui::TableNextColumn();
  CutText(value, ImGui::GetContentRegionAvail().x);
}

std::string Heartbeat(const KernelStatus& status) {
  if (status.activity == KernelActivity::Dead) return "";
  if (status.missed_heartbeats > 0) {
    return FormatPlural(status.missed_heartbeats, "beat") + " missed";
  }
  // Not its age, which would change with every beat and keep an idle window drawing.
  return status.heartbeat == Clock::time_point{} ? "" : "answers";
}

std::string Starts(const KernelView& kernel) {
  if (kernel.attached) return "";
  return kernel.spare_ready ? fmt::format("{}, a spare is ready", kernel.starts)
                            : std::to_string(kernel.starts);
}

void DrawFacts(const KernelView& kernel) {
  const TableScope table(ImGui::BeginTable("facts", 2, ImGuiTableFlags_SizingFixedFit));
  if (!table) return;
  ImGui::TableSetupColumn("name");
  ImGui::TableSetupColumn("value", ImGuiTableColumnFlags_WidthStretch);
  const SessionView none;
  const SessionView& session = kernel.session ? *kernel.session : none;
  Fact("Language", kernel.language + (session.info.language_version.empty() ? "" : " ") +
                       session.info.language_version);
  if (kernel.pid > 0) Fact("Process", std::to_string(kernel.pid));
  Fact("Started", Starts(kernel));
  if (kernel.generation != 0) Fact("Generation", std::to_string(kernel.generation));
  Fact("Executed", std::to_string(session.status.execution_count));
  Fact("Heartbeat", Heartbeat(session.status));
  if (kernel.sandbox != "none") Fact("Sandbox", kernel.sandbox);
  Fact("Folder", kernel.cwd.string());
  Fact("Connection", kernel.connection_file.string());
  Fact("Log", kernel.log.string());
}

const char* Word(HookPhase phase) {
  switch (phase) {
    case HookPhase::Preparation:
      return "preparation";
    case HookPhase::PreExecution:
      return "before it ran";
    case HookPhase::PostExecution:
      return "after it ran";
    case HookPhase::OnFinish:
      return "finish";
  }
  return "";
}

std::string FirstLine(const std::string& code) {
  return code.substr(0, code.find('\n'));
}

/// A call's line: a dot on the thread of its request, when it came, and what it was told.
void DrawCall(const HookCall& call, double since_first_ms, bool last) {
  const float height = std::round(Em() * 1.3f);
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float x = at.x + Em() * 0.5f, y = at.y + height / 2;
  const Look look = LookOf(call.outcome);
  ImDrawList& list = *ImGui::GetWindowDrawList();
  list.AddLine({x, at.y - (height - Em()) / 2}, {x, last ? y : at.y + height}, palette::kBorder,
               std::max(1.0f, Em() * 0.1f));
  list.AddCircleFilled({x, y}, Em() * 0.24f, look.colour);
  ImGui::SetCursorScreenPos({at.x + Em() * 1.2f, at.y + (height - Em()) / 2});
  Text(Word(call.phase), palette::kDim);
  if (call.outcome != HookOutcome::Pending) {
    ImGui::SameLine(0, Em() * 0.5f);
    Text(look.word, look.colour);
  }
  const std::string time = "+" + FormatDuration(since_first_ms);
  ImGui::SameLine();
  const float width = ImGui::CalcTextSize(time.c_str()).x;
  if (ImGui::GetContentRegionAvail().x >= width) {
    AlignRight(width);
    Text(time, palette::kFaint);
  }
  ImGui::SetCursorScreenPos({at.x, at.y + height});
  ImGui::Dummy({0, 0});
}

/// The calls of each request together, the newest request first.
void DrawTimeline(const std::vector<HookCall>& calls) {
  std::vector<RequestId> order;
  for (auto call = calls.rbegin(); call != calls.rend(); ++call) {
    if (std::find(order.begin(), order.end(), call->request) == order.end()) {
      order.push_back(call->request);
    }
  }
  constexpr size_t kMostRequests = 30;
  if (order.size() > kMostRequests) order.resize(kMostRequests);
  StyleScope tight;
  tight.Var(ImGuiStyleVar_ItemSpacing, ImVec2{Em() * 0.3f, 0});
  for (const RequestId request : order) {
    std::vector<const HookCall*> of;
    for (const HookCall& call : calls) {
      if (call.request == request) of.push_back(&call);
    }
    ImGui::Dummy({0, Em() * 0.25f});
    Text(fmt::format("#{}", request), palette::kAccent);
    ImGui::SameLine(0, Em() * 0.5f);
    CutText(FirstLine(of.front()->code), ImGui::GetContentRegionAvail().x);
    for (const HookCall* const call : of) {
      const std::chrono::duration<double, std::milli> since = call->at - of.front()->at;
      DrawCall(*call, since.count(), call == of.back());
    }
  }
}

}  // namespace

void HookTimeline::Follow(KernelSession& session) {
  HookRecorder& recorder = session.recorder();
  if (of != &session || recorder.size() < next) *this = {.of = &session};
  for (HookCall& call : recorder.Calls(next)) {
    call.outputs.clear();
    next = call.number + 1;
    calls.push_back(std::move(call));
  }
  if (calls.size() > kMostCalls) {
    calls.erase(calls.begin(), calls.end() - static_cast<std::ptrdiff_t>(kMostCalls));
  }
}

void DrawKernelFacts(const KernelView& kernel, KernelSession* session, HookTimeline& timeline) {
  SectionTitle(kernel.display_name.empty() ? kernel.kernel : kernel.display_name);
  DrawFacts(kernel);
  ImGui::Dummy({0, Em() * 0.3f});
  SectionTitle("Hooks");
  if (session == nullptr) return;
  timeline.Follow(*session);
  const ChildScope child("timeline");
  if (!child) return;
  if (timeline.calls.empty()) {
    const WrapScope wrap;
    return Text("What each phase of a request was given appears here.", palette::kFaint);
  }
  DrawTimeline(timeline.calls);
}

}  // namespace proctor
