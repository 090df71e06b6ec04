#include "core/report/junit_report.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <ctime>
#include <pugixml.hpp>
#include <vector>

#include "core/config/config.h"
#include "core/report/whole_file.h"
#include "core/report/xml_text.h"

namespace proctor {
namespace {

using pugi::xml_node;

/// What a <testsuite> counts.
struct Tally {
  int tests = 0, failures = 0, errors = 0, skipped = 0;
  double seconds = 0;
};

void Attribute(xml_node node, const char* name, std::string_view value) {
  node.append_attribute(name).set_value(XmlText(value).c_str());
}

void TextChild(xml_node node, const char* name, std::string_view text) {
  if (text.empty()) return;
  node.append_child(name).append_child(pugi::node_pcdata).set_value(XmlText(text).c_str());
}

/// "tests/sub/test_mod.py" → "tests.sub.test_mod"
std::string Dotted(std::string_view path) {
  std::string dotted(path);
  for (char& c : dotted) c = c == '/' ? '.' : c;
  if (dotted.ends_with(".py")) dotted.resize(dotted.size() - 3);
  return dotted;
}

/// "tests/sub/test_mod.py::TestX::test_y[a/b::c]" → "tests.sub.test_mod.TestX" and
/// "test_y[a/b::c]", as pytest's mangle_test_address does it.
void Name(xml_node node, std::string_view id) {
  const std::string_view address = id.substr(0, id.find('['));
  const size_t last = address.rfind("::");
  const bool bare = last == address.npos;  // a file that could not be collected
  std::string classname;
  for (size_t i = 0; !bare && i < last;) {
    const size_t end = std::min(address.find("::", i), last);
    std::string part(address.substr(i, end - i));
    if (i == 0) part = Dotted(part);
    classname += (i > 0 ? "." : "") + part;
    i = end + 2;
  }
  Attribute(node, "classname", classname);
  Attribute(node, "name", bare ? Dotted(address) : std::string(id.substr(last + 2)));
}

void Properties(xml_node node, const FileState& file, const TestState& test) {
  xml_node properties;
  const auto add = [&](const char* name, std::string_view value) {
    if (!properties) properties = node.append_child("properties");
    xml_node property = properties.append_child("property");
    Attribute(property, "name", name);
    Attribute(property, "value", value);
  };
  if (test.generation) add("generation", std::to_string(test.generation.value));
  if (test.blame) add("blame", ToString(*test.blame));
  // Attempts that do not count; a property may come more than once.
  for (const std::string& attempt : test.earlier) add("earlier_attempt", attempt);
  if (test.generation && file.note) {
    const std::string& reason = file.note->reason;
    add("note", std::string(ToString(file.note->kind)) + (reason.empty() ? "" : ": " + reason));
  }
}

struct Element {
  const char* tag;        ///< null: a test that passed has none
  const char* type = "";  ///< empty: no such attribute
  int Tally::*count = nullptr;
};

Element ElementFor(Outcome outcome) {
  switch (outcome) {
    case Outcome::Passed:
    case Outcome::Xpassed:
      return {nullptr};
    case Outcome::Xfailed:
      return {"skipped", "pytest.xfail", &Tally::skipped};
    case Outcome::Skipped:
      return {"skipped", "pytest.skip", &Tally::skipped};
    case Outcome::Failed:
      return {"failure", "", &Tally::failures};
    case Outcome::Error:
      return {"error", "", &Tally::errors};
    case Outcome::TimedOut:
      return {"error", "timed_out", &Tally::errors};
    case Outcome::Crashed:
      return {"error", "crashed", &Tally::errors};
    case Outcome::NotRun:
      return {"error", "not_run", &Tally::errors};
  }
  return {nullptr};
}

/// The convention by which CI systems find the files that belong to a test.
std::string Attachments(const TestDetails& told) {
  std::string lines;
  for (const Evidence& piece : told.evidence) {
    if (!piece.file.empty()) lines += fmt::format("\n[[ATTACHMENT|{}]]", piece.file);
  }
  return lines.empty() ? lines : lines + "\n";
}

void TestCase(xml_node suite, const FileState& file, const TestState& test, Tally& tally) {
  static const TestDetails kNothing;
  const TestDetails& told = test.details ? *test.details : kNothing;
  const bool done = test.progress == TestProgress::Done;

  xml_node node = suite.append_child("testcase");
  Name(node, test.id);
  Attribute(node, "time", fmt::format("{:.3f}", test.duration_ms / 1e3));
  Properties(node, file, test);
  ++tally.tests;
  tally.seconds += test.duration_ms / 1e3;

  const Element element = ElementFor(done ? test.outcome : Outcome::NotRun);
  if (element.tag) {
    ++(tally.*element.count);
    xml_node result = node.append_child(element.tag);
    if (*element.type) Attribute(result, "type", element.type);
    Attribute(result, "message", told.message);
    if (!told.details.empty()) {
      result.append_child(pugi::node_pcdata).set_value(XmlText(told.details).c_str());
    }
  }
  TextChild(node, "system-out", told.stdout_text + Attachments(told));
  TextChild(node, "system-err", told.stderr_text + told.log_text);
}

/// Local time without a zone, as pytest writes it.
std::string Timestamp(int64_t wall_ms) {
  const std::time_t seconds = wall_ms / 1000;
  std::tm local{};
  ::localtime_r(&seconds, &local);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}000", local, wall_ms % 1000);
}

std::string HostName() {
  char name[256] = "";
  ::gethostname(name, sizeof name - 1);
  return name;
}

std::string SuiteName(const State& state, size_t suite) {
  const bool known = state.config && suite < state.config->suites.size();
  return known ? state.config->suites[suite].name : "proctor";
}

void TestSuite(xml_node root, const State& state, size_t suite) {
  xml_node node = root.append_child("testsuite");
  Attribute(node, "name", SuiteName(state, suite));
  // In pytest's order; the values are known once the cases are written.
  for (const char* name : {"errors", "failures", "skipped", "tests", "time"}) {
    node.append_attribute(name);
  }
  Attribute(node, "timestamp", Timestamp(state.batch.wall_ms));
  Attribute(node, "hostname", HostName());
  Tally tally;
  for (const FileState& file : state.files) {
    if (file.suite != suite) continue;
    for (const TestState& test : file.tests) TestCase(node, file, test, tally);
  }
  node.attribute("errors").set_value(tally.errors);
  node.attribute("failures").set_value(tally.failures);
  node.attribute("skipped").set_value(tally.skipped);
  node.attribute("tests").set_value(tally.tests);
  node.attribute("time").set_value(fmt::format("{:.3f}", tally.seconds).c_str());
}

/// Hands what pugixml prints on to a Put.
struct PutWriter : pugi::xml_writer {
  explicit PutWriter(const Put& to) : put(to) {}
  void write(const void* data, size_t size) override {
    put({static_cast<const char*>(data), size});
  }
  const Put& put;
};

}  // namespace

Result<void, std::string> WriteJUnit(const State& state, const std::filesystem::path& path) {
  size_t suites = 1;
  for (const FileState& file : state.files) suites = std::max(suites, file.suite + 1);

  pugi::xml_document document;
  xml_node declaration = document.append_child(pugi::node_declaration);
  Attribute(declaration, "version", "1.0");
  Attribute(declaration, "encoding", "utf-8");
  xml_node root = document.append_child("testsuites");
  for (size_t suite = 0; suite < suites; ++suite) TestSuite(root, state, suite);

  return WriteWhole(path, [&](const Put& put) {
    PutWriter writer(put);
    document.save(writer, "", pugi::format_raw, pugi::encoding_utf8);
  });
}

}  // namespace proctor
