// The routes that start, list and end kernels; what is asked of one is in
// kernel_request_routes.cc.

#include "app/kernel_routes.h"

#include <fmt/format.h>

#include <charconv>
#include <filesystem>

#include "app/kernel_route_context.h"
#include "app/kernel_words.h"
#include "app/kernels_json.h"

namespace proctor {
namespace {

using hooks::Access;
using hooks::ErrorAnswer;
using hooks::HttpAnswer;
using hooks::HttpRequest;
using std::chrono::milliseconds;

/// How long a request waits for a process that was just asked for to be spawned.
constexpr milliseconds kSpawnPatience{10'000};

HttpAnswer NoKernel(const KernelList& list, const std::string& id) {
  std::string known;
  for (const KernelView& kernel : list.kernels) known += (known.empty() ? "" : ", ") + kernel.id;
  return ErrorAnswer(
      404, "no kernel " + id,
      known.empty() ? "there are none; POST /api/kernels starts one" : "there are: " + known);
}

HttpAnswer Accepted(const std::string& id) {
  return {.status = 202, .body = fmt::format(R"({{"id":"{}"}})", id)};
}

HttpAnswer GetKernels(const KernelRouteContext& context, const HttpRequest& request) {
  uint64_t version = context.host.version();
  const uint64_t since = QueryNumber(request, "since", version);
  auto list = context.host.kernels();
  WaitInPieces(context, QueryWait(request), [&](milliseconds piece) {
    list = context.host.WaitNewer(since, piece, &version);
    return version > since;
  });
  return {.body = KernelListJson(*list, version, std::chrono::steady_clock::now())};
}

/// Whether it is through with starting. With "starts", what a restart answered: the start after
/// those; the kernel as it was before would else be taken for the fresh one.
bool IsReady(const KernelView& kernel, const HttpRequest& request) {
  if (!kernel.start_error.empty()) return true;
  const auto starts = static_cast<uint64_t>(std::max(0, kernel.starts));
  if (!request.param("starts").empty() && starts <= QueryNumber(request, "starts", 0)) return false;
  return ConditionOf(kernel).activity != KernelActivity::Starting;
}

HttpAnswer GetKernel(const KernelRouteContext& context, const HttpRequest& request) {
  const bool until_ready = request.param("until") == "ready";
  uint64_t seen = context.host.version();
  auto kernel = KernelOf(context, request);
  WaitInPieces(context, QueryWait(request), [&](milliseconds piece) {
    if (!kernel || (until_ready && IsReady(*kernel, request))) return true;
    const uint64_t before = seen;
    seen = context.host.AwaitNewer(before, piece);
    kernel = KernelOf(context, request);
    return !until_ready && seen > before;
  });
  if (!kernel) return kernel.error();
  return {.body = KernelJson(*kernel, std::chrono::steady_clock::now())};
}

/// What of the order the host would find out only later, or not at all.
std::string WhyNoFolder(const std::string& cwd) {
  if (cwd.empty()) return {};
  const std::filesystem::path folder = cwd;
  std::error_code error;
  if (!folder.is_absolute()) return fmt::format("\"cwd\" is not absolute: {}", cwd);
  if (!std::filesystem::is_directory(folder, error)) return fmt::format("no such folder: {}", cwd);
  return {};
}

HttpAnswer Start(KernelRouteContext& context, const HttpRequest& request) {
  constexpr const char* kHint =
      R"(send {"kernel": "python3", "env": {}, "cwd": "/absolute/path", "sandbox": "none", )"
      R"("spares": 0, "ready_timeout_s": 60}; each may be left out)";
  BodyReader body(request);
  KernelOrder order;
  order.kernel = body.Text("kernel", order.kernel);
  order.env = body.Texts("env");
  const std::string cwd = body.Text("cwd");
  order.cwd = cwd;
  order.sandbox = body.Text("sandbox", order.sandbox);
  order.spares = static_cast<int>(body.Whole("spares", 0, 1, 0));
  if (const auto seconds = body.Seconds("ready_timeout_s")) {
    order.ready_timeout = milliseconds(static_cast<int64_t>(*seconds * 1000));
  }
  if (auto refusal = body.Refusal(kHint)) return *refusal;
  if (const std::string why = WhyNoFolder(cwd); !why.empty()) return ErrorAnswer(400, why, kHint);
  return Accepted(context.host.Start(std::move(order)));
}

HttpAnswer Attach(KernelRouteContext& context, const HttpRequest& request) {
  constexpr const char* kHint =
      R"(send {"connection_file": "/absolute/path.json", "read_only": false})";
  BodyReader body(request);
  const std::filesystem::path file = body.NeededText("connection_file");
  const bool read_only = body.Flag("read_only", false);
  if (auto refusal = body.Refusal(kHint)) return *refusal;
  if (!file.is_absolute()) {
    return ErrorAnswer(400, "\"connection_file\" is not absolute: " + file.string(), kHint);
  }
  const Result<std::string, std::string> id = context.host.Attach(file, read_only);
  if (!id) return ErrorAnswer(400, id.error(), kHint);
  return Accepted(*id);
}

HttpAnswer Restart(KernelRouteContext& context, const HttpRequest& request) {
  const auto kernel = KernelOf(context, request);
  if (!kernel) return kernel.error();
  if (const auto asked = context.host.Restart(kernel->id); !asked) {
    return ErrorAnswer(409, asked.error(), "GET /api/kernels tells whose kernels those are");
  }
  return {.status = 202,
          .body = fmt::format(R"({{"id":"{}","starts":{}}})", kernel->id, kernel->starts)};
}

HttpAnswer Shutdown(KernelRouteContext& context, const HttpRequest& request) {
  const auto kernel = KernelOf(context, request);
  if (!kernel) return kernel.error();
  if (const auto asked = context.host.Shutdown(kernel->id); !asked) {
    return ErrorAnswer(409, asked.error(), "GET /api/kernels tells whose kernels those are");
  }
  return Accepted(kernel->id);
}

}  // namespace

uint64_t QueryNumber(const HttpRequest& request, const char* name, uint64_t otherwise) {
  const std::string text = request.param(name);
  uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [read, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && read == end ? number : otherwise;
}

milliseconds QueryWait(const HttpRequest& request) {
  const auto most = static_cast<uint64_t>(kLongestKernelWait.count());
  return milliseconds(std::min(QueryNumber(request, "wait_ms", 0), most));
}

Result<KernelView, HttpAnswer> KernelOf(const KernelRouteContext& context,
                                        const HttpRequest& request) {
  auto kernel = context.host.View(request.matches[0]);
  if (!kernel) return Failure{NoKernel(*context.host.kernels(), request.matches[0])};
  return std::move(*kernel);
}

Result<SharedSession, HttpAnswer> SessionOf(const KernelRouteContext& context,
                                            const HttpRequest& request) {
  SharedSession session = context.host.Find(request.matches[0]);
  if (session) return session;
  uint64_t seen = context.host.version();
  auto kernel = KernelOf(context, request);
  WaitInPieces(context, kSpawnPatience, [&](milliseconds piece) {
    if (!kernel || !kernel->start_error.empty()) return true;
    session = context.host.Find(kernel->id);
    if (session) return true;
    seen = context.host.AwaitNewer(seen, piece);
    kernel = KernelOf(context, request);
    return false;
  });
  if (session) return session;
  if (!kernel) return Failure{kernel.error()};
  const std::string why = WhyNoRequest(*kernel);
  return Failure{ErrorAnswer(
      409, why.empty() ? "the kernel " + kernel->id + " is still on its way" : why,
      fmt::format("GET /api/kernels/{}?until=ready&wait_ms=30000 waits for it", kernel->id))};
}

Result<SharedSession, HttpAnswer> SpeakingSessionOf(const KernelRouteContext& context,
                                                    const HttpRequest& request) {
  auto session = SessionOf(context, request);
  if (!session) return session;
  const auto kernel = KernelOf(context, request);
  if (!kernel) return Failure{kernel.error()};
  const std::string why = WhyNoRequest(*kernel);
  if (why.empty()) return session;
  const char* const hint = kernel->read_only
                               ? "attach it again with {\"read_only\": false} to speak to it"
                               : "POST /api/kernels/{id}/restart gives it a fresh process";
  return Failure{ErrorAnswer(409, why, hint)};
}

void AddKernelRoutes(hooks::Hooks& hooks, KernelHost& host) {
  const auto context = std::make_shared<KernelRouteContext>(KernelRouteContext{hooks, host});
  const auto add = [&](const char* method, const char* pattern, auto answer) {
    hooks.AddRoute(method, pattern, Access::Token,
                   [context, answer](const HttpRequest& r) { return answer(*context, r); });
  };
  add("GET", "/api/kernels", GetKernels);
  add("POST", "/api/kernels", Start);
  add("POST", "/api/kernels/attach", Attach);
  add("GET", "/api/kernels/{id}", GetKernel);
  add("POST", "/api/kernels/{id}/restart", Restart);
  add("POST", "/api/kernels/{id}/reset", Restart);
  add("POST", "/api/kernels/{id}/shutdown", Shutdown);
  AddKernelRequestRoutes(hooks, context);
  hooks.Describe(KernelRoutes());
}

}  // namespace proctor
