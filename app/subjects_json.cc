// GET /api/subjects.

#include "app/json_pieces.h"
#include "app/state_json.h"

namespace proctor {
namespace {

using Json = OrderedJson;

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

const char* Word(SubjectRole role) {
  switch (role) {
    case SubjectRole::Serving:
      return "serving";
    case SubjectRole::Spare:
      return "spare";
    case SubjectRole::Retired:
      return "retired";
  }
  return "";
}

Json ExitJson(const GenerationState& g) {
  if (g.phase != SubjectPhase::Ended) return nullptr;
  return {{"code", g.exit.code ? Json(*g.exit.code) : Json(nullptr)},
          {"signal", TextOrNull(g.exit.signal)}};
}

Json Usage(const GenerationState& g) {
  Json samples = Json::array();
  for (const UsageSample& sample : g.usage) {
    samples.push_back({{"path", TextOrNull(sample.path)},
                       {"rss_bytes", sample.rss_bytes},
                       {"descriptors", sample.descriptors},
                       {"threads", sample.threads},
                       {"processes", sample.processes},
                       {"left", sample.left}});
  }
  return samples;
}

Json GenerationJson(const GenerationState& g) {
  const bool ended = g.phase == SubjectPhase::Ended;
  const bool leased = g.was_spare && g.leased != Time{};
  return {{"generation", g.id.value},
          {"lane", g.lane},
          {"role", Word(g.role)},
          {"was_spare", g.was_spare},
          {"phase", Word(g.phase)},
          {"health", ToString(g.health)},
          {"reason", TextOrNull(g.reason)},
          {"detail", TextOrNull(g.detail)},
          {"cause", ToString(g.cause)},
          {"cause_text", TextOrNull(g.cause_text)},
          {"pid", g.pid},
          {"port", g.port},
          {"url", TextOrNull(g.url)},
          {"workspace", TextOrNull(g.workspace)},
          {"log", TextOrNull(g.log_path)},
          {"crash", TextOrNull(g.crash)},
          {"started_ms", g.started.ms()},
          {"ready_ms", g.was_ready ? Json(g.ready.ms()) : Json(nullptr)},
          {"leased_ms", leased ? Json(g.leased.ms()) : Json(nullptr)},
          {"ended_ms", ended ? Json(g.ended.ms()) : Json(nullptr)},
          {"exit", ExitJson(g)},
          {"tests", g.tests_served},
          {"files", g.files_served},
          {"usage", Usage(g)},
          {"core", TextOrNull(g.core)},
          {"stacks", TextOrNull(g.stacks)},
          {"leaked", g.leaked}};
}

Json Ids(const State& state, const std::vector<size_t>& generations) {
  Json ids = Json::array();
  for (const size_t i : generations) {
    if (i < state.generations.size()) ids.push_back(state.generations[i].id.value);
  }
  return ids;
}

Json SubjectLane(const State& state, size_t index) {
  const LaneState& lane = state.lanes[index];
  const bool has_one = lane.current && *lane.current < state.generations.size();
  return {{"lane", index},
          {"current", has_one ? GenerationJson(state.generations[*lane.current]) : Json(nullptr)},
          {"spares", Ids(state, lane.spares)},
          {"retiring", Ids(state, lane.retiring)},
          {"no_spares", TextOrNull(lane.no_spares)},
          {"given_up", lane.given_up ? Json(*lane.given_up) : Json(nullptr)}};
}

}  // namespace

std::string SubjectsJson(const State& state) {
  Json lanes = Json::array();
  for (size_t i = 0; i < state.lanes.size(); ++i) lanes.push_back(SubjectLane(state, i));
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

}  // namespace proctor
