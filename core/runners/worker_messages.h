#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/model/effect.h"
#include "core/model/event.h"

namespace proctor {

/// The lines that Proctor and a pytest worker send each other over the control
/// socket: one JSON object each, with a "type". hooks/python/proctor is the other
/// end. Pure functions.

inline constexpr int kWorkerProtocol = 1;

/// What the worker said, as an event. Errors: a sentence about what is wrong with
/// the line, which no worker of ours would write.
Result<Event, std::string> ParseWorkerMessage(WorkerId worker, std::string_view line);

std::string ToLine(const RunTests&);
std::string ToLine(const StopRun&);
std::string ToLine(const FinishWorker&);
std::string ToLine(const RefuseSubject&);
std::string ToLine(const DropTest&);
std::string ToLine(const HoldOnFailure&);
std::string ToLine(const ReleaseTest&);
std::string ToLine(const LetGo&);

/// What a test is told of the generation that it was granted.
struct GrantedSubject {
  std::string test;
  uint64_t generation = 0;
  int port = 0, pid = 0;
  std::string url, token, workspace, display;
  std::string kernel;      ///< its id under /api/kernels; empty: it is none
  std::string health_url;  ///< what health() asks, and where in the answer it looks
  std::string healthy, reason, detail, frame;
  std::string log;            ///< the file that its output goes to
  std::string evidence;       ///< the folder for what is kept of a failure; not made yet
  int64_t limit_ms = 0;       ///< what the test may take
  std::string health;         ///< the last known
  std::optional<int64_t> at;  ///< the frame that it was known of
};
std::string ToLine(const GrantedSubject&);

/// One rule of a notebook suite's `sanitize`, as the plugin reads it.
std::string SanitizingRule(const std::string& pattern, const std::string& replace);

}  // namespace proctor
