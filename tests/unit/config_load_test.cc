// What a proctor.toml means.
#include <doctest/doctest.h>

#include "core/config/config.h"

using namespace proctor;
using namespace std::chrono_literals;

namespace {

constexpr const char* kWhole = R"(
[subject]
name = "demo"
command = ["./demo", "--port", "{port}", '{"json": {"lane": {lane}}}', "{{literal}}"]
cwd = "bin"
env = { DEMO_MODE = "test", WHERE = "{workspace}" }
port = 8080
workspace = "/var/tmp/ws"
display = "virtual"

[subject.ready]
url = "http://127.0.0.1:{port}/ready"
timeout = "1.5s"
[subject.health]
url = "http://127.0.0.1:{port}/health"
every = "100ms"
timeout = "2s"
misses = 4
healthy = "/ok"
reason = "/why"
detail = ""
frame = "/n"
hang_after = "3s"
[subject.stop]
url = "http://127.0.0.1:{port}/quit"
grace = "0s"
[subject.restart]
when = "file"
spares = 1
budget = "3 in 2m"

[batch]
lanes = 2

[[suite]]
name = "live"
runner = "pytest"
paths = ["tests", "more"]
args = ["-p", "no:cacheprovider"]
python = "/usr/bin/python3"
env = { A = "{not a placeholder here}" }
timeout = "1h"

[[suite]]
runner = "gtest"
[[suite]]
runner = "gtest"
)";

}  // namespace

TEST_CASE("every key of a proctor.toml arrives") {
  const auto config = ParseConfig(kWhole, "/proj/proctor.toml");
  REQUIRE_MESSAGE(config, config.error().Text());
  CHECK(config->file == "/proj/proctor.toml");
  CHECK(config->directory == "/proj");
  REQUIRE(config->subject);
  const SubjectConfig& subject = *config->subject;
  CHECK(subject.name == "demo");
  CHECK(subject.kind == SubjectKind::Process);
  CHECK(subject.command.size() == 5);
  CHECK(subject.cwd == "/proj/bin");
  CHECK(subject.env == EnvironmentEntries{{"DEMO_MODE", "test"}, {"WHERE", "{workspace}"}});
  CHECK(subject.port == 8080);
  CHECK(subject.workspace == "/var/tmp/ws");
  CHECK(subject.display == Display::Virtual);
  CHECK(subject.ready.url == "http://127.0.0.1:{port}/ready");
  CHECK(subject.ready.timeout == 1500ms);
  CHECK(subject.health.url == "http://127.0.0.1:{port}/health");
  CHECK(subject.health.every == 100ms);
  CHECK(subject.health.timeout == 2s);
  CHECK(subject.health.misses == 4);
  CHECK(subject.health.healthy == "/ok");
  CHECK(subject.health.reason == "/why");
  CHECK(subject.health.detail.empty());
  CHECK(subject.health.frame == "/n");
  CHECK(subject.health.hang_after == 3s);
  CHECK(subject.stop.url == "http://127.0.0.1:{port}/quit");
  CHECK(subject.stop.grace == 0s);
  CHECK(subject.restart.when == RestartWhen::File);
  CHECK(subject.restart.spares == 1);
  CHECK(subject.restart.budget.restarts == 3);
  CHECK(subject.restart.budget.period == 2min);
  CHECK(config->batch.lanes == 2);
  REQUIRE(config->suites.size() == 3);
  const SuiteConfig& suite = config->suites[0];
  CHECK(suite.name == "live");
  CHECK(suite.runner == Runner::Pytest);
  CHECK(suite.paths == std::vector<std::string>{"tests", "more"});
  CHECK(suite.args == std::vector<std::string>{"-p", "no:cacheprovider"});
  CHECK(suite.python == "/usr/bin/python3");
  CHECK(suite.env == EnvironmentEntries{{"A", "{not a placeholder here}"}});
  CHECK(suite.timeout == 1h);
  CHECK(config->suites[1].name == "gtest");
  CHECK(config->suites[2].name == "gtest 2");
}

TEST_CASE("what is left out has the documented default") {
  const auto config =
      ParseConfig("subject.command = ['/opt/demo']\n[[suite]]\n", "/p/proctor.toml");
  REQUIRE_MESSAGE(config, config.error().Text());
  const SubjectConfig& subject = *config->subject;
  CHECK(subject.name == "demo");
  CHECK(subject.cwd == "/p/");
  CHECK(subject.port == 0);
  CHECK_FALSE(subject.workspace);
  CHECK(subject.display == Display::Auto);
  CHECK(subject.ready.url.empty());
  CHECK(subject.ready.timeout == 15s);
  CHECK(subject.health.url.empty());
  CHECK(subject.health.every == 250ms);
  CHECK(subject.health.timeout == 1s);
  CHECK(subject.health.misses == 3);
  CHECK(subject.health.healthy == "/healthy");
  CHECK(subject.health.reason == "/degraded_reason");
  CHECK(subject.health.detail == "/last_assert");
  CHECK(subject.health.frame == "/frame");
  CHECK(subject.health.hang_after == 2s);
  CHECK(subject.stop.grace == 2s);
  CHECK(subject.restart.when == RestartWhen::Unhealthy);
  CHECK(subject.restart.spares == 0);
  CHECK(subject.restart.budget.restarts == 5);
  CHECK(subject.restart.budget.period == 30s);
  CHECK(config->batch.lanes == 1);
  CHECK(config->suites.at(0).name == "pytest");
  CHECK(config->suites.at(0).paths == std::vector<std::string>{"."});
  CHECK(config->suites.at(0).timeout == 120s);
}

TEST_CASE("a file without a subject, or with nothing at all, is a configuration") {
  const auto empty = ParseConfig("", "proctor.toml");
  REQUIRE(empty);
  CHECK_FALSE(empty->subject);
  CHECK(empty->directory.is_absolute());
  CHECK(ParseConfig("\xEF\xBB\xBF# a mark and\r\n[batch]\r\nlanes = 3\r\n", "p")->batch.lanes == 3);
}

TEST_CASE("a kernel is a subject without a command") {
  const auto config = ParseConfig(
      "[subject]\nkind = 'kernel'\nkernel = 'python3'\nsandbox = 'bwrap'\n", "proctor.toml");
  REQUIRE_MESSAGE(config, config.error().Text());
  CHECK(config->subject->kind == SubjectKind::Kernel);
  CHECK(config->subject->name == "python3");
  CHECK(config->subject->sandbox == "bwrap");
}

TEST_CASE("a kernel is asked by its own protocol, has more time to start, and draws nothing") {
  const auto config =
      ParseConfig("[subject]\nkind = 'kernel'\nkernel = 'python3'\n", "proctor.toml");
  REQUIRE_MESSAGE(config, config.error().Text());
  CHECK(config->subject->health.url == "kernel:{generation}");
  CHECK(config->subject->ready.timeout == 60s);
  CHECK(config->subject->display == Display::Inherit);
  CHECK(config->subject->restart.when == RestartWhen::Unhealthy);
}

TEST_CASE("notebooks without a subject get a python3 kernel, a fresh one for each file") {
  const auto config = ParseConfig("[[suite]]\nrunner = 'notebook'\n", "/a/proctor.toml");
  REQUIRE_MESSAGE(config, config.error().Text());
  REQUIRE(config->subject);
  CHECK(config->subject->kind == SubjectKind::Kernel);
  CHECK(config->subject->kernel == "python3");
  CHECK(config->subject->cwd == "/a");
  CHECK(config->subject->restart.when == RestartWhen::File);
}

TEST_CASE("notebooks keep the policy that the file names") {
  const auto config = ParseConfig(
      "[subject]\nkind = 'kernel'\nkernel = 'ir'\n[subject.restart]\nwhen = 'never'\n"
      "[[suite]]\nrunner = 'notebook'\n",
      "proctor.toml");
  REQUIRE_MESSAGE(config, config.error().Text());
  CHECK(config->subject->kernel == "ir");
  CHECK(config->subject->restart.when == RestartWhen::Never);
}

TEST_CASE("a notebook suite says how outputs are compared, and what is sanitised before") {
  const auto config = ParseConfig(
      "[[suite]]\nrunner = 'notebook'\ncompare = 'all'\nwrite_back = true\n"
      "sanitize = { '0x[0-9a-f]+' = 'ADDRESS', 'a=b' = '' }\n",
      "proctor.toml");
  REQUIRE_MESSAGE(config, config.error().Text());
  const SuiteConfig& suite = config->suites[0];
  CHECK(suite.compare == Compare::All);
  CHECK(suite.write_back);
  CHECK(suite.sanitize == EnvironmentEntries{{"0x[0-9a-f]+", "ADDRESS"}, {"a=b", ""}});
}

TEST_CASE("a sandbox is a word, or names its settings") {
  const auto config = ParseConfig(
      "[subject]\nkind = 'kernel'\nkernel = 'python3'\nsandbox = { srt = 'box.json' }\n",
      "proctor.toml");
  REQUIRE_MESSAGE(config, config.error().Text());
  CHECK(config->subject->sandbox == "srt:box.json");
}

TEST_CASE("placeholders are put in, and other braces stay") {
  const PlaceholderValues values = {{"port", "8080"}, {"lane", "1"}};
  struct Row {
    const char* text;
    const char* expanded;
  };
  for (const Row& row : {Row{"", ""},
                         {"--port={port}/{lane}", "--port=8080/1"},
                         {"{port}{port}", "80808080"},
                         {"{{port}}", "{port}"},
                         {"{{{port}}}", "{8080}"},
                         {"{", "{"},
                         {"{port", "{port"},
                         {"{}", "{}"},
                         {"{\"a\": {\"b\": {port}}}", "{\"a\": {\"b\": 8080}}"},
                         {"{unset}", "{unset}"},
                         {"a}}b", "a}}b"}}) {
    CAPTURE(row.text);
    CHECK(Expand(row.text, values) == row.expanded);
  }
}

TEST_CASE("durations have a number and a unit") {
  CHECK(ParseDuration("250ms") == 250ms);
  CHECK(ParseDuration("15s") == 15s);
  CHECK(ParseDuration("1.5s") == 1500ms);
  CHECK(ParseDuration("2m") == 2min);
  CHECK(ParseDuration("1h") == 1h);
  CHECK(ParseDuration("0s") == 0s);
  for (const char* wrong : {"", "s", "15", "15 s", "-1s", "1e3s", "15sec", "s15", "nan", "infs",
                            "99999999999h", "1s "}) {
    CAPTURE(wrong);
    CHECK_FALSE(ParseDuration(wrong));
  }
}
