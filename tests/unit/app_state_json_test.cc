#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <ostream>

#include "app/openapi.h"
#include "app/state_json.h"
#include "tests/fakes/sample_state.h"

namespace proctor {
namespace {

using nlohmann::json;

TEST_CASE("the batch tells its phase, its counts and what runs") {
  const auto state = fakes::MakeSampleState({.done = 0.5});
  const json batch = json::parse(BatchJson(*state, 17));
  CHECK(batch["version"] == 17);
  CHECK(batch["phase"] == "running");
  CHECK(batch["exit"].is_null());
  CHECK(batch["restart"] == "unhealthy");
  CHECK(batch["summary"]["tests"] == 96);
  CHECK(batch["summary"]["done"] == 48);
  CHECK(batch["summary"]["passed"] == state->counts[Outcome::Passed]);
  CHECK(batch["lanes"][0]["test"] == state->files[4].tests[0].id);
}

TEST_CASE("a batch that has ended says so, with its exit code") {
  const auto state = fakes::MakeSampleState({});
  const json batch = json::parse(BatchJson(*state, 1));
  CHECK(batch["phase"] == "ended");
  CHECK(batch["exit"] == 1);
  CHECK(batch["elapsed_ms"] == 94000.0);
}

TEST_CASE("without a batch there is none, and not an empty one") {
  const json batch = json::parse(BatchJson(State{}, 0));
  CHECK(batch["phase"] == "none");
  CHECK(batch["batch"].is_null());
  CHECK(batch["exit"].is_null());
  CHECK(batch["started"].is_null());
}

TEST_CASE("tests come page by page, in the order of the batch") {
  const auto state = fakes::MakeSampleState({});
  const json first = json::parse(TestsJson(*state, 1, {.offset = 0, .limit = 50}));
  const json second = json::parse(TestsJson(*state, 1, {.offset = 50, .limit = 50}));
  CHECK(first["total"] == 96);
  CHECK(first["tests"].size() == 50);
  CHECK(second["tests"].size() == 46);
  CHECK(first["tests"][0]["id"] == state->files[0].tests[0].id);
  CHECK(second["tests"][45]["id"] == state->files[7].tests[11].id);
}

TEST_CASE("tests are filtered by outcome, file and text") {
  const auto state = fakes::MakeSampleState({});
  const json bad =
      json::parse(TestsJson(*state, 1, {.outcomes = {Outcome::Failed, Outcome::Crashed}}));
  CHECK(bad["total"] == state->counts[Outcome::Failed] + state->counts[Outcome::Crashed]);
  CHECK(json::parse(TestsJson(*state, 1, {.file = state->files[2].path}))["total"] == 12);
  CHECK(json::parse(TestsJson(*state, 1, {.text = "modal undo"}))["total"] == 1);
}

TEST_CASE("a test that is not done has no outcome") {
  const auto state = fakes::MakeSampleState({.done = 0});
  const json tests = json::parse(TestsJson(*state, 1, {}));
  CHECK(tests["tests"][0]["progress"] == "planned");
  CHECK(tests["tests"][0]["outcome"].is_null());
  CHECK(json::parse(TestsJson(*state, 1, {.outcomes = {Outcome::NotRun}}))["total"] == 0);
}

TEST_CASE("one test tells everything about itself") {
  const auto state = fakes::MakeSampleState({});
  const TestState& failed = state->files[2].tests[3];
  REQUIRE(failed.outcome == Outcome::Failed);
  const auto text = TestJson(*state, failed.id);
  REQUIRE(text);
  const json test = json::parse(*text);
  CHECK(test["outcome"] == "failed");
  CHECK(test["blame"] == "test");
  CHECK(test["details"] == failed.details->details);
  CHECK(test["location"]["line"] == failed.details->line);
  CHECK(test["file_note"]["note"] == "reused");
  CHECK_FALSE(TestJson(*state, "no such test"));
}

TEST_CASE("subjects tell their generations and notes, and never a token") {
  const auto state = fakes::MakeSampleState({});
  state->generations.Edit(0).token = "s3cret";
  const std::string text = SubjectsJson(*state);
  CHECK(text.find("s3cret") == std::string::npos);
  const json subjects = json::parse(text);
  CHECK(subjects["lanes"][0]["current"]["generation"] == 3);
  CHECK(subjects["generations"][0]["health"] == "degraded");
  CHECK(subjects["generations"][1]["exit"]["signal"] == "SIGSEGV");
  CHECK(subjects["generations"][2]["exit"].is_null());
  CHECK(subjects["file_notes"].size() == state->files.size());
}

TEST_CASE("output that is not UTF-8 still makes JSON") {
  const auto state = fakes::MakeSampleState({});
  auto details = std::make_shared<TestDetails>();
  details->stdout_text = "broken \xff\xfe bytes";
  TestState& test = state->files.Edit(0).tests.Edit(0);
  test.details = details;
  CHECK(json::parse(*TestJson(*state, test.id))["stdout"].is_string());
}

TEST_CASE("the description is valid and names every path parameter") {
  const json api = json::parse(hooks::OpenApiJson("proctor", "1", DashboardRoutes()));
  CHECK(api["openapi"] == "3.1.0");
  for (const auto& [path, methods] : api["paths"].items()) {
    if (path.find('{') == std::string::npos) continue;
    for (const json& operation : methods) {
      const std::string named = path;
      INFO(named);
      CHECK(operation["parameters"][0]["in"] == "path");
    }
  }
}

}  // namespace
}  // namespace proctor
