#pragma once
// The routes of the trace.
//
//   GET /api/trace?since=SEQ&cat=request,frame   Chrome's trace format, for Perfetto
//   GET /api/frames?last=N                       the timing of the last frames

#include <cstdint>
#include <functional>
#include <set>
#include <string>

#include "hooks/http.h"
#include "hooks/trace.h"

namespace proctor::hooks {

/// What the trace holds from that sequence number on, in Chrome's trace format; of these
/// kinds alone where any are given.
std::string ToChromeJson(const std::string& app, const std::string& version, const Trace& trace,
                         uint64_t since = 0, const std::set<TraceKind>& kinds = {});

struct TraceRoutes {
  std::function<void(const char* method, const char* pattern, Handler handler)> add;
  std::string app, version;
  std::function<void()> before;  ///< called before the trace is read
};

/// `trace` has to outlive the routes.
void AddTraceRoutes(const TraceRoutes& routes, const Trace& trace);

}  // namespace proctor::hooks
