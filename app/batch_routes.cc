// The routes that ask something of the batch. Each looks at the newest snapshot for what
// makes no sense at all, and leaves the rest to the engine: what was asked for a moment
// ago may not be in the snapshot yet, so that asking twice is no error.

#include <fmt/format.h>

#include <string>
#include <vector>

#include "app/nearest.h"
#include "app/route_context.h"
#include "app/rows.h"
#include "core/config/config.h"

namespace proctor {
namespace {

using hooks::Access;
using hooks::ErrorAnswer;
using hooks::HttpAnswer;
using hooks::HttpRequest;
using nlohmann::json;

HttpAnswer BatchRuns() {
  return ErrorAnswer(409, "a batch is running", "POST /api/batch/stop, or wait for its end");
}

bool HasBegun(const State& state) {
  return state.batch.phase == BatchPhase::Running;
}

HttpAnswer NoBatch() {
  return ErrorAnswer(409, "no batch is running",
                     "POST /api/batch/run starts one; GET /api/batch tells its phase");
}

HttpAnswer NoFile(const State& state, const std::string& path) {
  return ErrorAnswer(404, fmt::format("no file {} in this batch", path), NearestFile(state, path));
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

/// The member of that name; `otherwise` where there is none. None: it is no string.
std::optional<std::string> Word(const json& body, const char* name, const char* otherwise) {
  const json word = body.value(name, json(otherwise));
  if (!word.is_string()) return std::nullopt;
  return word.get<std::string>();
}

HttpAnswer Run(RouteContext& context, const HttpRequest& request) {
  const StateView view = ViewOf(context);
  const auto body = ObjectOf(request);
  const char* const hint = R"(send {"paths": [], "tests": [], "keyword": ""}, or nothing for all)";
  if (!body) return BadBody(hint);
  const auto paths = Strings(*body, "paths");
  const auto tests = Strings(*body, "tests");
  const auto keyword = Word(*body, "keyword", "");
  if (!paths || !tests || !keyword) return BadBody(hint);
  if (IsRunning(view.state)) return BatchRuns();
  Selection selection{.tests = *tests, .keyword = *keyword};
  for (const std::string& path : *paths) {
    const bool relative = view.state.config && !path.starts_with('/');
    selection.paths.push_back(relative ? (view.state.config->directory / path).string() : path);
  }
  return context.Post(BatchRequested{std::move(selection)});
}

HttpAnswer RerunBatch(RouteContext& context, const State& state, const json& body) {
  const json failed = body.value("failed", json(true));
  if (!failed.is_boolean()) return BadBody(R"(send {"failed": true} or {"failed": false})");
  if (IsRunning(state)) return BatchRuns();
  if (!failed.get<bool>()) return context.Post(BatchRequested{state.batch.selection});
  auto bad = BadTests(state);
  if (bad.empty()) {
    return ErrorAnswer(409, "no test has failed", "POST /api/batch/run runs all of them");
  }
  return context.Post(BatchRequested{{.tests = std::move(bad)}});
}

/// One test: within the batch that runs, else as a batch of its own.
HttpAnswer RerunTest(RouteContext& context, const State& state, const std::string& id,
                     std::optional<Fixtures> fixtures) {
  const auto ref = FindTest(state, id);
  if (!ref) return ErrorAnswer(404, "no test " + id, NearestTest(state, id));
  if (IsRunning(state)) {
    const std::string why = WhyNoRerun(state, *ref);
    if (!why.empty()) {
      return ErrorAnswer(409, fmt::format("{} cannot be run again now: {}", id, why),
                         "GET /api/tests/{id} tells its progress");
    }
    return context.Post(RerunRequested{id, fixtures.value_or(Fixtures::Kept)});
  }
  if (fixtures == Fixtures::Kept) {
    return ErrorAnswer(409, "no batch is running, so that no fixtures are kept",
                       R"(send "fixtures": "fresh", or leave it out, for a batch of this test)");
  }
  return context.Post(
      BatchRequested{{.paths = WholeFile(state, state.files[ref->file]).paths, .tests = {id}}});
}

HttpAnswer Rerun(RouteContext& context, const HttpRequest& request) {
  const StateView view = ViewOf(context);
  const auto body = ObjectOf(request);
  const char* const hint =
      R"(send {"failed": true}, {"failed": false} or {"test": ID, "fixtures": "kept|fresh"})";
  if (!body) return BadBody(hint);
  if (!body->contains("test")) return RerunBatch(context, view.state, *body);
  const auto test = Word(*body, "test", "");
  const auto word = Word(*body, "fixtures", "");
  if (!test || !word) return BadBody(hint);
  std::optional<Fixtures> fixtures;
  if (*word == "kept") fixtures = Fixtures::Kept;
  if (*word == "fresh") fixtures = Fixtures::Fresh;
  if (!fixtures && !word->empty()) return BadBody(hint);
  return RerunTest(context, view.state, *test, fixtures);
}

HttpAnswer Stop(RouteContext& context, const HttpRequest& request) {
  const auto body = ObjectOf(request);
  const json mode = body ? body->value("mode", json("after_test")) : json();
  if (mode == "after_test") return context.Post(StopRequested{.mode = StopMode::AfterTest});
  if (mode == "now") return context.Post(StopRequested{.mode = StopMode::Now});
  return BadBody(R"(send {"mode": "after_test"} or {"mode": "now"})");
}

/// What takes no body, and a batch that runs.
template <typename Request>
HttpAnswer Ask(RouteContext& context, const HttpRequest&) {
  if (!HasBegun(ViewOf(context).state)) return NoBatch();
  return context.Post(Request{});
}

/// Answers with what `then` makes of the body's lane; 0 where it names none.
template <typename Then>
HttpAnswer OnLane(RouteContext& context, const HttpRequest& request, const char* hint,
                  const Then& then) {
  const StateView view = ViewOf(context);
  const auto body = ObjectOf(request);
  const json lane = body ? body->value("lane", json(0)) : json();
  if (!lane.is_number_integer()) return BadBody(hint);
  const auto number = lane.get<int64_t>();
  if (number < 0 || number >= static_cast<int64_t>(view.state.lanes.size())) {
    return NoLane(view.state, lane.dump());
  }
  return then(view.state, static_cast<int>(number), *body);
}

HttpAnswer Step(RouteContext& context, const HttpRequest& request) {
  return OnLane(context, request, R"(send {"lane": 0})",
                [&](const State& state, int lane, const json&) {
                  if (!HasBegun(state)) return NoBatch();
                  return context.Post(StepRequested{lane});
                });
}

std::optional<Release> ReleaseFrom(const json& word) {
  if (word == "continue") return Release::Continue;
  if (word == "rerun") return Release::Rerun;
  if (word == "restart") return Release::Restart;
  if (word == "aside") return Release::Aside;
  return std::nullopt;
}

HttpAnswer LetGo(RouteContext& context, const HttpRequest& request) {
  const char* const hint = R"(send {"lane": 0, "how": "continue|rerun|restart|aside"})";
  return OnLane(context, request, hint, [&](const State& state, int lane, const json& body) {
    const auto how = ReleaseFrom(body.value("how", json("continue")));
    if (!how) return BadBody(hint);
    if (!HasBegun(state)) return NoBatch();
    if (!state.lanes[static_cast<size_t>(lane)].held) {
      return ErrorAnswer(409, fmt::format("lane {} holds no test", lane),
                         "GET /api/batch tells what each lane holds");
    }
    if (state.lanes[static_cast<size_t>(lane)].aside && how != Release::Continue) {
      return ErrorAnswer(409, fmt::format("lane {} keeps its test aside", lane),
                         R"(all that it can do is {"how": "continue"})");
    }
    return context.Post(ReleaseRequested{lane, *how});
  });
}

/// Answers with what `then` makes of the file that the body names.
template <typename Then>
HttpAnswer OnFile(RouteContext& context, const HttpRequest& request, const Then& then) {
  const StateView view = ViewOf(context);
  const auto body = ObjectOf(request);
  const json path = body ? body->value("path", json()) : json();
  if (!path.is_string()) return BadBody(R"(send {"path": "tests/test_file.py"})");
  if (!HasBegun(view.state)) return NoBatch();
  const auto file = FindFileOrSource(view.state, path.get<std::string>());
  if (!file) return NoFile(view.state, path.get<std::string>());
  const FileState& found = view.state.files[*file];
  if (!HasRest(found)) {
    return ErrorAnswer(409, fmt::format("nothing is left of {}", found.path),
                       "POST /api/batch/rerun runs one of its tests again");
  }
  return then(view.state, found);
}

HttpAnswer SkipFile(RouteContext& context, const HttpRequest& request) {
  return OnFile(context, request, [&](const State&, const FileState& file) {
    return context.Post(SkipFileRequested{file.path});
  });
}

HttpAnswer Jump(RouteContext& context, const HttpRequest& request) {
  return OnFile(context, request, [&](const State& state, const FileState& file) {
    const std::string why = WhyNoJump(state, file);
    if (!why.empty()) {
      return ErrorAnswer(409, fmt::format("{} cannot come next: {}", file.path, why),
                         "GET /api/batch tells what each lane runs");
    }
    return context.Post(JumpRequested{file.path});
  });
}

HttpAnswer Hold(RouteContext& context, const HttpRequest& request) {
  const auto body = ObjectOf(request);
  const json on = body ? body->value("on_failure", json()) : json();
  if (!on.is_boolean()) return BadBody(R"(send {"on_failure": true} or {"on_failure": false})");
  return context.Post(HoldOnFailureChanged{on.get<bool>()});
}

}  // namespace

void AddBatchRoutes(hooks::Hooks& hooks, const SharedRouteContext& context) {
  const auto post = [&](const char* pattern, auto answer) {
    hooks.AddRoute("POST", pattern, Access::Token,
                   [context, answer](const HttpRequest& r) { return answer(*context, r); });
  };
  post("/api/batch/run", Run);
  post("/api/batch/rerun", Rerun);
  post("/api/batch/stop", Stop);
  post("/api/batch/pause", Ask<PauseRequested>);
  post("/api/batch/resume", Ask<ResumeRequested>);
  post("/api/batch/to_failure", Ask<RunToFailureRequested>);
  post("/api/batch/step", Step);
  post("/api/batch/skip_file", SkipFile);
  post("/api/batch/jump", Jump);
  post("/api/batch/hold", Hold);
  post("/api/batch/release", LetGo);
}

}  // namespace proctor
