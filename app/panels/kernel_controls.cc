#include <fmt/format.h>
#include <imgui.h>

#include "app/fonts.h"
#include "app/format.h"
#include "app/kernel_words.h"
#include "app/panels/kernel_console.h"
#include "app/panels/kernel_look.h"
#include "app/scope.h"
#include "app/theme.h"
#include "app/widgets.h"

namespace proctor {
namespace {

constexpr float kStateSize = 19.0f;

void DrawState(const KernelView& kernel) {
  const KernelCondition condition = ConditionOf(kernel);
  {
    const FontScope large(BoldFont(), kStateSize);
    const Look look = LookOf(condition.activity);
    InlineIcon(look);
    ImGui::SameLine(0, Em() * 0.45f);
    Text(look.word, look.colour);
  }
  ImGui::SameLine(0, Em() * 0.8f);
  ImGui::AlignTextToFramePadding();
  std::string about = fmt::format("{}  {}", kernel.id, kernel.display_name);
  if (condition.since) {
    const auto age = std::chrono::steady_clock::now() - *condition.since;
    const bool busy = condition.activity == KernelActivity::Busy;
    about = fmt::format("since {}  ·  {}", busy ? FormatClock(age) : FormatAge(age), about);
  }
  if (kernel.session && kernel.session->status.foreign) about += "  ·  somebody else uses it";
  CutText(about, ImGui::GetContentRegionAvail().x, palette::kDim);
  if (condition.reason.empty()) return;
  const WrapScope wrap;
  Text(condition.reason, palette::kDim);
}

void Say(const ConsoleView& view, const Result<void, std::string>& asked) {
  if (!asked) view.desk.remark = asked.error();
}

void DrawEnding(const ConsoleView& view) {
  const KernelView& kernel = view.kernel;
  {
    const DisabledScope disabled(kernel.attached || kernel.generation != 0);
    if (IconButton("Restart##kernel", Icon::Reload)) Say(view, view.host.Restart(kernel.id));
  }
  ImGui::SetItemTooltip("A fresh process; a spare takes its place where one is ready");
  ImGui::SameLine();
  const DisabledScope disabled(kernel.generation != 0);
  if (kernel.attached) {
    if (IconButton("Let go##kernel", Icon::Close)) Say(view, view.host.Shutdown(kernel.id));
  } else if (IconButton("Shut down##kernel", Icon::Power, Tone::Danger)) {
    Say(view, view.host.Shutdown(kernel.id));
  }
}

/// What is queued behind a loop that nobody drives any more is dropped, and said so.
void Toggled(const ConsoleView& view, KernelSession& session, bool driven) {
  if (!driven) return session.StartLoop();
  const size_t dropped = session.StopLoop().size();
  if (dropped > 0)
    view.desk.remark = FormatPlural(static_cast<int64_t>(dropped), "request") + " dropped";
}

void DrawLoop(const ConsoleView& view, KernelSession& session) {
  const SessionView& shown = *view.kernel.session;
  if (Toggle("step by step##kernel", {Icon::Hold, palette::kAccent, ""}, "Step by step",
             shown.driven)) {
    Toggled(view, session, shown.driven);
  }
  ImGui::SetItemTooltip("What is run waits until it is stepped");
  ImGui::SameLine();
  const DisabledScope disabled(!shown.driven || shown.queued.empty() || shown.in_flight != 0);
  if (IconButton("Step##kernel", Icon::Step)) (void)session.StepLoop();
}

void DrawQueue(const SessionView& session) {
  if (session.in_flight == 0 && session.queued.empty()) return;
  std::string text;
  if (session.in_flight != 0) text = fmt::format("#{} runs", session.in_flight);
  constexpr size_t kMost = 12;
  for (size_t i = 0; i < session.queued.size() && i < kMost; ++i) {
    text += i == 0 ? (text.empty() ? "" : "  ·  ") : ", ";
    text += fmt::format("#{}", session.queued[i]);
  }
  if (!session.queued.empty()) text += session.queued.size() == 1 ? " waits" : " wait";
  CutText(text, ImGui::GetContentRegionAvail().x, palette::kDim);
}

}  // namespace

void DrawKernelControls(const ConsoleView& view) {
  DrawState(view.kernel);
  const bool speaks = view.session && view.kernel.session && WhyNoRequest(view.kernel).empty();
  {
    const bool busy = speaks && (view.kernel.session->in_flight != 0 ||
                                 ConditionOf(view.kernel).activity == KernelActivity::Busy);
    const DisabledScope disabled(!busy);
    if (IconButton("Interrupt##kernel", Icon::Stop)) view.session->Interrupt();
  }
  ImGui::SameLine();
  DrawEnding(view);
  if (!speaks) return;
  ImGui::SameLine(0, Em());
  const float loop = Em() * 3 + ImGui::CalcTextSize("Step by step").x + ButtonWidth("Step");
  if (ImGui::GetContentRegionAvail().x < loop) ImGui::NewLine();
  DrawLoop(view, *view.session);
  DrawQueue(*view.kernel.session);
}

}  // namespace proctor
