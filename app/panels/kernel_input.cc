#include "app/panels/kernel_input.h"

#include <imgui.h>
#include <misc/cpp/imgui_stdlib.h>

#include <algorithm>
#include <string_view>

#include "app/fonts.h"
#include "app/kernel_completion.h"
#include "app/scope.h"
#include "app/theme.h"
#include "app/widgets.h"

namespace proctor {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kCompletionPatience{5000};
constexpr float kMonoSize = 14.5f;
constexpr size_t kMostHistory = 500;

void Replace(ImGuiInputTextCallbackData& data, const std::string& text) {
  data.DeleteChars(0, data.BufTextLen);
  data.InsertChars(0, text.c_str());
  data.CursorPos = data.SelectionStart = data.SelectionEnd = data.BufTextLen;
}

/// Shows what was run before or after what is shown now.
void WalkHistory(KernelInput& input, ImGuiInputTextCallbackData& data, int by) {
  if (by < 0 ? input.shown == 0 : input.shown >= input.history.size()) return;
  if (input.shown == input.history.size()) input.draft.assign(data.Buf);
  input.shown = by < 0 ? input.shown - 1 : input.shown + 1;
  Replace(data, input.shown == input.history.size() ? input.draft : input.history[input.shown]);
}

/// Up in the first line and Down in the last leave the text for the history.
void WatchArrows(KernelInput& input, ImGuiInputTextCallbackData& data) {
  if (ImGui::GetIO().KeyMods != 0) return;
  const std::string_view text(data.Buf, static_cast<size_t>(data.BufTextLen));
  const auto before = static_cast<size_t>(std::clamp(input.cursor, 0, data.BufTextLen));
  const bool first = text.substr(0, before).find('\n') == std::string_view::npos;
  const bool last = text.substr(before).find('\n') == std::string_view::npos;
  if (first && ImGui::IsKeyPressed(ImGuiKey_UpArrow)) WalkHistory(input, data, -1);
  if (last && ImGui::IsKeyPressed(ImGuiKey_DownArrow)) WalkHistory(input, data, 1);
}

int OnEvent(ImGuiInputTextCallbackData* data) {
  auto& input = *static_cast<KernelInput*>(data->UserData);
  switch (data->EventFlag) {
    case ImGuiInputTextFlags_CallbackCharFilter: {
      const bool runs = data->EventChar == '\n' && ImGui::GetIO().KeyShift;
      input.run = input.run || runs;
      return runs ? 1 : 0;
    }
    case ImGuiInputTextFlags_CallbackCompletion:
      input.wants_completion = true;
      return 0;
    case ImGuiInputTextFlags_CallbackEdit:
      input.matches.clear();
      return 0;
    case ImGuiInputTextFlags_CallbackAlways:
      if (input.replacement) {
        Replace(*data, *input.replacement);
        data->CursorPos = data->SelectionStart = data->SelectionEnd =
            std::clamp(input.cursor, 0, data->BufTextLen);
        input.replacement.reset();
      } else {
        WatchArrows(input, *data);
      }
      input.cursor = data->CursorPos;
      return 0;
    default:
      return 0;
  }
}

void SetCode(KernelInput& input, std::string code, int cursor) {
  input.code = code;
  input.cursor = cursor;
  // A box that is being edited has a copy of its own, which it gives up in its callback alone.
  if (input.active) input.replacement = std::move(code);
}

void Ask(KernelInput& input, KernelSession& session, const std::function<void()>& wake) {
  const auto client = session.client();
  if (!client) return;
  input.asked = std::make_shared<CompletionSlot>();
  input.asked_of = input.code;
  input.matches.clear();
  client->Complete(input.code, CodePointOfByte(input.code, input.cursor), kCompletionPatience,
                   [slot = input.asked, wake](const Result<std::string, std::string>& reply) {
                     {
                       const std::lock_guard lock(slot->mutex);
                       slot->reply = reply ? *reply : std::string();
                     }
                     if (wake) wake();
                   });
}

/// Puts the match in the place of what it completes.
void Insert(KernelInput& input, const std::string& match) {
  const auto from = static_cast<size_t>(input.match_from);
  std::string code = input.code;
  code.replace(from, static_cast<size_t>(input.match_to - input.match_from), match);
  SetCode(input, std::move(code), input.match_from + static_cast<int>(match.size()));
}

void TakeCompletion(KernelInput& input) {
  if (!input.asked) return;
  std::string reply;
  {
    const std::lock_guard lock(input.asked->mutex);
    if (!input.asked->reply) return;
    reply = std::move(*input.asked->reply);
  }
  input.asked.reset();
  if (input.code != input.asked_of) return;  // it was about another text
  const KernelCompletion completion = ParseCompletion(reply, input.code);
  if (completion.matches.empty()) return;
  input.match_from = completion.from;
  input.match_to = completion.to;
  Insert(input, CommonStart(completion.matches));
  input.match_to = input.cursor;
  if (completion.matches.size() > 1) input.matches = completion.matches;
}

void DrawMatches(KernelInput& input) {
  if (input.matches.empty()) return;
  constexpr size_t kMostRows = 6;
  const auto rows = static_cast<float>(std::min(kMostRows, input.matches.size()));
  StyleScope well;
  well.Colour(ImGuiCol_ChildBg, palette::kWell);
  const ChildScope child("matches", {0, rows * ImGui::GetTextLineHeightWithSpacing() + Em() * 0.6f},
                         ImGuiChildFlags_Borders);
  if (!child) return;
  const FontScope mono(MonoFont(), kMonoSize);
  std::optional<std::string> chosen;
  for (const std::string& match : input.matches) {
    if (ImGui::Selectable(match.c_str())) chosen = match;
  }
  if (!chosen) return;
  Insert(input, *chosen);
  input.matches.clear();
}

}  // namespace

void Remember(KernelInput& input, const std::string& code) {
  if (input.history.empty() || input.history.back() != code) input.history.push_back(code);
  if (input.history.size() > kMostHistory) input.history.erase(input.history.begin());
  input.shown = input.history.size();
  input.draft.clear();
}

std::optional<std::string> DrawKernelInput(KernelInput& input, KernelSession* session,
                                           const std::function<void()>& wake, float height,
                                           bool enabled) {
  TakeCompletion(input);
  DrawMatches(input);
  {
    const FontScope mono(MonoFont(), kMonoSize);
    const DisabledScope disabled(!enabled);
    constexpr ImGuiInputTextFlags kFlags =
        ImGuiInputTextFlags_CallbackCompletion | ImGuiInputTextFlags_CallbackAlways |
        ImGuiInputTextFlags_CallbackCharFilter | ImGuiInputTextFlags_CallbackEdit;
    ImGui::InputTextMultiline("##code", &input.code, {-1, height}, kFlags, OnEvent, &input);
    input.active = ImGui::IsItemActive();
    if (input.wants_completion && session != nullptr) Ask(input, *session, wake);
    input.wants_completion = false;
    if (input.run) {
      input.run = false;
      std::string code = std::exchange(input.code, {});
      SetCode(input, {}, 0);
      if (!code.empty()) return code;
    }
  }
  return std::nullopt;
}

}  // namespace proctor
