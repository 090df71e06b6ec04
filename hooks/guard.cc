#include "hooks/guard.h"

#include <imgui.h>
#include <imgui_internal.h>

#include <cstdio>
#include <exception>

#include "hooks/assert_failure.h"
#include "hooks/backtrace.h"
#include "hooks/gui_health.h"

namespace proctor::hooks {
namespace {

void ErrorCallback(ImGuiContext*, void* guard, const char* message) {
  static_cast<Guard*>(guard)->OnImGuiError(message);
}

std::string CurrentWindow() {
  const ImGuiContext* context = ImGui::GetCurrentContext();
  if (context == nullptr || context->CurrentWindow == nullptr) return "";
  return context->CurrentWindow->Name;
}

void Log(std::string_view what, const ErrorRecord& record) {
  std::fprintf(stderr, "hooks: %.*s: %s in window '%s': %s", static_cast<int>(what.size()),
               what.data(), record.kind.c_str(), record.window.c_str(), record.message.c_str());
  if (!record.file.empty()) std::fprintf(stderr, " (%s:%d)", record.file.c_str(), record.line);
  std::fputc('\n', stderr);
}

}  // namespace

Guard::~Guard() {
  if (ListenerToAsserts() == this) ListenToAsserts(nullptr);
  ImGuiContext* context = ImGui::GetCurrentContext();
  if (context != nullptr && context->ErrorCallbackUserData == this) {
    context->ErrorCallback = nullptr;
    context->ErrorCallbackUserData = nullptr;
    context->IO.ConfigErrorRecoveryEnableDebugLog = true;  // ImGui wants one way to tell errors
  }
}

void Guard::Attach() {
  ImGuiContext& context = *ImGui::GetCurrentContext();
  context.ErrorCallback = ErrorCallback;
  context.ErrorCallbackUserData = this;
  context.IO.ConfigErrorRecovery = true;
  context.IO.ConfigErrorRecoveryEnableAssert = false;
  // The callback tells it all. A tooltip would be drawn while stacks are being mended,
  // and would lie over what a test is about to click.
  context.IO.ConfigErrorRecoveryEnableDebugLog = false;
  context.IO.ConfigErrorRecoveryEnableTooltip = false;
}

void Guard::Run(std::string_view what, const std::function<void()>& draw) {
  ListenToAsserts(this);
  const ImGuiContext* const context = ImGui::GetCurrentContext();
  // Outside of a frame there is no window whose state could be stored or mended.
  if (context == nullptr || context->CurrentWindow == nullptr) {
    RunCatching(what, draw);
    return;
  }
  Attach();
  ImGuiErrorRecoveryState before;
  ImGui::ErrorRecoveryStoreState(&before);
  const Cause cause = RunCatching(what, draw);
  mending_after_throw_ = cause == Cause::Caught;
  RunCatching("mending", [&before] { ImGui::ErrorRecoveryTryToRecoverState(&before); });
  mending_after_throw_ = false;
}

Guard::Cause Guard::RunCatching(std::string_view what, const std::function<void()>& draw) {
  const CatchingAsserts catching;
  try {
    draw();
    return Cause::None;
  } catch (const AssertFailure& failure) {
    RecordAssert(what, failure);
  } catch (const std::exception& error) {
    RecordCause(what, {.kind = "exception", .message = error.what()}, {});
  } catch (...) {
    RecordCause(what, {.kind = "exception", .message = "an exception of an unknown type"}, {});
  }
  return Cause::Caught;
}

void Guard::RecordAssert(std::string_view what, const AssertFailure& failure) {
  RecordCause(what,
              {.kind = "assert",
               .message = failure.message,
               .expression = failure.expression,
               .file = failure.file,
               .line = failure.line},
              failure.backtrace);
}

void Guard::OnUncaughtAssert(const AssertFailure& failure) {
  RecordAssert("outside of the guard", failure);
}

void Guard::RecordCause(std::string_view what, ErrorRecord record,
                        const std::vector<void*>& addresses) {
  record.window = CurrentWindow();
  telling_ = health_.IsNew(record);
  if (telling_) {
    record.backtrace = Symbolise(addresses);
    Log(what, record);
  }
  health_.Record(std::move(record));
  health_.CountRecovered();
}

void Guard::OnImGuiError(const char* message) {
  if (mending_after_throw_) {
    if (telling_) std::fprintf(stderr, "hooks: mended: %s\n", message);
    health_.CountRecovered();
    return;
  }
  RecordCause("ImGui", {.kind = "unbalanced", .message = message}, CaptureBacktrace());
}

}  // namespace proctor::hooks
