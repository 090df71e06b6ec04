// GET /api/openapi.json: the kernels' routes.

#include "app/kernel_routes.h"

namespace proctor {
namespace {

using hooks::RouteInfo;

const std::vector<const char*> kGone = {"404"};
const std::vector<const char*> kRefused = {"404", "409"};
const std::vector<const char*> kUnanswered = {"404", "409", "504"};

/// What takes no body and is done later.
RouteInfo Asked(const char* path, const char* summary) {
  return {.method = "post", .path = path, .summary = summary, .success = "202", .errors = kRefused};
}

std::vector<RouteInfo> OfAll() {
  return {
      {.method = "get",
       .path = "/api/kernels",
       .summary = "Jupyter kernels that run, and those that are installed. With wait_ms, waits "
                  "until the version is newer than since",
       .query = {"wait_ms", "since"}},
      {.method = "post",
       .path = "/api/kernels",
       .summary = "Start a kernel; an empty cwd is a fresh folder of its own; sandbox is none, "
                  "bwrap or srt:/path/of/settings.json; spares is 0 or 1",
       .body = R"({"kernel": "python3", "env": {}, "cwd": "", "sandbox": "none", "spares": 0,
                   "ready_timeout_s": 60})",
       .success = "202",
       .members = "kernel:string env:object cwd:string sandbox:string spares:integer "
                  "ready_timeout_s:number"},
      {.method = "post",
       .path = "/api/kernels/attach",
       .summary = "Attach to somebody else's kernel by its connection file",
       .body = R"({"connection_file": "/run/user/1000/jupyter/kernel-1.json", "read_only": false})",
       .success = "202",
       .members = "connection_file!:string read_only:boolean"},
      {.method = "get",
       .path = "/api/kernels/{id}",
       .summary = "One kernel. With wait_ms, waits for a change; with until=ready, until it is no "
                  "longer starting; with starts, until it was started more often than that, too",
       .query = {"wait_ms", "until", "starts"},
       .errors = kGone},
      Asked("/api/kernels/{id}/restart",
            "Give it a fresh process; answers how often it was started before"),
      Asked("/api/kernels/{id}/reset", "The same as restart"),
      Asked("/api/kernels/{id}/shutdown", "End it; an attached one is let go of"),
  };
}

std::vector<RouteInfo> OfRequests() {
  return {
      {.method = "post",
       .path = "/api/kernels/{id}/execute",
       .summary = "Run code, of up to 8 MiB of JSON. With wait_ms, waits for its end, or with "
                  "until=output for its first output",
       .body = R"({"code": "1+1", "timeout_s": null, "allow_stdin": false, "silent": false,
                   "store_history": true, "stop_on_error": false, "wait_ms": 0, "until": "end"})",
       .success = "202",
       .members = "code!:string timeout_s:number|null allow_stdin:boolean silent:boolean "
                  "store_history:boolean stop_on_error:boolean wait_ms:integer until:string",
       .errors = kRefused},
      {.method = "get",
       .path = "/api/kernels/{id}/requests/{n}",
       .summary = "The output of a request after number since, and how it ended; with wait_ms, "
                  "waits until there is some or it has ended. As server-sent events output, and "
                  "end or error as the last, with Accept: text/event-stream",
       .query = {"since", "wait_ms", "until"},
       .errors = kRefused},
      {.method = "post",
       .path = "/api/kernels/{id}/interrupt",
       .summary = "Interrupt a request, or drop it where it has not begun; without one, whatever "
                  "runs",
       .body = R"({"request": 1})",
       .success = "202",
       .members = "request:integer",
       .errors = kRefused},
      {.method = "post",
       .path = "/api/kernels/{id}/stdin",
       .summary = "The line that the kernel waits for",
       .body = R"({"text": "Ada"})",
       .success = "202",
       .members = "text!:string",
       .errors = kRefused},
      {.method = "post",
       .path = "/api/kernels/{id}/complete",
       .summary = "What could stand at the cursor, which counts code points; the kernel's own "
                  "answer",
       .body = R"({"code": "pri", "cursor": 3, "timeout_s": 10})",
       .members = "code!:string cursor:integer timeout_s:number",
       .errors = kUnanswered},
      {.method = "post",
       .path = "/api/kernels/{id}/inspect",
       .summary = "What the kernel knows of the name at the cursor; its own answer",
       .body = R"({"code": "len", "cursor": 3, "detail": 0, "timeout_s": 10})",
       .members = "code!:string cursor:integer detail:integer timeout_s:number",
       .errors = kUnanswered},
  };
}

std::vector<RouteInfo> OfLoops() {
  return {
      {.method = "get",
       .path = "/api/kernels/{id}/hooks",
       .summary = "What each phase of each request was given, after number since; at_ms is of "
                  "the monotonic clock",
       .query = {"since"},
       .errors = kRefused},
      Asked("/api/kernels/{id}/loop/start", "Take its queue over: nothing begins until a step"),
      {.method = "post",
       .path = "/api/kernels/{id}/loop/step",
       .summary = "Begin the next of the queue; null where there is none, or one runs",
       .errors = kRefused},
      {.method = "post",
       .path = "/api/kernels/{id}/loop/settle",
       .summary = "Run until nothing is queued and nothing in flight, for at most limit_s",
       .body = R"({"limit_s": 10})",
       .members = "limit_s:number",
       .errors = kRefused},
      {.method = "post",
       .path = "/api/kernels/{id}/loop/stop",
       .summary = "Give the queue back; answers what was queued, which is dropped",
       .errors = kRefused},
  };
}

}  // namespace

std::vector<RouteInfo> KernelRoutes() {
  std::vector<RouteInfo> routes = OfAll();
  for (const auto& more : {OfRequests(), OfLoops()}) {
    routes.insert(routes.end(), more.begin(), more.end());
  }
  return routes;
}

}  // namespace proctor
