#include "app/routes.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <fstream>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "app/openapi.h"
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

/// What every handler shares; lives as long as the routes.
struct Context {
  explicit Context(RouteOptions given) : options(std::move(given)) {}

  RouteOptions options;
  std::atomic<uint64_t> next_request = 1;
  State empty;  ///< before the engine has published one

  HttpAnswer Post(Event event) {
    options.post(std::move(event));
    return {.status = 202, .body = fmt::format(R"({{"id":{}}})", next_request++)};
  }
};
using SharedContext = std::shared_ptr<Context>;

template <typename Number>
Number NumberOf(const HttpRequest& request, std::string_view name, Number otherwise, Number most) {
  const std::string text = request.param(name);
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return otherwise;
  return std::min(value, most);
}

/// The body as a JSON object; an empty body is an empty object, anything else is none.
std::optional<json> ObjectOf(const HttpRequest& request) {
  if (request.body.empty()) return json::object();
  json body = json::parse(request.body, nullptr, false);
  if (!body.is_object()) return std::nullopt;
  return body;
}

HttpAnswer BadBody(std::string_view hint) {
  return ErrorAnswer(400, "the body is not what this route takes", hint);
}

HttpAnswer BatchRuns() {
  return ErrorAnswer(409, "a batch is running", "POST /api/batch/stop, or wait for its end");
}

/// A list of strings; none where the member is something else.
std::optional<std::vector<std::string>> Strings(const json& body, const char* name) {
  std::vector<std::string> strings;
  if (!body.contains(name)) return strings;
  if (!body[name].is_array()) return std::nullopt;
  for (const json& item : body[name]) {
    if (!item.is_string()) return std::nullopt;
    strings.push_back(item.get<std::string>());
  }
  return strings;
}

/// The state, or a stand-in before there is one.
struct View {
  std::shared_ptr<const State> held;
  const State& state;
  uint64_t version;
};
View ViewOf(const Context& context) {
  auto [held, version] = context.options.states.Read();
  const State& state = held ? *held : context.empty;
  return {std::move(held), state, version};
}

HttpAnswer GetBatch(const Context& context, const HttpRequest& request) {
  const auto wait = milliseconds(NumberOf<int64_t>(request, "wait_ms", 0, kLongestWait.count()));
  if (wait > milliseconds(0)) {
    const uint64_t newest = context.options.states.Read().version;
    const auto since = NumberOf<uint64_t>(request, "since", newest, UINT64_MAX);
    (void)context.options.states.WaitNewer(since, wait);
  }
  const View view = ViewOf(context);
  return {.body = BatchJson(view.state, view.version)};
}

HttpAnswer GetTests(const Context& context, const HttpRequest& request) {
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
  const View view = ViewOf(context);
  return {.body = TestsJson(view.state, view.version, query)};
}

HttpAnswer GetTest(const Context& context, const HttpRequest& request) {
  const View view = ViewOf(context);
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

HttpAnswer SendPiece(const Context& context, const Evidence& piece) {
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

HttpAnswer GetEvidence(const Context& context, const HttpRequest& request) {
  const auto kind = EvidenceKindFrom(request.matches[0]);
  const std::string& id = request.matches[1];
  if (!kind) {
    return ErrorAnswer(404, "no evidence is called " + request.matches[0],
                       "screenshot item_tree trace health log");
  }
  const View view = ViewOf(context);
  const auto found = FindTest(view.state, id);
  if (!found) return ErrorAnswer(404, "no test " + id, "GET /api/tests lists them");
  const auto& details = view.state.files[found->file].tests[found->test].details;
  for (const Evidence& piece : details ? details->evidence : std::vector<Evidence>()) {
    if (piece.kind == *kind) return SendPiece(context, piece);
  }
  return ErrorAnswer(404, "no such evidence was taken of this test",
                     "it is taken of tests that use live_gui, when they fail");
}

HttpAnswer GetEvents(const Context& context, const HttpRequest& request) {
  if (!context.options.events) {
    return ErrorAnswer(501, "this program keeps no journal", "read /api/batch instead");
  }
  const auto since = NumberOf<uint64_t>(request, "since", 0, UINT64_MAX);
  return {.body =
              context.options.events(since, NumberOf(request, "limit", kMostEvents, kMostEvents))};
}

/// Sends what there is after `since`; false when the client is gone.
bool SendNews(const Context& context, hooks::EventStream& stream, uint64_t& since) {
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

void StreamEvents(const Context& context, const HttpRequest& request, hooks::EventStream& stream) {
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

HttpAnswer Run(Context& context, const HttpRequest& request) {
  const View view = ViewOf(context);
  const auto body = ObjectOf(request);
  const char* const hint = R"(send {"paths": [], "tests": [], "keyword": ""}, or nothing for all)";
  if (!body) return BadBody(hint);
  const auto paths = Strings(*body, "paths");
  const auto tests = Strings(*body, "tests");
  const json keyword = body->value("keyword", json(""));
  if (!paths || !tests || !keyword.is_string()) return BadBody(hint);
  if (IsRunning(view.state)) return BatchRuns();
  Selection selection{.tests = *tests, .keyword = keyword.get<std::string>()};
  for (const std::string& path : *paths) {
    const bool relative = view.state.config && !path.starts_with('/');
    selection.paths.push_back(relative ? (view.state.config->directory / path).string() : path);
  }
  return context.Post(BatchRequested{std::move(selection)});
}

HttpAnswer Rerun(Context& context, const HttpRequest& request) {
  const View view = ViewOf(context);
  const auto body = ObjectOf(request);
  const json failed = body ? body->value("failed", json(true)) : json();
  if (!failed.is_boolean()) return BadBody(R"(send {"failed": true} or {"failed": false})");
  if (IsRunning(view.state)) return BatchRuns();
  if (!failed.get<bool>()) return context.Post(BatchRequested{view.state.batch.selection});
  auto bad = BadTests(view.state);
  if (bad.empty()) {
    return ErrorAnswer(409, "no test has failed", "POST /api/batch/run runs all of them");
  }
  return context.Post(BatchRequested{{.tests = std::move(bad)}});
}

HttpAnswer Stop(Context& context, const HttpRequest& request) {
  const auto body = ObjectOf(request);
  const json mode = body ? body->value("mode", json("after_test")) : json();
  if (mode == "after_test") return context.Post(StopRequested{.mode = StopMode::AfterTest});
  if (mode == "now") return context.Post(StopRequested{.mode = StopMode::Now});
  return BadBody(R"(send {"mode": "after_test"} or {"mode": "now"})");
}

HttpAnswer SetPolicy(Context& context, const HttpRequest& request) {
  const auto body = ObjectOf(request);
  const json when = body ? body->value("when", json()) : json();
  const auto policy = when.is_string() ? RestartWhenFrom(when.get<std::string>()) : std::nullopt;
  if (!policy) return BadBody(R"(send {"when": "never|unhealthy|file|class|test"})");
  return context.Post(RestartPolicyChanged{.when = *policy});
}

/// The lane that the path names, if it has a subject that can be dealt with.
template <typename Make>
HttpAnswer OnSubject(Context& context, const HttpRequest& request, const Make& make) {
  const View view = ViewOf(context);
  const std::string& text = request.matches[0];
  size_t lane = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), lane);
  if (error != std::errc() || end != text.data() + text.size() || lane >= view.state.lanes.size()) {
    return ErrorAnswer(404, "no lane " + text, "GET /api/subjects lists them");
  }
  if (!view.state.config || !view.state.config->subject) {
    return ErrorAnswer(409, "there is no subject", "add a [subject] to proctor.toml");
  }
  return context.Post(make(static_cast<int>(lane)));
}

void AddReading(hooks::Hooks& hooks, const SharedContext& context) {
  const auto get = [&](const char* pattern, auto answer) {
    hooks.AddRoute("GET", pattern, Access::Token,
                   [context, answer](const HttpRequest& r) { return answer(*context, r); });
  };
  get("/api/batch", GetBatch);
  get("/api/tests", GetTests);
  get("/api/tests/{id*}", GetTest);
  get("/api/evidence/{kind}/{id*}", GetEvidence);
  get("/api/subjects", [](const Context& c, const HttpRequest&) {
    return HttpAnswer{.body = SubjectsJson(ViewOf(c).state)};
  });
  get("/api/kernels",
      [](const Context&, const HttpRequest&) { return HttpAnswer{.body = KernelsJson()}; });
  hooks.Describe(DashboardRoutes());
  get("/api/events", GetEvents);
  hooks.AddStream("/api/events", Access::Token,
                  [context](const HttpRequest& request, hooks::EventStream& stream) {
                    StreamEvents(*context, request, stream);
                  });
}

void AddActing(hooks::Hooks& hooks, const SharedContext& context) {
  const auto post = [&](const char* pattern, auto answer) {
    hooks.AddRoute("POST", pattern, Access::Token,
                   [context, answer](const HttpRequest& r) { return answer(*context, r); });
  };
  post("/api/batch/run", Run);
  post("/api/batch/rerun", Rerun);
  post("/api/batch/stop", Stop);
  post("/api/restart_policy", SetPolicy);
  post("/api/subjects/{lane}/restart", [](Context& c, const HttpRequest& r) {
    return OnSubject(c, r, [](int lane) { return SubjectRestartRequested{.lane = lane}; });
  });
  post("/api/subjects/{lane}/kill", [](Context& c, const HttpRequest& r) {
    return OnSubject(c, r, [](int lane) { return SubjectKillRequested{.lane = lane}; });
  });
}

void AddUnavailable(hooks::Hooks& hooks) {
  const auto refuse = [&](const char* pattern, const char* hint) {
    hooks.AddRoute("POST", pattern, Access::Token, [hint](const HttpRequest& request) {
      return ErrorAnswer(501, request.path + " is not available in this version", hint);
    });
  };
  const char* const stop = "POST /api/batch/stop ends the batch after the running test";
  for (const char* route : {"/api/batch/pause", "/api/batch/resume", "/api/batch/step"}) {
    refuse(route, stop);
  }
  const char* const kernels = "GET /api/kernels lists the kernels that can be dealt with: none";
  for (const char* route :
       {"/api/kernels/{id}/execute", "/api/kernels/{id}/interrupt", "/api/kernels/{id}/restart"}) {
    refuse(route, kernels);
  }
}

}  // namespace

void AddRoutes(RouteOptions options) {
  hooks::Hooks& hooks = options.hooks;
  const auto context = std::make_shared<Context>(std::move(options));
  AddReading(hooks, context);
  AddActing(hooks, context);
  AddUnavailable(hooks);
}

}  // namespace proctor
