#include "app/panels/toolbar_panel.h"

#include <fmt/format.h>
#include <imgui.h>

#include <algorithm>
#include <cmath>

#include "app/format.h"
#include "app/scope.h"
#include "app/theme.h"
#include "app/widgets.h"
#include "core/config/config.h"

namespace proctor {
namespace {

constexpr RestartWhen kPolicies[] = {RestartWhen::Never, RestartWhen::Unhealthy, RestartWhen::File,
                                     RestartWhen::Class, RestartWhen::Test};

const char* Explained(RestartWhen when) {
  switch (when) {
    case RestartWhen::Never:
      return "never: go on with what there is";
    case RestartWhen::Unhealthy:
      return "unhealthy: before the next test, when it is not healthy";
    case RestartWhen::File:
      return "file: also for every test file";
    case RestartWhen::Class:
      return "class: also for every test class";
    case RestartWhen::Test:
      return "test: for every test";
  }
  return "";
}

void DrawBatchButtons(const State& state, const Post& post) {
  const bool running = IsRunning(state);
  {
    const DisabledScope disabled(running);
    if (IconButton("Run", Icon::Play, Tone::Primary)) post(BatchRequested{});
    ImGui::SetItemTooltip("Run everything (F5)");
  }
  ImGui::SameLine();
  {
    const DisabledScope disabled(running || state.counts.Bad() == 0);
    if (IconButton("Run failed", Icon::ReloadBad)) {
      post(BatchRequested{{.tests = BadTests(state)}});
    }
    ImGui::SetItemTooltip("Run what failed again (Ctrl+R)");
  }
  ImGui::SameLine();
  const DisabledScope disabled(!running);
  const bool asked = state.batch.stop.has_value();
  if (IconButton(asked ? "Stop now##stop" : "Stop##stop", Icon::Stop,
                 asked && running ? Tone::Danger : Tone::Plain)) {
    post(NextStop(state));
  }
  ImGui::SetItemTooltip(asked ? "Do not wait for the running test (Shift+F5)"
                              : "Stop after the running test (Shift+F5)");
}

void DrawSteppingControls(const State& state, const ToolbarPanel& panel, const Post& post) {
  const bool paused = state.batch.pace == Pace::Paused;
  {
    const DisabledScope disabled(state.batch.phase != BatchPhase::Running);
    if (IconButton(paused ? "Resume##pause" : "Pause##pause", paused ? Icon::Play : Icon::Pause,
                   paused ? Tone::Primary : Tone::Plain)) {
      post(NextPause(state));
    }
    ImGui::SetItemTooltip(paused ? "Go on (F6)"
                                 : "Every lane stands after the test that it runs (F6)");
    ImGui::SameLine(0, Em() * 0.2f);
    if (IconOnly("Step", Icon::Step, "One test more (F10)", palette::kText)) {
      post(StepRequested{static_cast<int>(ShownLane(state, panel.desk))});
    }
    ImGui::SameLine(0, Em() * 0.2f);
    if (IconOnly("To next failure", Icon::ToFailure, "Go on to the next failure (F9)",
                 palette::kText)) {
      post(RunToFailureRequested{});
    }
  }
  ImGui::SameLine(0, Em() * 0.3f);
  const bool hold = state.hold_on_failure;
  if (Toggle("Hold on failure", {Icon::Hold, palette::kWarning, ""}, "Hold", hold)) {
    post(HoldOnFailureChanged{!hold});
  }
  ImGui::SetItemTooltip(
      "A test that fails keeps its fixtures and its subject until you let go (Ctrl+H)");
}

void DrawSubjectControls(const State& state, const ToolbarPanel& panel, const Post& post) {
  const bool has_subject = state.config && state.config->subject;
  const DisabledScope disabled(!has_subject);
  if (IconButton("Restart subject", Icon::Reload)) {
    post(SubjectRestartRequested{static_cast<int>(ShownLane(state, panel.desk))});
  }
  ImGui::SetItemTooltip(has_subject ? "A fresh generation of the program under test (F7)"
                                    : "This configuration has no [subject]");
  ImGui::SameLine(0, Em());
  ImGui::AlignTextToFramePadding();
  Text("Restart when", palette::kDim);
  ImGui::SameLine();
  ImGui::SetNextItemWidth(Em() * 7);
  const ComboScope combo(
      BeginLabelledCombo("Restart when", std::string(ToString(state.restart)).c_str()));
  if (!combo) return;
  for (const RestartWhen when : kPolicies) {
    if (ImGui::Selectable(Explained(when), when == state.restart)) {
      post(RestartPolicyChanged{.when = when});
    }
  }
}

/// "running · 121 of 200 · 0:42 · about 20 s left"
std::string StatusText(const State& state, Time now) {
  const BatchState& batch = state.batch;
  const int done = state.counts.Total();
  switch (batch.phase) {
    case BatchPhase::None:
      return "No batch yet";
    case BatchPhase::Starting:
      return fmt::format("Starting  ·  {}", FormatClock(now - batch.started));
    case BatchPhase::Running: {
      const auto elapsed = now - batch.started;
      std::string text;
      if (batch.stop) {
        text = "Stopping";
      } else if (batch.pace == Pace::Paused) {
        text = fmt::format("Paused  ·  {} of {}", FormatCount(done), FormatCount(state.planned));
      } else if (!batch.collected && state.planned == 0) {
        text = "Collecting";
      } else {
        text = fmt::format("{} of {}", FormatCount(done), FormatCount(state.planned));
      }
      text += "  ·  " + FormatClock(elapsed);
      const auto remaining = EstimateRemaining(done, state.planned, elapsed);
      if (remaining && !batch.stop && batch.pace == Pace::Free)
        text += "  ·  " + FormatRemaining(*remaining);
      return text;
    }
    case BatchPhase::Ended: {
      const auto took = static_cast<double>((batch.ended - batch.started).count()) / 1e6;
      return fmt::format("{} in {}", FormatPlural(done, "test"), FormatDuration(took));
    }
  }
  return {};
}

void DrawCounts(const State& state) {
  for (int i = kOutcomes - 1; i >= 0; --i) {
    const auto outcome = static_cast<Outcome>(i);
    const int count = state.counts[outcome];
    if (count == 0) continue;
    const Look look = LookOf(outcome);
    InlineIcon(look);
    ImGui::SetItemTooltip("%s", std::string(look.word).c_str());
    ImGui::SameLine(0, Em() * 0.3f);
    Text(FormatCount(count), look.colour);
    ImGui::SetItemTooltip("%s", std::string(look.word).c_str());
    ImGui::SameLine(0, Em() * 0.8f);
  }
}

float CountsWidth(const State& state) {
  float width = 0;
  for (int i = 0; i < kOutcomes; ++i) {
    const int count = state.counts[static_cast<Outcome>(i)];
    if (count == 0) continue;
    width +=
        std::round(Em() * 0.78f) + Em() * 1.1f + ImGui::CalcTextSize(FormatCount(count).c_str()).x;
  }
  return width;
}

/// A bar of the outcomes' colours, the worst at the left.
void DrawProgressBar(const State& state) {
  const float width = ImGui::GetContentRegionAvail().x;
  const float height = std::round(Em() * 0.42f);
  const ImVec2 from = ImGui::GetCursorScreenPos();
  ImGui::Dummy({width, height});
  ImDrawList& list = *ImGui::GetWindowDrawList();
  const ImVec2 to{from.x + width, from.y + height};
  list.AddRectFilled(from, to, palette::kWell, height / 2);
  const int whole = std::max(state.planned, state.counts.Total());
  if (whole == 0) return;
  float x = from.x;
  for (int i = kOutcomes - 1; i >= 0; --i) {
    const auto outcome = static_cast<Outcome>(i);
    const int count = state.counts[outcome];
    if (count == 0) continue;
    float share = width * static_cast<float>(count) / static_cast<float>(whole);
    if (IsBad(outcome)) share = std::max(share, height);  // one failure of 100,000 is seen too
    const float end = std::min(x + share, to.x);
    const bool first = x == from.x, last = end >= to.x - 0.5f;
    const ImDrawFlags corners =
        (first ? ImDrawFlags_RoundCornersLeft : 0) | (last ? ImDrawFlags_RoundCornersRight : 0);
    list.AddRectFilled({x, from.y}, {end, to.y}, LookOf(outcome).colour, height / 2,
                       corners == 0 ? ImDrawFlags_RoundCornersNone : corners);
    x = end;
  }
}

}  // namespace

void DrawToolbar(const State& state, ToolbarPanel& panel, const Post& post) {
  DrawBatchButtons(state, post);
  ImGui::SameLine(0, Em());
  DrawSteppingControls(state, panel, post);
  ImGui::SameLine(0, Em());
  DrawSubjectControls(state, panel, post);
  const std::string status = StatusText(state, panel.now);
  const float help = ImGui::GetFrameHeight();
  const float kernels = ImGui::CalcTextSize("Kernels").x + Em() * 2.6f;
  const float wanted =
      CountsWidth(state) + Em() + ImGui::CalcTextSize(status.c_str()).x + Em() + kernels + help;
  ImGui::SameLine(0, Em());
  if (ImGui::GetContentRegionAvail().x < wanted) ImGui::NewLine();
  AlignRight(wanted);
  ImGui::AlignTextToFramePadding();
  if (state.counts.Total() > 0) {  // a line that goes on begins after something
    DrawCounts(state);
    ImGui::SameLine(0, Em() * 0.6f);
    ImGui::AlignTextToFramePadding();
  }
  Text(status, palette::kDim);
  ImGui::SameLine();
  const bool shows_kernels = panel.layout.page != 0;
  if (Toggle("Kernels##page", {Icon::Run, palette::kAccent, ""}, "Kernels", shows_kernels)) {
    panel.layout.page = shows_kernels ? 0 : 1;
  }
  ImGui::SetItemTooltip("The Jupyter kernels, or the tests (Ctrl+6)");
  ImGui::SameLine();
  if (IconOnly("keys##help", Icon::Keyboard, "The keys (F1)")) panel.help.open = true;
  DrawProgressBar(state);
}

}  // namespace proctor
