#include <doctest/doctest.h>

#include "core/runners/worker_messages.h"

using namespace proctor;

namespace {

const WorkerId kWorker{3};

template <typename E>
E Parse(std::string_view line) {
  const Result<Event, std::string> event = ParseWorkerMessage(kWorker, line);
  REQUIRE(event);
  return std::get<E>(*event);
}

}  // namespace

TEST_CASE("a worker's greeting is read, with its version") {
  const auto e = Parse<WorkerGreeted>(
      R"({"type":"hello","v":1,"pid":9,"python":"3.11.2","pytest":"7.2.1","rootdir":"/p","inifile":null})");
  CHECK(e.worker == kWorker);
  CHECK(e.pytest == "7.2.1");
  CHECK(e.inifile == "");
}

TEST_CASE("a worker of another version is refused in words that help") {
  const auto event = ParseWorkerMessage(kWorker, R"({"type":"hello","v":2})");
  REQUIRE_FALSE(event);
  CHECK(event.error().find("version 2") != std::string::npos);
}

TEST_CASE("a collected file is read with what its tests need") {
  const auto e = Parse<FileCollected>(
      R"({"type":"file","path":"a.py","tests":[{"id":"a.py::T::x","name":"x","line":4,"class":"T",)"
      R"("subject":true,"markers":["slow"]},{"id":"a.py::y","name":"y","line":null,"class":null}]})");
  REQUIRE(e.tests.size() == 2);
  CHECK(e.tests[0].uses_subject);
  CHECK(e.tests[0].class_name == "T");
  CHECK(e.tests[0].markers == std::vector<std::string>{"slow"});
  CHECK_FALSE(e.tests[1].uses_subject);
  CHECK(e.tests[1].line == 0);
}

TEST_CASE("a phase is read with what it left out as empty") {
  const auto e = Parse<PhaseFinished>(
      R"({"type":"phase","test":"a.py::x","when":"setup","outcome":"skipped","duration_ms":1.5,)"
      R"("xfail":"known","location":{"file":"a.py","line":3}})");
  CHECK(e.phase == TestPhase::Setup);
  CHECK(e.outcome == PhaseOutcome::Skipped);
  CHECK(e.xfail == "known");
  CHECK(e.line == 3);
  CHECK(e.stdout_text.empty());
}

TEST_CASE("a failing phase brings its evidence, and what could not be had") {
  const auto e = Parse<PhaseFinished>(
      R"({"type":"phase","test":"a.py::x","when":"call","outcome":"failed","duration_ms":1.5,)"
      R"("evidence":[{"kind":"log","file":"/e/log.txt","note":null},)"
      R"({"kind":"of the future","file":"/e/x","note":null},)"
      R"({"kind":"screenshot","file":null,"note":"it hangs"}]})");
  CHECK(e.evidence == std::vector<Evidence>{{EvidenceKind::Log, "/e/log.txt", ""},
                                            {EvidenceKind::Screenshot, "", "it hangs"}});
}

TEST_CASE("a held test is read with the phase that failed, and what was let go with its test") {
  const auto held = Parse<TestHeld>(R"({"type":"held","test":"a.py::x","when":"setup"})");
  CHECK(held.worker == kWorker);
  CHECK(held.test == "a.py::x");
  CHECK(held.phase == TestPhase::Setup);
  CHECK(Parse<TestHeld>(R"({"type":"held","test":"a.py::x","when":"call"})").phase ==
        TestPhase::Call);
  CHECK(Parse<SubjectLetGo>(R"({"type":"let_go_done","test":"a.py::x"})").test == "a.py::x");
  CHECK_FALSE(ParseWorkerMessage(kWorker, R"({"type":"held","when":"call"})"));
}

TEST_CASE("what is no message is refused and named") {
  for (const char* line :
       {"", "hello", "[1]", "42", "{", R"({"type":7})", R"({"type":"nope"})", R"({"type":"phase"})",
        R"({"type":"file","path":"a.py","tests":[{}]})", "\x80\x81", R"({"type":"test_started"})",
        R"({"type":"phase","test":"x","outcome":"failed","evidence":[{}]})"}) {
    CAPTURE(line);
    const auto event = ParseWorkerMessage(kWorker, line);
    CHECK_FALSE(event);
  }
}

TEST_CASE("orders are one line each, pure ASCII, and keep odd names") {
  const std::string line = ToLine(RunTests{kWorker, {"a.py::x[\"\n\xc3\xa9]"}, ""});
  CHECK(line.find('\n') == line.size() - 1);
  CHECK(line.find("\\u00e9") != std::string::npos);
  CHECK(line.find("\"next\":null") != std::string::npos);
}
