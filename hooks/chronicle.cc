#include "hooks/chronicle.h"

#include <utility>

#include "hooks/board_routes.h"
#include "hooks/server.h"
#include "hooks/ui/ui_routes.h"

namespace proctor::hooks {
namespace {

constexpr size_t kLongestText = 4096;

std::string Short(std::string_view text) {
  if (text.size() <= kLongestText) return std::string(text);
  size_t end = kLongestText;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;  // whole letters
  return std::string(text.substr(0, end)) + "…";
}

std::string_view ToString(LogLevel level) {
  switch (level) {
    case LogLevel::Debug:
      return "debug";
    case LogLevel::Info:
      return "info";
    case LogLevel::Warning:
      return "warning";
    case LogLevel::Error:
      return "error";
  }
  return "info";
}

}  // namespace

void Chronicle::OnRequest(const AnsweredRequest& request) {
  const int64_t start = trace_.At(request.begun);
  trace_.Add({.kind = TraceKind::Request,
              .name = Short(request.method + " " + request.path),
              .start = start,
              .duration = trace_.Now() - start,
              .arguments = {{"method", request.method},
                            {"path", Short(request.path)},
                            {"status", int64_t{request.status}}}});
}

void Chronicle::OnUi(const ui::Played& played) {
  const int64_t start = trace_.At(played.begun);
  const std::string target = Short(played.target);
  TraceEvent event{.kind = TraceKind::Ui,
                   .name = played.action + (target.empty() ? "" : " " + target),
                   .start = start,
                   .duration = trace_.Now() - start,
                   .arguments = {{"action", played.action},
                                 {"target", target},
                                 {"frame", static_cast<int64_t>(played.frame)},
                                 {"frames", static_cast<int64_t>(played.frames)}}};
  if (!played.error.empty()) event.arguments.push_back({"error", Short(played.error)});
  trace_.Add(std::move(event));
}

void Chronicle::OnAction(const ActionRan& ran) {
  const int64_t start = trace_.At(ran.begun);
  TraceEvent event{.kind = TraceKind::Action,
                   .name = ran.name,
                   .start = start,
                   .duration = trace_.Now() - start};
  if (!ran.error.empty()) event.arguments.push_back({"error", Short(ran.error)});
  trace_.Add(std::move(event));
}

void Chronicle::OnError(const ErrorRecord& record) {
  trace_.Add({.kind = TraceKind::Assert,
              .name = Short(record.message),
              .start = trace_.Now(),
              .arguments = {{"kind", record.kind},
                            {"expression", record.expression},
                            {"file", record.file},
                            {"line", int64_t{record.line}},
                            {"window", record.window},
                            {"frame", static_cast<int64_t>(record.frame)}}});
}

void Chronicle::OnLog(LogLevel level, std::string_view text) {
  trace_.Add({.kind = TraceKind::Log,
              .name = Short(text),
              .start = trace_.Now(),
              .arguments = {{"level", std::string(ToString(level))}}});
}

void Chronicle::OnHealth(const HealthSnapshot& taken) {
  Turned(taken.state, taken.degraded_reason.value_or(""), taken.frame, trace_.Now());
}

void Chronicle::Turned(HealthState to, std::string reason, uint64_t frame, int64_t when) {
  const std::lock_guard lock(mutex_);
  if (to == state_) return;
  const std::string from(hooks::ToString(std::exchange(state_, to)));
  trace_.Add({.kind = TraceKind::Health,
              .name = std::string(hooks::ToString(to)),
              .start = when,
              .arguments = {{"from", from},
                            {"to", std::string(hooks::ToString(to))},
                            {"reason", Short(reason)},
                            {"frame", static_cast<int64_t>(frame)}}});
}

void Chronicle::OnFrameBegin() {
  trace_.frames().Begin(trace_.Now());
}

Chronicle::Look Chronicle::OnFrameEnd(uint64_t number) {
  const int64_t now = trace_.Now();
  const int64_t took = trace_.frames().End(now, number);
  const int64_t limit = std::chrono::nanoseconds(hang_after_).count();
  if (took <= limit) return number == 1 ? Look::AtHealth : Look::NotNeeded;
  // Nobody may have asked while it hung: it is told as of when it began to.
  Turned(HealthState::Hung, "frame " + std::to_string(number) + " took too long", number,
         now - took + limit);
  return Look::AtHealth;
}

}  // namespace proctor::hooks
