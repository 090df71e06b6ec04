#include "core/report/junit_report.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <pugixml.hpp>

#include "core/config/config.h"
#include "report_scene.h"
#include "temporary_folder.h"

namespace proctor {
namespace {

std::string Written(const State& state) {
  TemporaryFolder folder;
  const auto written = WriteJUnit(state, folder / "out.xml");
  REQUIRE(written.has_value());
  return ReadText(folder / "out.xml");
}

/// The test case of that name, as text.
std::string Case(const std::string& document, const std::string& name) {
  const size_t at = document.find("name=\"" + name + "\"");
  REQUIRE(at != document.npos);
  const size_t begin = document.rfind("<testcase", at);
  const size_t next = std::min(document.find("<testcase", at), document.find("</testsuite>", at));
  return document.substr(begin, next - begin);
}

}  // namespace

TEST_CASE("--junit has pytest's frame: testsuites, testsuite, its counts and its time") {
  ::setenv("TZ", "UTC", 1);
  ::tzset();
  char host[256] = "";
  ::gethostname(host, sizeof host - 1);
  const std::string xml = Written(WholeBatch());
  const std::string frame =
      R"(<?xml version="1.0" encoding="utf-8"?><testsuites><testsuite name="live" errors="4" )"
      R"(failures="1" skipped="2" tests="9" time="2.266" timestamp="2026-11-21T10:15:00.250000" )"
      R"(hostname=")" +
      std::string(host) + "\">";
  CHECK(xml.substr(0, frame.size()) == frame);
  CHECK(xml.ends_with("</testcase></testsuite></testsuites>"));
}

TEST_CASE("a test case is named as pytest names it") {
  const std::string xml = Written(WholeBatch());
  CHECK(xml.find(R"(<testcase classname="tests.test_a" name="test_ok" time="0.002">)") != xml.npos);
  CHECK(
      xml.find(R"(<testcase classname="tests.test_a.TestX" name="test_y[a/b::c]" time="0.002">)") !=
      xml.npos);
  CHECK(xml.find(R"(classname="tests.sub.test_b" name="test_bytes")") != xml.npos);

  State state = RunningBatch();
  const uint32_t file = AddFile(state, "broken.py", 1);
  FinishTest(state, file, {.id = "sub/broken.py", .outcome = Outcome::Error});
  CHECK(Written(state).find(R"(<testcase classname="" name="sub.broken")") != std::string::npos);
}

TEST_CASE("each outcome is what a CI understands by it") {
  const std::string xml = Written(WholeBatch());
  CHECK(Case(xml, "test_ok") ==
        R"(<testcase classname="tests.test_a" name="test_ok" time="0.002"><properties>)"
        R"(<property name="generation" value="1"/><property name="note" value="fresh"/>)"
        "</properties><system-out>hello\n</system-out></testcase>");
  CHECK(Case(xml, "test_y[a/b::c]").find(R"(<skipped type="pytest.xfail" message="bug 7"/>)") !=
        std::string::npos);
  CHECK(Case(xml, "test_kill") ==
        R"(<testcase classname="tests.test_a" name="test_kill" time="0.250"><properties>)"
        R"(<property name="generation" value="1"/><property name="blame" value="subject_crash"/>)"
        R"(<property name="note" value="fresh"/></properties>)"
        R"(<error type="crashed" message="the subject died of SIGSEGV">)"
        "def test_kill():\n&gt;   crash()\nE   Gone</error>"
        "<system-err>byeWARNING x</system-err></testcase>");
  CHECK(Case(xml, "test_skip") ==
        R"(<testcase classname="tests.sub.test_b" name="test_skip" time="0.000">)"
        R"(<skipped type="pytest.skip" message="no display"/></testcase>)");
  CHECK(Case(xml, "test_odd") ==
        R"(<testcase classname="tests.sub.test_b" name="test_odd" time="0.000"/>)");
  CHECK(Case(xml, "test_slow")
            .find(R"(<error type="timed_out" message="still running after 2 s">stacks</error>)") !=
        std::string::npos);
  CHECK(Case(xml, "test_fixture").find(R"(<error message="no db"/>)") != std::string::npos);
  CHECK(Case(xml, "test_last")
            .find(R"(<error type="not_run" message="the restart budget is spent"/>)") !=
        std::string::npos);
}

TEST_CASE("attempts that do not count are properties of the one that does") {
  State state = RunningBatch();
  AddFile(state, "a.py", 1);
  FinishTest(state, 0, {.generation = 2});
  TestState& test = state.files.Edit(0).tests.Edit(0);
  test.attempt = 2;
  test.earlier = {"attempt 1: failed (collateral)"};
  EndBatch(state, 0);
  const std::string xml = Written(state);
  CHECK(xml.find(R"(<property name="generation" value="2"/>)"
                 "<property name=\"earlier_attempt\" value=\"attempt 1: failed (collateral)\"/>") !=
        std::string::npos);
  CHECK(xml.find(R"(errors="0" failures="0" skipped="0" tests="1")") != std::string::npos);
}

TEST_CASE("what XML cannot hold is shown as pytest shows it") {
  const std::string test = Case(Written(WholeBatch()), "test_bytes");
  CHECK(test.find("<failure message=\"assert 1 == 2\">E   assert 1 == 2 &lt;&amp;&gt;</failure>") !=
        std::string::npos);
  CHECK(test.find("<system-out>#x1B[31mred#x1B[0m #x00 #xFF é</system-out>") != std::string::npos);

  State state = RunningBatch();
  const uint32_t file = AddFile(state, "a.py", 1);
  std::string all;
  for (int c = 0; c < 256; ++c) all += static_cast<char>(c);
  all += "\xed\xa0\x80 \xef\xbf\xbe \xf4\x90\x80\x80 \xc0\x80 \xf0\x9f\x98\x80 \xe2\x82";
  FinishTest(state, file,
             {.id = "a.py::" + all,
              .outcome = Outcome::Failed,
              .details = {.message = all, .details = all, .stdout_text = all}});
  const std::string xml = Written(state);
  pugi::xml_document document;
  CHECK(document.load_string(xml.c_str(), pugi::parse_default | pugi::parse_ws_pcdata));
  const std::string text = document.child("testsuites")
                               .child("testsuite")
                               .child("testcase")
                               .child("system-out")
                               .text()
                               .get();
  INFO(text);
  CHECK(text.starts_with("#x00#x01#x02#x03#x04#x05#x06#x07#x08\t\n#x0B#x0C\n#x0E"));
  CHECK(text.ends_with("#xFF#xD800 #xFFFE #xF4#x90#x80#x80 #xC0#x80 \xf0\x9f\x98\x80 #xE2#x82"));
  CHECK(std::none_of(xml.begin(), xml.end(), [](unsigned char c) {
    return c < 0x20 && c != '\n' && c != '\r' && c != '\t';
  }));
}

TEST_CASE("each suite is a testsuite of its own") {
  State state = RunningBatch();
  auto config = std::make_shared<Config>();
  config->suites = {{.name = "fast"}, {.name = "slow"}};
  state.config = config;
  AddFile(state, "a.py", 1);
  AddFile(state, "b.py", 2);
  state.files.Edit(1).suite = 1;
  EndBatch(state, 2);
  const std::string xml = Written(state);
  CHECK(xml.find(R"(<testsuite name="fast" errors="1" failures="0" skipped="0" tests="1")") !=
        xml.npos);
  CHECK(xml.find(R"(<testsuite name="slow" errors="2" failures="0" skipped="0" tests="2")") !=
        xml.npos);
}

}  // namespace proctor
