#include "app/state_json.h"

#include <nlohmann/json.hpp>

#include <algorithm>

#include "app/rows.h"

namespace proctor {
namespace {

using Json = nlohmann::ordered_json;

std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json TextOrNull(const std::string& text) {
  return text.empty() ? Json(nullptr) : Json(text);
}
Json IdOrNull(GenerationId id) {
  return id ? Json(id.value) : Json(nullptr);
}

const char* Word(BatchPhase phase) {
  switch (phase) {
    case BatchPhase::None:
      return "none";
    case BatchPhase::Starting:
      return "starting";
    case BatchPhase::Running:
      return "running";
    case BatchPhase::Ended:
      return "ended";
  }
  return "";
}

const char* Word(LanePhase phase) {
  switch (phase) {
    case LanePhase::Idle:
      return "idle";
    case LanePhase::Collecting:
      return "collecting";
    case LanePhase::Running:
      return "running";
    case LanePhase::Finishing:
      return "finishing";
    case LanePhase::WindingUp:
      return "winding_up";
  }
  return "";
}

const char* Word(TestProgress progress) {
  switch (progress) {
    case TestProgress::Planned:
      return "planned";
    case TestProgress::Waiting:
      return "waiting";
    case TestProgress::Running:
      return "running";
    case TestProgress::Done:
      return "done";
  }
  return "";
}

const char* Word(SubjectPhase phase) {
  switch (phase) {
    case SubjectPhase::Spawning:
      return "spawning";
    case SubjectPhase::Starting:
      return "starting";
    case SubjectPhase::Up:
      return "up";
    case SubjectPhase::Stopping:
      return "stopping";
    case SubjectPhase::Ended:
      return "ended";
  }
  return "";
}

const char* Word(SpawnCause cause) {
  switch (cause) {
    case SpawnCause::First:
      return "first";
    case SpawnCause::Policy:
      return "policy";
    case SpawnCause::Unhealthy:
      return "unhealthy";
    case SpawnCause::Asked:
      return "asked";
    case SpawnCause::Spare:
      return "spare";
  }
  return "";
}

Json Summary(const State& state) {
  Json summary = {{"tests", state.planned}, {"done", state.counts.Total()}};
  for (int i = 0; i < kOutcomes; ++i) {
    const auto outcome = static_cast<Outcome>(i);
    summary[std::string(ToString(outcome))] = state.counts[outcome];
  }
  return summary;
}

Json NoteJson(const FileState& file) {
  if (!file.note) return nullptr;
  return {{"note", ToString(file.note->kind)},
          {"generation", file.generation.value},
          {"reason", file.note->reason}};
}

Json LaneJson(const State& state, size_t index) {
  const LaneState& lane = state.lanes[index];
  Json test = nullptr;
  if (lane.draft && lane.draft->test.file < state.files.size()) {
    const FileState& file = state.files[lane.draft->test.file];
    if (lane.draft->test.test < file.tests.size()) test = file.tests[lane.draft->test.test].id;
  }
  return {{"lane", index},
          {"phase", Word(lane.phase)},
          {"worker_pid", lane.worker ? Json(lane.worker_pid) : Json(nullptr)},
          {"python", TextOrNull(lane.python)},
          {"test", test}};
}

Json TestSummary(const FileState& file, const TestState& test) {
  const bool done = test.progress == TestProgress::Done;
  return {{"id", test.id},
          {"file", file.path},
          {"name", test.name},
          {"line", test.line},
          {"progress", Word(test.progress)},
          {"outcome", done ? Json(ToString(test.outcome)) : Json(nullptr)},
          {"final", test.final},
          {"duration_ms", test.duration_ms},
          {"blame", test.blame ? Json(ToString(*test.blame)) : Json(nullptr)},
          {"generation", IdOrNull(test.generation)},
          {"attempt", test.attempt},
          {"message", test.details ? TextOrNull(test.details->message) : Json(nullptr)}};
}

bool Matches(const TestQuery& query, const TestState& test) {
  if (!query.outcomes.empty()) {
    if (test.progress != TestProgress::Done) return false;
    const auto& wanted = query.outcomes;
    if (std::find(wanted.begin(), wanted.end(), test.outcome) == wanted.end()) return false;
  }
  return query.text.empty() || TextMatches(query.text, test.id);
}

Json ExitJson(const GenerationState& g) {
  if (g.phase != SubjectPhase::Ended) return nullptr;
  return {{"code", g.exit.code ? Json(*g.exit.code) : Json(nullptr)},
          {"signal", TextOrNull(g.exit.signal)}};
}

Json GenerationJson(const GenerationState& g) {
  const bool ended = g.phase == SubjectPhase::Ended;
  return {{"generation", g.id.value},
          {"phase", Word(g.phase)},
          {"health", ToString(g.health)},
          {"reason", TextOrNull(g.reason)},
          {"detail", TextOrNull(g.detail)},
          {"cause", Word(g.cause)},
          {"cause_text", TextOrNull(g.cause_text)},
          {"pid", g.pid},
          {"port", g.port},
          {"url", TextOrNull(g.url)},
          {"workspace", TextOrNull(g.workspace)},
          {"log", TextOrNull(g.log_path)},
          {"crash", TextOrNull(g.crash)},
          {"started_ms", g.started.ms()},
          {"ready_ms", g.was_ready ? Json(g.ready.ms()) : Json(nullptr)},
          {"ended_ms", ended ? Json(g.ended.ms()) : Json(nullptr)},
          {"exit", ExitJson(g)},
          {"tests", g.tests_served},
          {"files", g.files_served},
          {"leaked", g.leaked}};
}

}  // namespace

std::string BatchJson(const State& state, uint64_t version) {
  const BatchState& batch = state.batch;
  const bool begun = batch.phase != BatchPhase::None;
  const bool ended = batch.phase == BatchPhase::Ended;
  Json json = {
      {"version", version},
      {"seq", state.seq},
      {"batch", TextOrNull(batch.id)},
      {"phase", Word(batch.phase)},
      {"exit", ended ? Json(batch.exit_code) : Json(nullptr)},
      {"failure", TextOrNull(batch.failure)},
      {"restart", ToString(state.restart)},
      {"started", begun ? Json(batch.wall_ms) : Json(nullptr)},
      {"elapsed_ms", begun ? (ended ? batch.ended : state.now).ms() - batch.started.ms() : 0},
      {"files", state.files.size()},
      {"summary", Summary(state)}};
  json["stop"] = nullptr;
  if (batch.stop) json["stop"] = *batch.stop == StopMode::Now ? "now" : "after_test";
  json["lanes"] = Json::array();
  for (size_t i = 0; i < state.lanes.size(); ++i) json["lanes"].push_back(LaneJson(state, i));
  return Dump(json);
}

std::string TestsJson(const State& state, uint64_t version, const TestQuery& query) {
  Json tests = Json::array();
  size_t total = 0;
  for (const FileState& file : state.files) {
    if (!query.file.empty() && file.path != query.file) continue;
    for (const TestState& test : file.tests) {
      if (!Matches(query, test)) continue;
      if (total >= query.offset && tests.size() < query.limit) {
        tests.push_back(TestSummary(file, test));
      }
      ++total;
    }
  }
  return Dump({{"version", version},
               {"total", total},
               {"offset", query.offset},
               {"limit", query.limit},
               {"tests", tests}});
}

std::optional<std::string> TestJson(const State& state, const std::string& id) {
  const auto found = FindTest(state, id);
  if (!found) return std::nullopt;
  const FileState& file = state.files[found->file];
  const TestState& test = file.tests[found->test];
  Json json = TestSummary(file, test);
  const TestDetails none;
  const TestDetails& details = test.details ? *test.details : none;
  json["details"] = TextOrNull(details.details);
  json["stdout"] = details.stdout_text;
  json["stderr"] = details.stderr_text;
  json["log"] = details.log_text;
  json["location"] = {{"file", details.file.empty() ? file.path : details.file},
                      {"line", details.file.empty() ? test.line : details.line}};
  json["evidence"] = Json::array();
  for (const Evidence& piece : details.evidence) {
    json["evidence"].push_back({{"kind", ToString(piece.kind)},
                                {"file", TextOrNull(piece.file)},
                                {"note", TextOrNull(piece.note)}});
  }
  json["uses_subject"] = test.uses_subject;
  json["file_note"] = NoteJson(file);
  return Dump(json);
}

std::string SubjectsJson(const State& state) {
  Json lanes = Json::array();
  for (size_t i = 0; i < state.lanes.size(); ++i) {
    const LaneState& lane = state.lanes[i];
    Json current = nullptr;
    if (lane.current && *lane.current < state.generations.size()) {
      current = GenerationJson(state.generations[*lane.current]);
    }
    lanes.push_back({{"lane", i},
                     {"current", current},
                     {"given_up", lane.given_up ? Json(*lane.given_up) : Json(nullptr)}});
  }
  Json generations = Json::array();
  for (const GenerationState& g : state.generations) generations.push_back(GenerationJson(g));
  Json notes = Json::array();
  for (const FileState& file : state.files) {
    if (!file.note) continue;
    Json note = NoteJson(file);
    note["file"] = file.path;
    notes.push_back(std::move(note));
  }
  return Dump({{"restart", ToString(state.restart)},
               {"lanes", lanes},
               {"generations", generations},
               {"file_notes", notes}});
}

std::string KernelsJson() {
  return R"({"kernels":[]})";
}

}  // namespace proctor
