#include "core/report/json_report.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "report_scene.h"
#include "temporary_folder.h"

namespace proctor {
namespace {

nlohmann::ordered_json Written(const State& state) {
  TemporaryFolder folder;
  const auto written = WriteJson(state, folder / "out.json");
  REQUIRE(written.has_value());
  return nlohmann::ordered_json::parse(ReadText(folder / "out.json"));
}

}  // namespace

TEST_CASE("--json has the members that the design names, in its order") {
  const auto json = Written(WholeBatch());
  const auto head = nlohmann::ordered_json::parse(R"({
    "proctor": "0.1.0", "batch": "20261121-101500-3f9a", "exit": 1,
    "summary": {"tests": 9, "passed": 1, "failed": 1, "error": 1, "skipped": 1, "xfailed": 1,
      "xpassed": 1, "timed_out": 1, "crashed": 1, "not_run": 1, "duration_ms": 3200},
    "files": [
      {"path": "tests/test_a.py", "lane": 0,
       "subject": {"generation": 1, "note": "fresh", "reason": null}},
      {"path": "tests/sub/test_b.py", "lane": 0,
       "subject": {"generation": 2, "note": "respawned",
                   "reason": "generation 1 died of SIGSEGV in test_kill"}},
      {"path": "tests/test_c.py", "lane": 0, "subject": null}]})");
  for (const auto& [key, value] : head.items()) CHECK(json[key].dump() == value.dump());

  std::vector<std::string> keys;
  for (const auto& [key, value] : json.items()) keys.push_back(key);
  CHECK(keys == std::vector<std::string>{"proctor", "batch", "exit", "summary", "files", "tests",
                                         "generations"});
}

TEST_CASE("--json tells of each test what it came to") {
  const auto tests = Written(WholeBatch())["tests"];
  REQUIRE(tests.size() == 9);
  CHECK(tests[0].dump() ==
        R"({"id":"tests/test_a.py::test_ok","file":"tests/test_a.py","outcome":"passed",)"
        R"("duration_ms":1.5,"attempt":1,"generation":1,"blame":null,"message":null,)"
        R"("details":null,"stdout":"hello\n","stderr":"","evidence":[],"earlier":[]})");
  CHECK(
      tests[2].dump() ==
      R"({"id":"tests/test_a.py::test_kill","file":"tests/test_a.py","outcome":"crashed",)"
      R"("duration_ms":250,"attempt":1,"generation":1,"blame":"subject_crash",)"
      R"("message":"the subject died of SIGSEGV",)"
      R"("details":"def test_kill():\n>   crash()\nE   Gone","stdout":"","stderr":"bye","evidence":[],"earlier":[]})");
  CHECK(
      tests[8].dump() ==
      R"({"id":"tests/test_c.py::test_last","file":"tests/test_c.py","outcome":"not_run",)"
      R"("duration_ms":0,"attempt":0,"generation":null,"blame":"infrastructure",)"
      R"("message":"the restart budget is spent","details":null,"stdout":"","stderr":"","evidence":[],"earlier":[]})");
}

TEST_CASE("--json tells of each generation when and how it ended, from the batch's start on") {
  const auto generations = Written(WholeBatch())["generations"];
  REQUIRE(generations.size() == 3);
  CHECK(generations[0].dump() ==
        R"({"generation":1,"pid":101,"started_ms":100,"ready_ms":250,"ended_ms":500.5,)"
        R"("health":"dead","reason":"died of SIGSEGV","exit":{"code":null,"signal":"SIGSEGV"},)"
        R"("lane":0,"spare":false,"files":0,"tests":0,"usage":[],"stacks":null})");
  CHECK(generations[1]["exit"].dump() == R"({"code":0,"signal":null})");
  CHECK(generations[2].dump() ==
        R"({"generation":3,"pid":null,"started_ms":null,"ready_ms":null,"ended_ms":null,)"
        R"("health":"dead","reason":"./demo does not exist","exit":{"code":null,"signal":null},)"
        R"("lane":0,"spare":false,"files":0,"tests":0,"usage":[],"stacks":null})");
}

TEST_CASE("--json tells of each generation its lane, what it served and held, and its stacks") {
  State state = RunningBatch();
  GenerationState generation = Generation(1, 11);
  generation.lane = 1;
  generation.was_spare = true;
  generation.files_served = 2;
  generation.tests_served = 7;
  generation.usage = {{"", 1024, 3, 4, 1, {}}, {"a.py", 2048, 5, 6, 2, {"1 file"}}};
  generation.stacks = "thread 11";
  state.generations.push_back(generation);
  EndBatch(state, 0);
  const auto json = Written(state)["generations"][0];
  CHECK(json["lane"] == 1);
  CHECK(json["spare"] == true);
  CHECK(json["files"] == 2);
  CHECK(json["tests"] == 7);
  CHECK(json["usage"][0]["path"].is_null());
  CHECK(
      json["usage"][1].dump() ==
      R"({"path":"a.py","rss_bytes":2048,"descriptors":5,"threads":6,"processes":2,"left":["1 file"]})");
  CHECK(json["stacks"] == "thread 11");
}

TEST_CASE("--json tells of a test's attempts that do not count") {
  State state = RunningBatch();
  AddFile(state, "a.py", 1);
  FinishTest(state, 0, {});
  TestState& test = state.files.Edit(0).tests.Edit(0);
  test.attempt = 2;
  test.earlier = {"attempt 1: failed (collateral)"};
  EndBatch(state, 0);
  const auto json = Written(state)["tests"][0];
  CHECK(json["attempt"] == 2);
  CHECK(json["earlier"].dump() == "[\"attempt 1: failed (collateral)\"]");
}

TEST_CASE("--json is valid whatever the tests printed") {
  const auto tests = Written(WholeBatch())["tests"];
  CHECK(tests[3]["stdout"] == std::string("\x1b[31mred\x1b[0m \0 \xef\xbf\xbd é", 21));
}

TEST_CASE("a test that never ended is not_run in --json, and the counts say the same") {
  State state = RunningBatch();
  AddFile(state, "a.py", 2);
  FinishTest(state, 0, {});
  EndBatch(state, 2);
  const auto json = Written(state);
  CHECK(json["summary"]["tests"] == 2);
  CHECK(json["summary"]["not_run"] == 1);
  CHECK(json["tests"][1]["outcome"] == "not_run");
}

TEST_CASE("an empty batch is valid --json") {
  State state = RunningBatch();
  EndBatch(state, 5);
  const auto json = Written(state);
  CHECK(json["summary"]["tests"] == 0);
  CHECK(json["files"].empty());
  CHECK(json["tests"].is_array());
  CHECK(json["generations"].is_array());
}

}  // namespace proctor
