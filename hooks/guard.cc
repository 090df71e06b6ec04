#include "hooks/guard.h"

#include <imgui.h>
#include <imgui_internal.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <utility>

#include "hooks/assert_failure.h"
#include "hooks/backtrace.h"
#include "hooks/balance.h"
#include "hooks/gui_health.h"
#include "hooks/landing.h"
#include "hooks/new_context.h"

namespace proctor::hooks {
namespace {

/// A try mostly ends at least one more scope, and programs seldom nest deeper.
constexpr int kMostTries = 32;
/// New contexts since the last reset after which a program that breaks another is not
/// drawn any more.
constexpr int kMostNewContexts = 3;

void ErrorCallback(ImGuiContext*, void* guard, const char* message) {
  static_cast<Guard*>(guard)->OnImGuiError(message);
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
  const Part part = RunMended(what, draw);
  if (part.cause == Cause::Caught) {
    Escalate(failures_[std::string(what)].Add());
  } else if (const auto failed = failures_.find(what); failed != failures_.end()) {
    failed->second.Clear();
  }
  EndOutermost(part);
}

void Guard::RunPanel(std::string_view panel, const std::function<void()>& draw) {
  EndOutermost(RunFenced(panel, draw));
}

Guard::Part Guard::RunFenced(std::string_view panel, const std::function<void()>& draw) {
  auto found = fences_.find(panel);
  if (found == fences_.end()) {
    found = fences_.emplace(panel, Fence{.panel = std::string(panel)}).first;
  }
  Fence& fence = found->second;
  if (fence.is != Fence::Is::Down) {
    Notice notice = Notice::Seen;
    const Part part = RunMended("notice", [&] { notice = DrawNotice(fence); });
    if (notice == Notice::Seen) return part;
    fence.is = Fence::Is::Down;  // and is drawn from the next frame on
    Publish();
    return part;
  }
  const Part part = RunMended(panel, draw);
  if (part.cause == Cause::Caught) {
    RaiseFence(fence, part);
  } else {
    fence.failures.Clear();
  }
  return part;
}

Guard::Part Guard::RunMended(std::string_view what, const std::function<void()>& draw) {
  ListenToAsserts(this);
  const ImGuiContext* const context = ImGui::GetCurrentContext();
  // Outside of a frame there is no window whose state could be stored or mended.
  if (context == nullptr || context->CurrentWindow == nullptr) return {RunCatching(what, draw)};
  Attach();
  if (depth_ == 0) FollowReset();
  const Balance before = Balance::Now();
  ++depth_;
  Part part;
  cause_known_ = false;
  const Balance* const around = std::exchange(begun_, &before);
  if (stopped_ && depth_ == 1) {
    part.cause = RunCatching(what, [this] { DrawGivenUp(last_error_); });
  } else {
    part.cause = RunCatching(what, draw);
  }
  const ImGuiWindow* const begun =
      part.cause == Cause::Caught ? before.WindowBegunSince() : nullptr;
  if (begun != nullptr) {
    part.window = begun->Name;
    part.window_flags = begun->Flags;
  }
  Mend(before);
  begun_ = around;
  --depth_;
  if (depth_ == 0) part.unmended = before.Difference();
  return part;
}

void Guard::Mend(const Balance& before) {
  mending_ = true;
  const auto restore = [&before] { before.Restore(); };
  Balance reached = Balance::Now();
  for (int tries = 0; tries < kMostTries; ++tries) {
    if (RunCatching("mending", restore) == Cause::None) break;
    if (reached.Difference().empty()) break;  // the same scope failed to end again
    reached = Balance::Now();
  }
  mending_ = false;
}

void Guard::EndOutermost(const Part& part) {
  if (depth_ > 0 || (part.unmended.empty() && !renewal_due_)) return;
  Renew(part.unmended.empty() ? "the same part failed again and again" : part.unmended);
  if (!part.unmended.empty() && new_contexts_ > kMostNewContexts) stopped_ = given_up_ = true;
  Publish();
}

void Guard::Renew(std::string_view why) {
  std::fprintf(stderr, "hooks: ImGui gets a new context: %.*s%s\n", static_cast<int>(why.size()),
               why.data(), renewal_due_ ? "" : " could not be mended");
  renewal_due_ = false;
  ++new_contexts_;
  mending_ = true;
  RunCatching("a new context", RenewContext);
  mending_ = false;
}

/// The notice takes the panel's place, if that is a window that anything can be drawn in.
void Guard::RaiseFence(Fence& fence, const Part& part) {
  constexpr int kNoPlace = ImGuiWindowFlags_ChildWindow | ImGuiWindowFlags_Tooltip |
                           ImGuiWindowFlags_Popup | ImGuiWindowFlags_Modal |
                           ImGuiWindowFlags_ChildMenu;
  constexpr int kKept = ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoResize |
                        ImGuiWindowFlags_NoCollapse | ImGuiWindowFlags_NoTitleBar |
                        ImGuiWindowFlags_NoSavedSettings;
  const bool within_window = !ImGui::GetCurrentContext()->CurrentWindow->IsFallbackWindow;
  const bool in_place = !part.window.empty() && (part.window_flags & kNoPlace) == 0;
  fence.window = in_place ? part.window : within_window ? "" : fence.panel + " failed";
  fence.flags = in_place ? part.window_flags & kKept : ImGuiWindowFlags_AlwaysAutoResize;
  fence.error = last_error_;
  const Escalation to = fence.failures.Add();
  // A new context is worth a try at once; nobody has to ask for it.
  fence.is = to == Escalation::Fence        ? Fence::Is::Up
             : to == Escalation::NewContext ? Fence::Is::Down
                                            : Fence::Is::UpForGood;
  Escalate(to);
  Publish();
}

void Guard::Escalate(Escalation to) {
  if (to == Escalation::Fence || given_up_) return;
  if (to == Escalation::NewContext) {
    renewal_due_ = true;
    return;
  }
  given_up_ = true;
  std::fprintf(stderr, "hooks: given up until a restart or a reset: %s\n", last_error_.c_str());
  Publish();
}

void Guard::FollowReset() {
  const uint64_t resets = health_.resets();
  if (resets == resets_) return;
  resets_ = resets;
  fences_.clear();
  failures_.clear();
  new_contexts_ = 0;
  given_up_ = stopped_ = false;
  Publish();
}

void Guard::Publish() {
  GuardState state{.new_contexts = new_contexts_, .given_up = given_up_};
  for (const auto& [panel, fence] : fences_) {
    if (fence.is != Fence::Is::Down) state.fenced.push_back(panel);
  }
  health_.SetGuard(std::move(state));
}

Guard::Cause Guard::RunCatching(std::string_view what, const std::function<void()>& draw) {
  const CatchingAsserts catching;
  Landing landing;
  try {
    if (setjmp(landing.place()) != 0) landing.Rethrow();
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
               .line = failure.line,
               .window_stack = failure.window_stack},
              failure.backtrace);
}

void Guard::OnUncaughtAssert(const AssertFailure& failure) {
  RecordAssert("outside of the guard", failure);
}

/// The windows that an exception came through. Scope objects have ended theirs on its way: the
/// first that its part began is known all the same.
std::vector<std::string> Guard::WindowsAtCatch() const {
  std::vector<std::string> windows = WindowStack();
  const ImGuiWindow* const begun = begun_ != nullptr ? begun_->WindowBegunSince() : nullptr;
  if (begun == nullptr) return windows;
  const bool open = std::find(windows.begin(), windows.end(), begun->Name) != windows.end();
  if (!open) windows.emplace_back(begun->Name);
  return windows;
}

void Guard::RecordCause(std::string_view what, ErrorRecord record,
                        const std::vector<void*>& addresses) {
  if (mending_ && cause_known_) return RecordEcho(record.message);
  cause_known_ = true;
  if (record.kind == "exception") {
    record.window_stack = WindowsAtCatch();
  } else if (record.kind != "assert") {  // an assert has the throw's
    record.window_stack = WindowStack();
  }
  record.window = record.window_stack.empty() ? "" : record.window_stack.back();
  last_error_ = ReasonOf(record);
  telling_ = health_.IsNew(record);
  if (telling_) {
    record.backtrace = Symbolise(addresses);
    Log(what, record);
  }
  health_.Record(std::move(record));
  health_.CountRecovered();
}

/// What mending comes upon after the cause is known follows from it.
void Guard::RecordEcho(std::string_view message) {
  health_.CountRecovered();
  if (!telling_) return;
  std::fprintf(stderr, "hooks: mended: %.*s\n", static_cast<int>(message.size()), message.data());
  health_.AddEcho(message);
}

void Guard::OnImGuiError(const char* message) {
  if (mending_ && cause_known_) return RecordEcho(message);
  RecordCause("ImGui", {.kind = "unbalanced", .message = message}, CaptureBacktrace());
}

}  // namespace proctor::hooks
