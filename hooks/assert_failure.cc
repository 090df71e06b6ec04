#include "hooks/assert_failure.h"

#include <imgui.h>
#include <imgui_internal.h>

#include <cstdio>
#include <exception>
#include <string_view>

#include "hooks/backtrace.h"
#include "hooks/imgui/proctor_imgui_config.h"
#include "hooks/landing.h"

namespace proctor::hooks {
namespace {

/// The text in `x > 0 && "text"`, ImGui's way of giving an assert a message.
std::string MessageOf(std::string_view expression) {
  const size_t end = expression.rfind('"');
  const size_t conjunction = expression.find("&& \"");
  if (end == std::string_view::npos || conjunction == std::string_view::npos) {
    return std::string(expression);
  }
  const size_t begin = conjunction + 4;
  if (begin >= end) return std::string(expression);
  return std::string(expression.substr(begin, end - begin));
}

thread_local int catching = 0;
thread_local AssertListener* listening = nullptr;

/// ImGui's own vectors check their bounds by asserts: one that is passed over is a write
/// out of bounds.
bool GuardsMemory(std::string_view file) {
  return file.ends_with("imgui.h") || file.ends_with("imgui_internal.h");
}

AssertFailure FailureOf(const char* expression, const char* file, int line) {
  AssertFailure failure;
  failure.message = MessageOf(expression);
  failure.expression = expression;
  failure.file = file;
  failure.line = line;
  failure.backtrace = CaptureBacktrace();
  failure.window_stack = WindowStack();
  return failure;
}

}  // namespace

std::vector<std::string> WindowStack() {
  const ImGuiContext* const context = ImGui::GetCurrentContext();
  std::vector<std::string> names;
  if (context == nullptr) return names;
  for (const ImGuiWindowStackData& entry : context->CurrentWindowStack) {
    if (!entry.Window->IsFallbackWindow) names.emplace_back(entry.Window->Name);
  }
  return names;
}

CatchingAsserts::CatchingAsserts() {
  ++catching;
}
CatchingAsserts::~CatchingAsserts() {
  --catching;
}

void ListenToAsserts(AssertListener* listener) {
  listening = listener;
}
AssertListener* ListenerToAsserts() {
  return listening;
}

void OnAssertFailed(const char* expression, const char* file, int line) {
  // A scope object's End() may assert while an exception passes it. The guard is
  // about to mend what that leaves; the first exception is the cause to be kept.
  if (std::uncaught_exceptions() > 0) {
    std::fprintf(stderr, "hooks: assert while unwinding: %s (%s:%d)\n", expression, file, line);
    if (GuardsMemory(file)) {
      Landing::Land(std::make_exception_ptr(FailureOf(expression, file, line)));
    }
    return;
  }
  AssertFailure failure = FailureOf(expression, file, line);
  if (catching == 0 && listening != nullptr) return listening->OnUncaughtAssert(failure);
  throw failure;
}

}  // namespace proctor::hooks
