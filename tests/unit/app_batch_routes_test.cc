#include <doctest/doctest.h>

#include <ostream>

#include "app_routes_scene.h"

namespace proctor {
namespace {

using fakes::Routes;
using nlohmann::json;

std::string HintOf(const httplib::Result& answer) {
  return json::parse(answer->body)["hint"].get<std::string>();
}

std::string Body(const char* name, const std::string& value) {
  return json{{name, value}}.dump();
}

TEST_CASE("a batch is paused, resumed, stepped through and run to its next failure") {
  Routes routes(fakes::MakeTwoLanes());
  for (const char* route : {"pause", "resume", "to_failure"}) {
    const auto answer = routes.Post(std::string("/api/batch/") + route);
    CHECK(answer->status == 202);
    CHECK(json::parse(answer->body)["id"].is_number());
  }
  CHECK(routes.Post("/api/batch/step", R"({"lane": 1})")->status == 202);
  CHECK(routes.Post("/api/batch/step")->status == 202);
  REQUIRE(routes.posted.size() == 5);
  CHECK(std::holds_alternative<PauseRequested>(routes.posted[0]));
  CHECK(std::holds_alternative<ResumeRequested>(routes.posted[1]));
  CHECK(std::holds_alternative<RunToFailureRequested>(routes.posted[2]));
  CHECK(std::get<StepRequested>(routes.posted[3]).lane == 1);
  CHECK(std::get<StepRequested>(routes.posted[4]).lane == 0);
}

TEST_CASE("without a running batch there is nothing to direct, and it says what to do") {
  const auto state = fakes::MakeSampleState({});
  Routes routes(state);
  const std::string path = Body("path", state->files[0].path);
  for (const auto& [route, body] :
       std::vector<std::pair<std::string, std::string>>{{"pause", ""},
                                                        {"resume", ""},
                                                        {"to_failure", ""},
                                                        {"step", ""},
                                                        {"skip_file", path},
                                                        {"jump", path},
                                                        {"release", ""}}) {
    const auto answer = routes.Post("/api/batch/" + route, body);
    INFO(route);
    CHECK(answer->status == 409);
    CHECK(json::parse(answer->body)["error"] == "no batch is running");
    CHECK(HintOf(answer).find("/api/batch/run") != std::string::npos);
  }
  CHECK(routes.posted.empty());
}

TEST_CASE("a lane that there is not is told with those that there are") {
  Routes routes(fakes::MakeTwoLanes());
  const auto answer = routes.Post("/api/batch/step", R"({"lane": 2})");
  CHECK(answer->status == 404);
  CHECK(HintOf(answer).find("0 to 1") != std::string::npos);
  CHECK(routes.Post("/api/batch/release", R"({"lane": -1})")->status == 404);
  CHECK(routes.Post("/api/batch/step", R"({"lane": "0"})")->status == 400);
  CHECK(routes.Post("/api/batch/step", "[]")->status == 400);
  CHECK(routes.posted.empty());
}

TEST_CASE("what a lane holds is released, each way, and nothing else is") {
  Routes routes(fakes::MakeTwoLanes());
  for (const char* how : {"continue", "rerun", "restart"}) {
    CHECK(routes.Post("/api/batch/release", Body("how", how))->status == 202);
  }
  CHECK(routes.Post("/api/batch/release", Body("how", "gently"))->status == 400);
  const auto answer = routes.Post("/api/batch/release", R"({"lane": 1, "how": "continue"})");
  CHECK(answer->status == 409);
  CHECK(json::parse(answer->body)["error"] == "lane 1 holds no test");
  REQUIRE(routes.posted.size() == 3);
  CHECK(std::get<ReleaseRequested>(routes.posted[0]).how == Release::Continue);
  CHECK(std::get<ReleaseRequested>(routes.posted[1]).how == Release::Rerun);
  CHECK(std::get<ReleaseRequested>(routes.posted[2]).how == Release::Restart);
}

TEST_CASE("in a batch that runs a done or held test is run again, its fixtures kept or fresh") {
  const auto state = fakes::MakeTwoLanes();
  Routes routes(state);
  const std::string done = state->files[1].tests[3].id;
  const std::string held = state->files[4].tests[6].id;
  REQUIRE(state->lanes[0].held == TestRef{4, 6});
  CHECK(routes.Post("/api/batch/rerun", Body("test", done))->status == 202);
  CHECK(
      routes.Post("/api/batch/rerun", json{{"test", held}, {"fixtures", "fresh"}}.dump())->status ==
      202);
  REQUIRE(routes.posted.size() == 2);
  CHECK(std::get<RerunRequested>(routes.posted[0]).test == done);
  CHECK(std::get<RerunRequested>(routes.posted[0]).fixtures == Fixtures::Kept);
  CHECK(std::get<RerunRequested>(routes.posted[1]).fixtures == Fixtures::Fresh);
}

TEST_CASE("a test that is not there or has not run is not run again") {
  const auto state = fakes::MakeTwoLanes();
  Routes routes(state);
  const auto unknown =
      routes.Post("/api/batch/rerun", Body("test", state->files[1].tests[3].id + "x"));
  CHECK(unknown->status == 404);
  CHECK(HintOf(unknown).find(state->files[1].tests[3].id) != std::string::npos);
  const auto planned = routes.Post("/api/batch/rerun", Body("test", state->files[8].tests[0].id));
  CHECK(planned->status == 409);
  CHECK(routes.Post("/api/batch/rerun", R"({"test": "x", "fixtures": "old"})")->status == 400);
  CHECK(routes.posted.empty());
}

TEST_CASE("between batches a test that is run again is a batch of its own") {
  const auto state = fakes::MakeSampleState({});
  Routes routes(state);
  const std::string id = state->files[1].tests[3].id;
  CHECK(routes.Post("/api/batch/rerun", Body("test", id))->status == 202);
  const auto& selection = std::get<BatchRequested>(routes.posted.at(0)).selection;
  CHECK(selection.tests == std::vector<std::string>{id});
  CHECK(selection.paths == std::vector<std::string>{"/home/ada/harbour/tests/test_panels.py"});
  CHECK(routes.Post("/api/batch/rerun", json{{"test", id}, {"fixtures", "kept"}}.dump())->status ==
        409);
}

TEST_CASE("a file is skipped or comes next, by either of its names") {
  const auto state = fakes::MakeTwoLanes();
  Routes routes(state);
  const std::string path = state->files[8].path;
  CHECK(routes.Post("/api/batch/skip_file", Body("path", path))->status == 202);
  CHECK(routes.Post("/api/batch/jump", Body("path", "/home/ada/harbour/" + path))->status == 202);
  REQUIRE(routes.posted.size() == 2);
  CHECK(std::get<SkipFileRequested>(routes.posted[0]).path == path);
  CHECK(std::get<JumpRequested>(routes.posted[1]).path == path);
}

TEST_CASE("a file that is unknown, done or running does not come next") {
  const auto state = fakes::MakeTwoLanes();
  Routes routes(state);
  const auto unknown = routes.Post("/api/batch/jump", Body("path", "tests/test_panel.py"));
  CHECK(unknown->status == 404);
  CHECK(HintOf(unknown) == "did you mean 'tests/test_panels.py'?");
  CHECK(routes.Post("/api/batch/jump", Body("path", state->files[0].path))->status == 409);
  CHECK(routes.Post("/api/batch/skip_file", Body("path", state->files[0].path))->status == 409);
  CHECK(routes.Post("/api/batch/jump", Body("path", state->files[7].path))->status == 409);
  CHECK(routes.Post("/api/batch/jump", R"({"file": "a"})")->status == 400);
  CHECK(routes.posted.empty());
}

TEST_CASE("holding on failure is switched on and off, also between batches") {
  Routes routes(fakes::MakeSampleState({}));
  CHECK(routes.Post("/api/batch/hold", R"({"on_failure": true})")->status == 202);
  CHECK(routes.Post("/api/batch/hold", R"({"on_failure": false})")->status == 202);
  CHECK(routes.Post("/api/batch/hold", R"({"on_failure": 1})")->status == 400);
  CHECK(routes.Post("/api/batch/hold")->status == 400);
  REQUIRE(routes.posted.size() == 2);
  CHECK(std::get<HoldOnFailureChanged>(routes.posted[0]).on);
  CHECK_FALSE(std::get<HoldOnFailureChanged>(routes.posted[1]).on);
}

TEST_CASE("the batch tells its pace, and what a lane holds with the ways to get at it") {
  const auto state = fakes::MakeTwoLanes();
  Routes routes(state);
  const json batch = json::parse(routes.Get("/api/batch")->body);
  CHECK(batch["pace"] == "free");
  CHECK(batch["hold_on_failure"] == true);
  const json held = batch["lanes"][0]["held"];
  const GenerationState& g = state->generations[*state->lanes[0].current];
  CHECK(held["test"] == state->files[4].tests[6].id);
  CHECK(held["phase"] == "call");
  CHECK(held["since_ms"] == state->now.ms() - 3000 + 1200);
  CHECK(held["generation"] == g.id.value);
  CHECK(held["attach"] == json{"gdb -p " + std::to_string(g.pid), g.url,
                               "python -m proctor items --pid " + std::to_string(g.pid)});
  CHECK(batch["lanes"][1]["held"].is_null());
  CHECK(batch["lanes"][1]["test"] == state->files[7].tests[0].id);
}

TEST_CASE("a lane of a paused batch stands once it has nothing to run") {
  const auto state = fakes::MakeTwoLanes();
  state->batch.pace = Pace::Paused;
  state->lanes[1].sent.clear();
  Routes routes(state);
  const json batch = json::parse(routes.Get("/api/batch")->body);
  CHECK(batch["pace"] == "paused");
  CHECK(batch["lanes"][0]["standing"] == false);
  CHECK(batch["lanes"][1]["standing"] == true);
}

TEST_CASE("each generation tells its lane, its role, what it held and its stacks") {
  Routes routes(fakes::MakeTwoLanes());
  const json subjects = json::parse(routes.Get("/api/subjects")->body);
  const json hung = subjects["generations"][0];
  CHECK(hung["lane"] == 0);
  CHECK(hung["was_spare"] == false);
  CHECK(hung["leased_ms"].is_null());
  CHECK(hung["stacks"].get<std::string>().find("Loader::WaitForAll") != std::string::npos);
  REQUIRE(hung["usage"].size() == 3);
  CHECK(hung["usage"][0]["path"].is_null());
  const json expected = {{"path", "tests/test_panels.py"},
                         {"rss_bytes", 136 << 20},
                         {"descriptors", 57},
                         {"threads", 11},
                         {"processes", 1},
                         {"left", json::array({"12 files in the workspace (3.1 MB)"})}};
  CHECK(hung["usage"][2] == expected);
  CHECK(subjects["generations"][2]["role"] == "serving");
  CHECK(subjects["generations"][2]["leased_ms"].is_number());
  CHECK(subjects["generations"].back()["role"] == "spare");
  CHECK(subjects["generations"].back()["stacks"].is_null());
  CHECK(subjects["lanes"][0]["spares"] == json{5});
  CHECK(subjects["lanes"][1]["spares"] == json{6});
}

TEST_CASE("a test tells of its attempts that do not count") {
  const auto state = fakes::MakeTwoLanes();
  Routes routes(state);
  const json test = json::parse(routes.Get("/api/tests/" + state->files[1].tests[2].id)->body);
  CHECK(test["attempt"] == 2);
  REQUIRE(test["earlier"].size() == 1);
  CHECK(test["earlier"][0].get<std::string>().starts_with("attempt 1: failed"));
}

}  // namespace
}  // namespace proctor
