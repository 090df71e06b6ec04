#include "core/runners/worker_messages.h"

#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>

namespace proctor {
namespace {

using nlohmann::json;

std::string Text(const json& m, const char* key) {
  const auto it = m.find(key);
  return it != m.end() && it->is_string() ? it->get<std::string>() : std::string();
}

int Number(const json& m, const char* key, int otherwise = 0) {
  const auto it = m.find(key);
  return it != m.end() && it->is_number() ? it->get<int>() : otherwise;
}

double Real(const json& m, const char* key) {
  const auto it = m.find(key);
  return it != m.end() && it->is_number() ? it->get<double>() : 0.0;
}

bool Flag(const json& m, const char* key) {
  const auto it = m.find(key);
  return it != m.end() && it->is_boolean() && it->get<bool>();
}

CollectedTest ParseTest(const json& m) {
  CollectedTest test;
  test.id = m.at("id").get<std::string>();
  test.name = Text(m, "name");
  test.class_name = Text(m, "class");
  test.line = Number(m, "line");
  test.uses_subject = Flag(m, "subject");
  test.restart = RestartWhenFrom(Text(m, "restart"));
  if (const auto it = m.find("markers"); it != m.end() && it->is_array()) {
    for (const json& marker : *it) test.markers.push_back(marker.get<std::string>());
  }
  return test;
}

Event ParseFile(WorkerId w, const json& m) {
  FileCollected e{w, m.at("path").get<std::string>(), {}};
  e.restart = RestartWhenFrom(Text(m, "restart"));
  e.group = Text(m, "group");
  e.cumulative = Flag(m, "cumulative");
  for (const json& test : m.at("tests")) e.tests.push_back(ParseTest(test));
  return e;
}

TestPhase ParseWhen(const std::string& when) {
  if (when == "setup") return TestPhase::Setup;
  return when == "teardown" ? TestPhase::Teardown : TestPhase::Call;
}

PhaseOutcome ParsePhaseOutcome(const std::string& outcome) {
  if (outcome == "passed") return PhaseOutcome::Passed;
  return outcome == "skipped" ? PhaseOutcome::Skipped : PhaseOutcome::Failed;
}

/// A kind that this Proctor does not know is left out.
std::vector<Evidence> ParseEvidence(const json& m) {
  std::vector<Evidence> evidence;
  const auto it = m.find("evidence");
  if (it == m.end() || !it->is_array()) return evidence;
  for (const json& piece : *it) {
    const auto kind = EvidenceKindFrom(piece.at("kind").get<std::string>());
    if (kind) evidence.push_back({*kind, Text(piece, "file"), Text(piece, "note")});
  }
  return evidence;
}

Event ParsePhase(WorkerId w, const json& m) {
  PhaseFinished e;
  e.worker = w;
  e.test = m.at("test").get<std::string>();
  e.phase = ParseWhen(Text(m, "when"));
  e.outcome = ParsePhaseOutcome(m.at("outcome").get<std::string>());
  e.duration_ms = Real(m, "duration_ms");
  if (const auto it = m.find("xfail"); it != m.end() && it->is_string()) {
    e.xfail = it->get<std::string>();
  }
  e.message = Text(m, "message");
  e.details = Text(m, "details");
  e.stdout_text = Text(m, "stdout");
  e.stderr_text = Text(m, "stderr");
  e.log_text = Text(m, "log");
  if (const auto it = m.find("location"); it != m.end() && it->is_object()) {
    e.file = Text(*it, "file");
    e.line = Number(*it, "line");
  }
  e.evidence = ParseEvidence(m);
  e.timed_out = Flag(m, "timed_out");
  return e;
}

std::string TestOf(const json& m) {
  return m.at("test").get<std::string>();
}

using Parser = Event (*)(WorkerId, const json&);

const std::map<std::string, Parser, std::less<>>& Parsers() {
  static const std::map<std::string, Parser, std::less<>> parsers = {
      {"hello",
       [](WorkerId w, const json& m) -> Event {
         return WorkerGreeted{w, Text(m, "python"), Text(m, "pytest"), Text(m, "rootdir"),
                              Text(m, "inifile")};
       }},
      {"startup_failed",
       [](WorkerId w, const json& m) -> Event {
         return WorkerStartupFailed{w, Text(m, "message"), Number(m, "exit_code", 4)};
       }},
      {"collecting",
       [](WorkerId w, const json& m) -> Event {
         return CollectionStarted{w, Text(m, "path")};
       }},
      {"file", ParseFile},
      {"collect_error",
       [](WorkerId w, const json& m) -> Event {
         return FileNotCollected{w, Text(m, "path"), Text(m, "id"), Text(m, "message"),
                                 Text(m, "details")};
       }},
      {"collect_skipped",
       [](WorkerId w, const json& m) -> Event {
         return FileSkipped{w, Text(m, "path"), Text(m, "id"), Text(m, "message")};
       }},
      {"collected",
       [](WorkerId w, const json& m) -> Event {
         return CollectionFinished{w, Number(m, "tests"), Number(m, "deselected")};
       }},
      {"preflight",
       [](WorkerId w, const json& m) -> Event {
         return PreflightRequested{w, TestOf(m), Flag(m, "holds")};
       }},
      {"test_started",
       [](WorkerId w, const json& m) -> Event {
         return TestStarted{w, TestOf(m)};
       }},
      {"let_go_done",
       [](WorkerId w, const json& m) -> Event {
         return SubjectLetGo{w, TestOf(m)};
       }},
      {"held",
       [](WorkerId w, const json& m) -> Event {
         return TestHeld{w, TestOf(m), ParseWhen(Text(m, "when"))};
       }},
      {"phase", ParsePhase},
      {"test_finished",
       [](WorkerId w, const json& m) -> Event {
         return TestFinished{w, TestOf(m)};
       }},
      {"unknown_test",
       [](WorkerId w, const json& m) -> Event {
         return TestUnknown{w, TestOf(m)};
       }},
      {"run_done",
       [](WorkerId w, const json& m) -> Event {
         return RunFinished{w, Flag(m, "stopped"), Flag(m, "kept")};
       }},
      {"teardown_failed",
       [](WorkerId w, const json& m) -> Event {
         return TeardownFailed{w, Text(m, "owner"), Text(m, "message"), Text(m, "details")};
       }},
      {"exit_requested",
       [](WorkerId w, const json& m) -> Event {
         return ExitAsked{w, Text(m, "message")};
       }},
      {"warning",
       [](WorkerId w, const json& m) -> Event {
         return WorkerWarned{w, Text(m, "message")};
       }},
      {"torn_down", [](WorkerId w, const json&) -> Event { return WorkerTornDown{w}; }},
      {"bye", [](WorkerId w, const json&) -> Event { return WorkerSaidBye{w}; }},
  };
  return parsers;
}

std::string Dump(const json& m) {
  return m.dump(-1, ' ', true, json::error_handler_t::replace) + "\n";
}

}  // namespace

Result<Event, std::string> ParseWorkerMessage(WorkerId worker, std::string_view line) {
  const json m = json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!m.is_object()) return Failure{std::string("it is no JSON object")};
  const std::string type = Text(m, "type");
  const auto parser = Parsers().find(type);
  if (parser == Parsers().end()) return Failure{fmt::format("its type is '{}'", type)};
  if (type == "hello" && Number(m, "v") != kWorkerProtocol) {
    return Failure{
        fmt::format("the worker speaks version {} of the protocol, Proctor {}; is an "
                    "older `proctor` package installed for this python?",
                    Number(m, "v"), kWorkerProtocol)};
  }
  try {
    return parser->second(worker, m);
  } catch (const json::exception& error) {
    return Failure{fmt::format("in a message of type '{}': {}", type, error.what())};
  }
}

std::string ToLine(const RunTests& e) {
  json run = {
      {"type", "run"}, {"tests", e.tests}, {"next", e.next.empty() ? json(nullptr) : json(e.next)}};
  if (e.keep) run["keep"] = true;
  if (e.fresh) run["fresh"] = true;
  return Dump(run);
}

std::string ToLine(const StopRun& e) {
  json stop = {{"type", "stop"}};
  if (e.keep) stop["keep"] = true;
  return Dump(stop);
}

std::string ToLine(const HoldOnFailure& e) {
  return Dump({{"type", "hold"}, {"on_failure", e.on}});
}

std::string ToLine(const ReleaseTest& e) {
  return Dump({{"type", "release"}, {"test", e.test}});
}

std::string ToLine(const LetGo& e) {
  return Dump({{"type", "let_go"}, {"test", e.test}});
}
std::string ToLine(const FinishWorker&) {
  return Dump({{"type", "finish"}});
}

std::string ToLine(const RefuseSubject& e) {
  return Dump({{"type", "refuse"}, {"test", e.test}, {"reason", e.reason}, {"details", e.details}});
}

std::string ToLine(const DropTest& e) {
  return Dump({{"type", "drop"}, {"test", e.test}});
}

std::string SanitizingRule(const std::string& pattern, const std::string& replace) {
  return json{{"pattern", pattern}, {"replace", replace}}.dump(-1, ' ', true,
                                                               json::error_handler_t::replace);
}

std::string ToLine(const GrantedSubject& e) {
  return Dump(
      {{"type", "subject"},
       {"test", e.test},
       {"generation", e.generation},
       {"port", e.port},
       {"pid", e.pid},
       {"url", e.url},
       {"token", e.token},
       {"workspace", e.workspace},
       {"display", e.display},
       {"kernel", e.kernel.empty() ? json(nullptr) : json(e.kernel)},
       {"health_url", e.health_url},
       {"log", e.log},
       {"evidence", e.evidence},
       {"limit_ms", e.limit_ms},
       {"health", {{"state", e.health}, {"frame", e.at ? json(*e.at) : json(nullptr)}}},
       {"pointers",
        {{"healthy", e.healthy}, {"reason", e.reason}, {"detail", e.detail}, {"frame", e.frame}}}});
}

}  // namespace proctor
