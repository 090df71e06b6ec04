#include "hooks/trace_routes.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string_view>
#include <utility>
#include <variant>

namespace proctor::hooks {
namespace {

using Json = nlohmann::ordered_json;

constexpr uint64_t kFramesAsked = 120;

std::string Dumped(const Json& body) {
  return body.dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// Three decimals of a microsecond are a nanosecond.
double Us(int64_t ns) {
  return static_cast<double>(ns) / 1e3;
}

double Ms(int64_t ns) {
  return std::round(static_cast<double>(ns) / 1e3) / 1e3;
}

/// The number in the query; `otherwise` without one, nothing where it is none.
std::optional<uint64_t> Number(const HttpRequest& request, const char* name, uint64_t otherwise) {
  const std::string text = request.param(name);
  if (text.empty()) return otherwise;
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

Json EventJson(const TraceEvent& event, int pid) {
  Json arguments = {{"seq", event.sequence}};
  for (const TraceArgument& argument : event.arguments) {
    std::visit([&](const auto& value) { arguments[argument.name] = value; }, argument.value);
  }
  Json json = {{"name", event.name},
               {"cat", ToString(event.kind)},
               {"ph", event.duration ? "X" : "i"},
               {"ts", Us(event.start)},
               {"pid", pid},
               {"tid", event.thread},
               {"args", std::move(arguments)}};
  if (event.duration) {
    json["dur"] = Us(*event.duration);
  } else {
    json["s"] = event.kind == TraceKind::Health ? "p" : "t";  // across the process, or the thread
  }
  return json;
}

Json Named(const char* what, const std::string& name, int pid, int tid) {
  return {{"name", what}, {"cat", "__metadata"},     {"ph", "M"}, {"ts", 0}, {"pid", pid},
          {"tid", tid},   {"args", {{"name", name}}}};
}

void AddNames(const std::string& app, const Trace::Cut& cut, int frame_thread, int pid,
              Json& events) {
  events.push_back(Named("process_name", app, pid, pid));
  std::map<int, std::string> names;
  for (const TraceEvent& event : cut.events) {
    std::string& name = names[event.thread];
    if (event.thread == frame_thread) {
      name = "frame loop";
    } else if (event.kind == TraceKind::Request) {
      name = "http";
    } else if (name.empty()) {
      name = "thread " + std::to_string(event.thread);
    }
  }
  for (const auto& [thread, name] : names) {
    events.push_back(Named("thread_name", name, pid, thread));
  }
}

/// The kinds that the query asks for; empty wants all. `unknown` is a word that is no kind.
std::set<TraceKind> Kinds(std::string_view list, std::string& unknown) {
  std::set<TraceKind> kinds;
  while (!list.empty()) {
    const std::string_view word = list.substr(0, list.find(','));
    list.remove_prefix(std::min(list.size(), word.size() + 1));
    if (const auto kind = TraceKindNamed(word)) {
      kinds.insert(*kind);
    } else {
      unknown = word;
    }
  }
  return kinds;
}

HttpAnswer OnTrace(const TraceRoutes& routes, const Trace& trace, const HttpRequest& request) {
  const auto since = Number(request, "since", 0);
  if (!since) {
    return ErrorAnswer(400, "since is no sequence number: '" + request.param("since") + "'",
                       "send otherData.next of the answer before, or nothing");
  }
  std::string unknown;
  const std::set<TraceKind> kinds = Kinds(request.param("cat"), unknown);
  if (!unknown.empty()) {
    return ErrorAnswer(400, "there is no category '" + unknown + "'",
                       "request, ui, action, frame, health, assert, log, or several with commas");
  }
  routes.before();
  return {.body = ToChromeJson(routes.app, routes.version, trace, *since, kinds)};
}

HttpAnswer OnFrames(const Trace& trace, const HttpRequest& request) {
  const auto last = Number(request, "last", kFramesAsked);
  if (!last) {
    return ErrorAnswer(400, "last is no number: '" + request.param("last") + "'",
                       "how many frames, as in ?last=120");
  }
  Json frames = Json::array();
  for (const FrameTime& frame : trace.frames().Last(*last)) {
    frames.push_back({{"frame", frame.number},
                      {"start_ms", Ms(frame.start)},
                      {"duration_ms", Ms(frame.duration)},
                      {"interval_ms", Ms(frame.interval)}});
  }
  return {.body = Dumped({{"frames", std::move(frames)},
                          {"completed", trace.frames().written()},
                          {"kept", FrameRing::kFrames}})};
}

}  // namespace

std::string ToChromeJson(const std::string& app, const std::string& version, const Trace& trace,
                         uint64_t since, const std::set<TraceKind>& kinds) {
  const Trace::Cut cut = trace.Since(since);
  const int pid = getpid();
  Json events = Json::array();
  AddNames(app, cut, trace.frames().thread(), pid, events);
  for (const TraceEvent& event : cut.events) {
    if (kinds.empty() || kinds.contains(event.kind)) events.push_back(EventJson(event, pid));
  }
  const auto epoch =
      std::chrono::duration_cast<std::chrono::milliseconds>(trace.epoch().time_since_epoch());
  return Dumped({{"traceEvents", std::move(events)},
                 {"displayTimeUnit", "ms"},
                 {"otherData",
                  {{"app", app},
                   {"version", version},
                   {"next", cut.next},
                   {"dropped", cut.dropped},
                   {"epoch_unix_ms", epoch.count()}}}});
}

void AddTraceRoutes(const TraceRoutes& routes, const Trace& trace) {
  routes.add("GET", "/api/trace", [routes, &trace](const HttpRequest& request) {
    return OnTrace(routes, trace, request);
  });
  routes.add("GET", "/api/frames",
             [&trace](const HttpRequest& request) { return OnFrames(trace, request); });
}

}  // namespace proctor::hooks
