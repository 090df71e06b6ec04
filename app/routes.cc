#include "app/routes.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "app/kernel_routes.h"
#include "app/openapi.h"
#include "app/route_context.h"
#include "app/rows.h"
#include "app/state_json.h"
#include "core/config/config.h"
#include "hooks/hooks.h"

namespace proctor {
namespace {

using hooks::Access;
using hooks::ErrorAnswer;
using hooks::HttpAnswer;
using hooks::HttpRequest;
using nlohmann::json;
using std::chrono::milliseconds;

constexpr milliseconds kLongestWait{30'000};
constexpr size_t kMostTests = 1000;
constexpr int kMostEvents = 1000;

template <typename Number>
Number NumberOf(const HttpRequest& request, std::string_view name, Number otherwise, Number most) {
  const std::string text = request.param(name);
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return otherwise;
  return std::min(value, most);
}

HttpAnswer GetBatch(const RouteContext& context, const HttpRequest& request) {
  const auto wait = milliseconds(NumberOf<int64_t>(request, "wait_ms", 0, kLongestWait.count()));
  if (wait > milliseconds(0)) {
    const uint64_t newest = context.options.states.Read().version;
    const auto since = NumberOf<uint64_t>(request, "since", newest, UINT64_MAX);
    (void)context.options.states.WaitNewer(since, wait);
  }
  const StateView view = ViewOf(context);
  return {.body = BatchJson(view.state, view.version)};
}

HttpAnswer GetTests(const RouteContext& context, const HttpRequest& request) {
  TestQuery query{.file = request.param("file"),
                  .text = request.param("text"),
                  .offset = NumberOf<size_t>(request, "offset", 0, SIZE_MAX),
                  .limit = NumberOf<size_t>(request, "limit", 100, kMostTests)};
  std::string words = request.param("outcome");
  while (!words.empty()) {
    const size_t comma = std::min(words.find(','), words.size());
    const auto outcome = OutcomeFrom(words.substr(0, comma));
    if (!outcome) {
      return ErrorAnswer(400, "no outcome is called " + words.substr(0, comma),
                         "passed failed error skipped xfailed xpassed timed_out crashed not_run");
    }
    query.outcomes.push_back(*outcome);
    words.erase(0, comma + 1);
  }
  const StateView view = ViewOf(context);
  return {.body = TestsJson(view.state, view.version, query)};
}

HttpAnswer GetTest(const RouteContext& context, const HttpRequest& request) {
  const StateView view = ViewOf(context);
  const auto body = TestJson(view.state, request.matches[0]);
  if (!body) {
    return ErrorAnswer(404, "no test " + request.matches[0], "GET /api/tests lists them");
  }
  return {.body = *body};
}

/// What a worker said of its files is not trusted: only what lies in the batches' folder,
/// links followed, is sent.
bool LiesIn(const std::filesystem::path& folder, const std::filesystem::path& file) {
  if (folder.empty()) return false;
  std::error_code error;
  const auto root = std::filesystem::canonical(folder, error);
  if (error) return false;
  const auto real = std::filesystem::canonical(file, error);
  if (error || !std::filesystem::is_regular_file(real, error)) return false;
  return std::mismatch(root.begin(), root.end(), real.begin(), real.end()).first == root.end();
}

const char* ContentType(EvidenceKind kind) {
  switch (kind) {
    case EvidenceKind::Screenshot:
      return "image/png";
    case EvidenceKind::Log:
      return "text/plain; charset=utf-8";
    case EvidenceKind::ItemTree:
    case EvidenceKind::Trace:
    case EvidenceKind::Health:
      return "application/json";
  }
  return "";
}

HttpAnswer SendPiece(const RouteContext& context, const Evidence& piece) {
  if (piece.file.empty()) {
    return ErrorAnswer(404, "there is no such evidence of this test", piece.note);
  }
  const char* const hint = "the batch's folder was changed or removed; run the test again";
  if (!LiesIn(context.options.batches, piece.file)) {
    return ErrorAnswer(404, "its file is not in the folder of the batches", hint);
  }
  std::ifstream file(piece.file, std::ios::binary);
  if (!file) return ErrorAnswer(404, "its file cannot be read", hint);
  std::string content((std::istreambuf_iterator<char>(file)), {});
  return {.content_type = ContentType(piece.kind), .body = std::move(content)};
}

HttpAnswer GetEvidence(const RouteContext& context, const HttpRequest& request) {
  const auto kind = EvidenceKindFrom(request.matches[0]);
  const std::string& id = request.matches[1];
  if (!kind) {
    return ErrorAnswer(404, "no evidence is called " + request.matches[0],
                       "screenshot item_tree trace health log");
  }
  const StateView view = ViewOf(context);
  const auto found = FindTest(view.state, id);
  if (!found) return ErrorAnswer(404, "no test " + id, "GET /api/tests lists them");
  const auto& details = view.state.files[found->file].tests[found->test].details;
  for (const Evidence& piece : details ? details->evidence : std::vector<Evidence>()) {
    if (piece.kind == *kind) return SendPiece(context, piece);
  }
  return ErrorAnswer(404, "no such evidence was taken of this test",
                     "it is taken of tests that use live_gui, when they fail");
}

HttpAnswer GetEvents(const RouteContext& context, const HttpRequest& request) {
  if (!context.options.events) {
    return ErrorAnswer(501, "this program keeps no journal", "read /api/batch instead");
  }
  const auto since = NumberOf<uint64_t>(request, "since", 0, UINT64_MAX);
  return {.body =
              context.options.events(since, NumberOf(request, "limit", kMostEvents, kMostEvents))};
}

/// Sends what there is after `since`; false when the client is gone.
bool SendNews(const RouteContext& context, hooks::EventStream& stream, uint64_t& since) {
  while (true) {
    const json events = json::parse(context.options.events(since, kMostEvents), nullptr, false);
    if (!events.is_array() || events.empty()) return true;
    for (const json& event : events) {
      since = std::max(since, event.value("seq", since + 1));
      const std::string text = event.dump(-1, ' ', false, json::error_handler_t::replace);
      const std::string id = std::to_string(since);
      if (!stream.Send({.data = text, .id = id})) return false;
    }
  }
}

void StreamEvents(const RouteContext& context, const HttpRequest& request,
                  hooks::EventStream& stream) {
  if (!context.options.events) return;
  auto since = NumberOf<uint64_t>(request, "since", 0, UINT64_MAX);
  const std::string last = request.header("Last-Event-ID");
  std::from_chars(last.data(), last.data() + last.size(), since);
  uint64_t version = 0;
  while (!stream.Stopping()) {
    const uint64_t before = version;
    version = context.options.states.Read().version;
    if (!SendNews(context, stream, since)) return;
    const auto newer = context.options.states.WaitNewer(version, milliseconds(1000));
    if (newer.version == version && version == before && !stream.Heartbeat()) return;
  }
}

HttpAnswer SetPolicy(RouteContext& context, const HttpRequest& request) {
  const auto body = ObjectOf(request);
  const json when = body ? body->value("when", json()) : json();
  const auto policy = when.is_string() ? RestartWhenFrom(when.get<std::string>()) : std::nullopt;
  if (!policy) return BadBody(R"(send {"when": "never|unhealthy|file|class|test"})");
  return context.Post(RestartPolicyChanged{.when = *policy});
}

/// The lane that the path names, if it has a subject that can be dealt with.
template <typename Make>
HttpAnswer OnSubject(RouteContext& context, const HttpRequest& request, const Make& make) {
  const StateView view = ViewOf(context);
  const std::string& text = request.matches[0];
  size_t lane = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), lane);
  if (error != std::errc() || end != text.data() + text.size() || lane >= view.state.lanes.size()) {
    return NoLane(view.state, text);
  }
  if (!view.state.config || !view.state.config->subject) {
    return ErrorAnswer(409, "there is no subject", "add a [subject] to proctor.toml");
  }
  return context.Post(make(static_cast<int>(lane)));
}

void AddReading(hooks::Hooks& hooks, const SharedRouteContext& context) {
  const auto get = [&](const char* pattern, auto answer) {
    hooks.AddRoute("GET", pattern, Access::Token,
                   [context, answer](const HttpRequest& r) { return answer(*context, r); });
  };
  get("/api/batch", GetBatch);
  get("/api/tests", GetTests);
  get("/api/tests/{id*}", GetTest);
  get("/api/evidence/{kind}/{id*}", GetEvidence);
  get("/api/subjects", [](const RouteContext& c, const HttpRequest&) {
    return HttpAnswer{.body = SubjectsJson(ViewOf(c).state)};
  });
  hooks.Describe(DashboardRoutes());
  get("/api/events", GetEvents);
  hooks.AddStream("/api/events", Access::Token,
                  [context](const HttpRequest& request, hooks::EventStream& stream) {
                    StreamEvents(*context, request, stream);
                  });
}

void AddActing(hooks::Hooks& hooks, const SharedRouteContext& context) {
  const auto post = [&](const char* pattern, auto answer) {
    hooks.AddRoute("POST", pattern, Access::Token,
                   [context, answer](const HttpRequest& r) { return answer(*context, r); });
  };
  post("/api/restart_policy", SetPolicy);
  post("/api/subjects/{lane}/restart", [](RouteContext& c, const HttpRequest& r) {
    return OnSubject(c, r, [](int lane) { return SubjectRestartRequested{.lane = lane}; });
  });
  post("/api/subjects/{lane}/kill", [](RouteContext& c, const HttpRequest& r) {
    return OnSubject(c, r, [](int lane) { return SubjectKillRequested{.lane = lane}; });
  });
}

}  // namespace

void AddRoutes(RouteOptions options) {
  hooks::Hooks& hooks = options.hooks;
  if (options.kernels != nullptr) AddKernelRoutes(hooks, *options.kernels);
  const auto context = std::make_shared<RouteContext>(std::move(options));
  AddReading(hooks, context);
  AddBatchRoutes(hooks, context);
  AddActing(hooks, context);
}

}  // namespace proctor
