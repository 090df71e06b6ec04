#include "app/state_json.h"

#include <algorithm>

#include "app/json_pieces.h"
#include "app/requests.h"
#include "app/rows.h"

namespace proctor {
namespace {

using Json = OrderedJson;

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

const char* Word(Pace pace) {
  switch (pace) {
    case Pace::Free:
      return "free";
    case Pace::ToFailure:
      return "to_failure";
    case Pace::Paused:
      return "paused";
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

/// Null where the state has no such test.
const TestState* TestAt(const State& state, TestRef ref) {
  if (ref.file >= state.files.size()) return nullptr;
  const auto& tests = state.files[ref.file].tests;
  return ref.test < tests.size() ? &tests[ref.test] : nullptr;
}

const GenerationState* CurrentOf(const State& state, const LaneState& lane) {
  const bool known = lane.current && *lane.current < state.generations.size();
  return known ? &state.generations[*lane.current] : nullptr;
}

Json HeldJson(const State& state, const LaneState& lane) {
  const TestState* const test = lane.held ? TestAt(state, *lane.held) : nullptr;
  if (test == nullptr) return nullptr;
  const GenerationState* const g = CurrentOf(state, lane);
  const double ran_ms = lane.draft ? lane.draft->duration_ms : 0;
  return {{"test", test->id},
          {"phase", ToString(lane.held_in)},
          {"since_ms", test->started.ms() + ran_ms},
          {"message", lane.draft ? TextOrNull(lane.draft->details.message) : Json(nullptr)},
          {"generation", g ? Json(g->id.value) : Json(nullptr)},
          {"attach", g ? Json(AttachCommands(*g)) : Json::array()}};
}

Json LaneJson(const State& state, size_t index) {
  const LaneState& lane = state.lanes[index];
  const TestState* const test = lane.draft ? TestAt(state, lane.draft->test) : nullptr;
  const GenerationState* const g = CurrentOf(state, lane);
  return {{"lane", index},
          {"phase", Word(lane.phase)},
          {"worker_pid", lane.worker ? Json(lane.worker_pid) : Json(nullptr)},
          {"python", TextOrNull(lane.python)},
          {"test", test ? Json(test->id) : Json(nullptr)},
          {"generation", g ? Json(g->id.value) : Json(nullptr)},
          {"aside", lane.aside},
          {"standing", IsStanding(state, lane)},
          {"held", HeldJson(state, lane)}};
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
      {"pace", Word(batch.pace)},
      {"hold_on_failure", state.hold_on_failure},
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
  json["earlier"] = test.earlier;  // attempts that do not count
  json["uses_subject"] = test.uses_subject;
  json["file_note"] = NoteJson(file);
  return Dump(json);
}

}  // namespace proctor
