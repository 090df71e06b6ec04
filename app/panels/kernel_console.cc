#include "app/panels/kernel_console.h"

#include <fmt/format.h>
#include <imgui.h>
#include <misc/cpp/imgui_stdlib.h>

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

/// What stands beside a request's number: how it ended, or that it did not yet.
void DrawCellHead(const OutputCell& cell, const SessionView& session) {
  const RequestId id = cell.log->id();
  Look look{Icon::Hourglass, palette::kDim, "waits"};
  std::string note = "waits";
  if (cell.result) {
    look = LookOf(cell.result->end);
    note = cell.result->cancelled ? "dropped" : FormatDuration(cell.result->duration_ms);
  } else if (session.in_flight == id) {
    look = {Icon::Run, palette::kAccent, "runs"};
    note = "runs";
  }
  InlineIcon(look);
  ImGui::SetItemTooltip("%s", std::string(look.word).c_str());
  ImGui::SameLine(0, Em() * 0.4f);
  Text(fmt::format("#{}", id), palette::kDim);
  ImGui::SameLine(0, Em() * 0.6f);
  Text(note, palette::kFaint);
}

void DrawEnd(const OutputCell& cell) {
  if (!cell.result) return;
  const RequestEnd end = cell.result->end;
  if (end == RequestEnd::Ok || end == RequestEnd::Error) return;
  const Look look = LookOf(end);
  Banner(look, std::string(look.word), cell.result->reason);
}

void DrawCell(const OutputCell& cell, const ConsoleView& view, KernelConsole& console) {
  const IdScope id(static_cast<int>(cell.log->id()));
  DrawCellHead(cell, *view.kernel.session);
  console.widgets.DrawCode(cell.log->id(), cell.log->code());
  for (const OutputPiece& piece : cell.pieces) console.widgets.Draw(piece, view.wake);
  DrawEnd(cell);
  ImGui::Dummy({0, Em() * 0.2f});
}

void DrawTranscript(const ConsoleView& view, KernelConsole& console) {
  console.widgets.BeginFrame();
  for (const OutputCell& cell : console.transcript.cells()) DrawCell(cell, view, console);
  console.widgets.EndFrame();
  // Scrolling up is the wish to read; being back at the end is the wish to follow.
  const float wheel = ImGui::IsWindowHovered() ? ImGui::GetIO().MouseWheel : 0;
  if (wheel > 0) console.follow = false;
  if (wheel < 0 && ImGui::GetScrollY() >= ImGui::GetScrollMaxY()) console.follow = true;
  if (console.follow) ImGui::SetScrollHereY(1);
}

/// The kernel waits for a line, and nothing goes on without it.
void DrawAskedLine(const ConsoleView& view, KernelConsole& console) {
  const SessionView& session = *view.kernel.session;
  const std::string prompt =
      session.input_prompt.empty() ? "The kernel waits for a line" : session.input_prompt;
  InlineIcon({Icon::Keyboard, palette::kWarning, ""});
  ImGui::SameLine(0, Em() * 0.4f);
  Text(prompt, palette::kWarning);
  const ImGuiInputTextFlags hidden = session.input_is_password ? ImGuiInputTextFlags_Password : 0;
  bool sent = false;
  {
    const WidthScope width(ImGui::GetContentRegionAvail().x - ButtonWidth("Send") -
                           ImGui::GetStyle().ItemSpacing.x);
    sent = ImGui::InputText("##line", &console.line, ImGuiInputTextFlags_EnterReturnsTrue | hidden);
  }
  ImGui::SameLine();
  sent = IconButton("Send##line", Icon::Play, Tone::Primary) || sent;
  if (sent) view.session->ReplyToInput(std::exchange(console.line, {}));
}

void Run(const ConsoleView& view, KernelConsole& console, const std::string& code) {
  Remember(console.input, code);
  console.follow = true;
  ExecuteRequest request;
  request.code = code;
  request.allow_stdin = true;
  (void)view.session->Submit(std::move(request));
}

void DrawBox(const ConsoleView& view, KernelConsole& console, float height) {
  const std::string why = WhyNoRequest(view.kernel);
  const bool speaks = view.session && why.empty();
  const auto typed = DrawKernelInput(console.input, view.session.get(), view.wake, height, speaks);
  if (typed && speaks) Run(view, console, *typed);
  {
    const DisabledScope disabled(!speaks || console.input.code.empty());
    if (IconButton("Run##kernel", Icon::Play, Tone::Primary)) {
      const std::string code = std::exchange(console.input.code, {});
      Run(view, console, code);
    }
  }
  ImGui::SameLine();
  const std::string keys = "Shift+Enter runs  ·  Tab completes  ·  Up, Down: what ran before";
  const std::string& hint = speaks || why.empty() ? keys : why;
  const float room = ImGui::GetContentRegionAvail().x;
  if (ImGui::CalcTextSize(hint.c_str()).x > room) {  // a text that is cut sits on no baseline
    ImGui::SetCursorPosY(ImGui::GetCursorPosY() + ImGui::GetStyle().FramePadding.y);
  }
  CutText(hint, room, palette::kFaint);
}

/// How much of the height the parts below the output take.
float HeightBelow(const ConsoleView& view, const KernelConsole& console, float box) {
  const float line = ImGui::GetFrameHeightWithSpacing();
  float height = box + line + ImGui::GetStyle().ItemSpacing.y;
  if (view.kernel.session->awaits_input) height += line + Em() * 1.5f;
  const auto rows = static_cast<float>(std::min<size_t>(6, console.input.matches.size()));
  if (rows > 0) height += rows * ImGui::GetTextLineHeightWithSpacing() + Em() * 1.2f;
  return height;
}

}  // namespace

void KernelConsole::Forget() {
  widgets.Forget();
}

void DrawConsole(const ConsoleView& view, KernelConsole& console) {
  DrawKernelControls(view);
  if (!view.session || !view.kernel.session) return;
  if (console.of != view.session.get()) {
    console.of = view.session.get();
    console.transcript = {};
    console.widgets.Forget();
  }
  console.transcript.Follow(*view.kernel.session);
  const float box = std::round(Em() * 5.2f);
  const float room = ImGui::GetContentRegionAvail().y - HeightBelow(view, console, box);
  {
    const ChildScope output("output", {0, std::max(Em() * 4, room)}, 0,
                            ImGuiWindowFlags_HorizontalScrollbar);
    if (output) {
      if (console.transcript.cells().empty()) {
        EmptyState(Icon::Tail, "Nothing ran yet",
                   "What is run here, by a test or over HTTP appears with its output.");
      } else {
        DrawTranscript(view, console);
      }
    }
  }
  if (view.kernel.session->awaits_input) DrawAskedLine(view, console);
  DrawBox(view, console, box);
}

}  // namespace proctor
