#include <doctest/doctest.h>

#include <ostream>
#include <thread>

#include "app_routes_scene.h"

namespace proctor {
namespace {

using fakes::Routes;
using nlohmann::json;

TEST_CASE("every route that the description names is there") {
  Routes routes(fakes::MakeSampleState({}));
  const json api = json::parse(routes.Get("/api/openapi.json")->body);
  CHECK(api["paths"].contains("/api/batch/run"));
  for (const auto& [pattern, methods] : api["paths"].items()) {
    // The window's own routes, the one that ends it, and those that wait for a frame.
    if (pattern.starts_with("/api/gui/") || pattern == "/api/shutdown") continue;
    if (pattern == "/api/ui" || pattern == "/api/screenshot.png") continue;
    std::string path = pattern;
    if (const size_t brace = path.find('{'); brace != std::string::npos) {
      path.replace(brace, path.find('}') - brace + 1, "0");
    }
    for (const char* method : {"get", "post"}) {
      if (!methods.contains(method)) continue;
      const bool reading = std::string_view(method) == "get";
      const auto answer = reading ? routes.Get(path) : routes.Post(path);
      INFO(path);
      REQUIRE(answer);
      CHECK(answer->body.find("no such route") == std::string::npos);
      CHECK(answer->status != 405);
    }
  }
}

TEST_CASE("before the first state the routes answer, and say that there is nothing") {
  Routes routes(nullptr);
  CHECK(json::parse(routes.Get("/api/batch")->body)["phase"] == "none");
  CHECK(json::parse(routes.Get("/api/tests")->body)["total"] == 0);
  CHECK(routes.Post("/api/batch/run")->status == 202);
}

TEST_CASE("reading takes the token") {
  Routes routes(fakes::MakeSampleState({}));
  httplib::Client stranger("127.0.0.1", routes.hooks->port());
  CHECK(stranger.Get("/api/batch")->status == 401);
}

TEST_CASE("an id with slashes, colons and brackets names its test") {
  const auto state = fakes::MakeSampleState({});
  Routes routes(state);
  const std::string id = state->files[1].tests[3].id;
  REQUIRE(id.ends_with("[fast]"));
  CHECK(json::parse(routes.Get("/api/tests/" + id)->body)["id"] == id);
  CHECK(routes.Get("/api/tests/no/such::test")->status == 404);
}

TEST_CASE("tests are asked for with several outcomes, and an unknown one is refused") {
  const auto state = fakes::MakeSampleState({});
  Routes routes(state);
  const json bad = json::parse(routes.Get("/api/tests?outcome=failed,crashed&limit=2")->body);
  CHECK(bad["total"] == state->counts[Outcome::Failed] + state->counts[Outcome::Crashed]);
  CHECK(bad["tests"].size() == 2);
  CHECK(routes.Get("/api/tests?outcome=red")->status == 400);
}

TEST_CASE("a wait for news ends when something is published, and tells the new version") {
  Routes routes(fakes::MakeSampleState({}));
  const json before = json::parse(routes.Get("/api/batch")->body);
  const std::string since = std::to_string(before["version"].get<int>());
  std::jthread publisher([&] { routes.states.Publish(fakes::MakeSampleState({.done = 0.5})); });
  const json after = json::parse(routes.Get("/api/batch?wait_ms=4000&since=" + since)->body);
  CHECK(after["version"] > before["version"]);
  CHECK(after["phase"] == "running");
}

TEST_CASE("a wait without news answers with the old version when its time is over") {
  Routes routes(fakes::MakeSampleState({}));
  CHECK(json::parse(routes.Get("/api/batch?wait_ms=30")->body)["version"] == 1);
}

TEST_CASE("a run is posted with its selection, paths made absolute") {
  Routes routes(fakes::MakeSampleState({}));
  const auto answer =
      routes.Post("/api/batch/run",
                  R"({"paths": ["tests/a.py", "/abs/b.py"], "tests": ["x::y"], "keyword": "k"})");
  CHECK(answer->status == 202);
  CHECK(json::parse(answer->body)["id"].is_number());
  REQUIRE(routes.posted.size() == 1);
  const Selection expected{
      .paths = {"/home/ada/harbour/tests/a.py", "/abs/b.py"}, .tests = {"x::y"}, .keyword = "k"};
  CHECK(std::get<BatchRequested>(routes.posted[0]).selection == expected);
}

TEST_CASE("a run with a body that makes no sense is refused and posts nothing") {
  Routes routes(fakes::MakeSampleState({}));
  for (const char* body :
       {"[]", "{", R"({"paths": "a"})", R"({"tests": [1]})", R"({"keyword": 1})"}) {
    CHECK(routes.Post("/api/batch/run", body)->status == 400);
  }
  CHECK(routes.posted.empty());
}

TEST_CASE("a second batch is refused while one runs") {
  Routes routes(fakes::MakeSampleState({.done = 0.5}));
  CHECK(routes.Post("/api/batch/run")->status == 409);
  CHECK(routes.Post("/api/batch/rerun")->status == 409);
  CHECK(routes.posted.empty());
}

TEST_CASE("a rerun asks for exactly the tests that went bad") {
  const auto state = fakes::MakeSampleState({});
  Routes routes(state);
  CHECK(routes.Post("/api/batch/rerun", R"({"failed": true})")->status == 202);
  const auto& selection = std::get<BatchRequested>(routes.posted.at(0)).selection;
  CHECK(selection.tests.size() == static_cast<size_t>(state->counts.Bad()));
}

TEST_CASE("a rerun of failures is refused when nothing has failed") {
  Routes routes(fakes::MakeSampleState({.files = 1}));
  CHECK(routes.Post("/api/batch/rerun")->status == 409);
}

TEST_CASE("a stop waits for the running test unless it is told not to") {
  Routes routes(fakes::MakeSampleState({.done = 0.5}));
  CHECK(routes.Post("/api/batch/stop")->status == 202);
  CHECK(routes.Post("/api/batch/stop", R"({"mode": "now"})")->status == 202);
  CHECK(routes.Post("/api/batch/stop", R"({"mode": "soon"})")->status == 400);
  REQUIRE(routes.posted.size() == 2);
  CHECK(std::get<StopRequested>(routes.posted[0]).mode == StopMode::AfterTest);
  CHECK(std::get<StopRequested>(routes.posted[1]).mode == StopMode::Now);
}

TEST_CASE("a subject is restarted and killed by its lane") {
  Routes routes(fakes::MakeSampleState({}));
  CHECK(routes.Post("/api/subjects/0/restart")->status == 202);
  CHECK(routes.Post("/api/subjects/0/kill")->status == 202);
  CHECK(routes.Post("/api/subjects/7/kill")->status == 404);
  CHECK(routes.Post("/api/subjects/x/kill")->status == 404);
  REQUIRE(routes.posted.size() == 2);
  CHECK(std::holds_alternative<SubjectRestartRequested>(routes.posted[0]));
  CHECK(std::holds_alternative<SubjectKillRequested>(routes.posted[1]));
}

TEST_CASE("without a subject there is nothing to restart") {
  Routes routes(fakes::MakeSampleState({.with_subject = false}));
  CHECK(routes.Post("/api/subjects/0/restart")->status == 409);
}

TEST_CASE("the restart policy is set by its word") {
  Routes routes(fakes::MakeSampleState({}));
  CHECK(routes.Post("/api/restart_policy", R"({"when": "file"})")->status == 202);
  CHECK(std::get<RestartPolicyChanged>(routes.posted.at(0)).when == RestartWhen::File);
  CHECK(routes.Post("/api/restart_policy", R"({"when": "sometimes"})")->status == 400);
  CHECK(routes.Post("/api/restart_policy")->status == 400);
}

TEST_CASE("events come after a number, at most as many as were asked for") {
  Routes routes(fakes::MakeSampleState({}));
  for (int seq = 1; seq <= 5; ++seq) routes.journal.push_back({{"seq", seq}});
  const json events = json::parse(routes.Get("/api/events?since=2&limit=2")->body);
  REQUIRE(events.size() == 2);
  CHECK(events[0]["seq"] == 3);
}

TEST_CASE("streamed events come in order, each once, and later ones as they happen") {
  Routes routes(fakes::MakeSampleState({}));
  routes.journal = {{{"seq", 1}}, {{"seq", 2}}};
  std::string received;
  bool told = false;
  auto client = routes.Client();
  client.set_read_timeout(5);
  const httplib::Headers accept = {{"Accept", "text/event-stream"}};
  client.Get("/api/events?since=1", accept, [&](const char* data, size_t size) {
    received.append(data, size);
    if (!told && received.find("\"seq\":2") != std::string::npos) {
      told = true;
      {
        const std::lock_guard lock(routes.mutex);
        routes.journal.push_back({{"seq", 3}});
      }
      routes.states.Publish(fakes::MakeSampleState({}));
    }
    return received.find("\"seq\":3}\n\n") == std::string::npos;
  });
  constexpr std::string_view kHeartbeat = ": still here\n\n";
  for (size_t at = 0; (at = received.find(kHeartbeat)) != std::string::npos;) {
    received.erase(at, kHeartbeat.size());
  }
  CHECK(received == "id: 2\ndata: {\"seq\":2}\n\nid: 3\ndata: {\"seq\":3}\n\n");
}

}  // namespace
}  // namespace proctor
