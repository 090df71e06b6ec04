#include "core/report/json_report.h"

#include <nlohmann/json.hpp>

#include "core/report/whole_file.h"

namespace proctor {
namespace {

using Json = nlohmann::ordered_json;

Json OrNull(const std::string& text) {
  return text.empty() ? Json(nullptr) : Json(text);
}

/// A whole number where it is one: 0 and not 0.0.
Json Number(double ms) {
  const auto whole = static_cast<int64_t>(ms);
  return static_cast<double>(whole) == ms ? Json(whole) : Json(ms);
}

Json Since(const State& state, Time at) {
  return Number((at - state.batch.started).count() / 1e6);
}

std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// A test that has not ended when the report is written was not run, as far as anybody knows.
Outcome Ended(const TestState& test) {
  return test.progress == TestProgress::Done ? test.outcome : Outcome::NotRun;
}

Json Summary(const State& state) {
  Counts counts;
  for (const FileState& file : state.files) {
    for (const TestState& test : file.tests) ++counts[Ended(test)];
  }
  Json summary = {{"tests", counts.Total()}};
  for (const Outcome outcome :
       {Outcome::Passed, Outcome::Failed, Outcome::Error, Outcome::Skipped, Outcome::Xfailed,
        Outcome::Xpassed, Outcome::TimedOut, Outcome::Crashed, Outcome::NotRun}) {
    summary[std::string(ToString(outcome))] = counts[outcome];
  }
  const bool ended = state.batch.phase == BatchPhase::Ended;
  summary["duration_ms"] = Since(state, ended ? state.batch.ended : state.now);
  return summary;
}

Json Subject(const FileState& file) {
  if (!file.note) return nullptr;
  return {{"generation", file.generation.value},
          {"note", ToString(file.note->kind)},
          {"reason", OrNull(file.note->reason)}};
}

Json File(const FileState& file) {
  return {{"path", file.path}, {"lane", file.lane.value_or(0)}, {"subject", Subject(file)}};
}

Json EvidenceList(const TestDetails& told) {
  Json list = Json::array();
  for (const Evidence& piece : told.evidence) {
    list.push_back({{"kind", ToString(piece.kind)},
                    {"file", OrNull(piece.file)},
                    {"note", OrNull(piece.note)}});
  }
  return list;
}

Json Test(const FileState& file, const TestState& test) {
  static const TestDetails kNothing;
  const TestDetails& told = test.details ? *test.details : kNothing;
  return {{"id", test.id},
          {"file", file.path},
          {"outcome", ToString(Ended(test))},
          {"duration_ms", Number(test.duration_ms)},
          {"attempt", test.attempt},
          {"generation", test.generation ? Json(test.generation.value) : Json(nullptr)},
          {"blame", test.blame ? Json(ToString(*test.blame)) : Json(nullptr)},
          {"message", OrNull(told.message)},
          {"details", OrNull(told.details)},
          {"stdout", told.stdout_text},
          {"stderr", told.stderr_text},
          {"evidence", EvidenceList(told)},
          {"earlier", test.earlier}};
}

/// What its processes held: when it became ready, and after each file.
Json Usage(const GenerationState& generation) {
  Json samples = Json::array();
  for (const UsageSample& sample : generation.usage) {
    samples.push_back({{"path", OrNull(sample.path)},
                       {"rss_bytes", sample.rss_bytes},
                       {"descriptors", sample.descriptors},
                       {"threads", sample.threads},
                       {"processes", sample.processes},
                       {"left", sample.left}});
  }
  return samples;
}

Json Generation(const State& state, const GenerationState& generation) {
  const bool spawned = generation.pid != 0;
  const bool ended = spawned && generation.phase == SubjectPhase::Ended;
  const ExitInfo& exit = generation.exit;
  return {
      {"generation", generation.id.value},
      {"pid", spawned ? Json(generation.pid) : Json(nullptr)},
      {"started_ms", spawned ? Since(state, generation.started) : Json(nullptr)},
      {"ready_ms", generation.was_ready ? Since(state, generation.ready) : Json(nullptr)},
      {"ended_ms", ended ? Since(state, generation.ended) : Json(nullptr)},
      {"health", ToString(generation.health)},
      {"reason", OrNull(generation.reason)},
      {"exit",
       {{"code", exit.code ? Json(*exit.code) : Json(nullptr)}, {"signal", OrNull(exit.signal)}}},
      {"lane", generation.lane},
      {"spare", generation.was_spare},
      {"files", generation.files_served},
      {"tests", generation.tests_served},
      {"usage", Usage(generation)},
      {"stacks", OrNull(generation.stacks)}};
}

/// `"name": [` and an element a line, so that a person can read it and grep it.
template <typename Items, typename ToJson>
void PutArray(const Put& put, std::string_view name, const Items& items, const ToJson& to_json) {
  put(",\n \"" + std::string(name) + "\": [");
  bool first = true;
  for (const auto& item : items) {
    to_json(item, [&](const Json& json) {
      put(std::exchange(first, false) ? "\n  " : ",\n  ");
      put(Dump(json));
    });
  }
  put(first ? "]" : "\n ]");
}

}  // namespace

Result<void, std::string> WriteJson(const State& state, const std::filesystem::path& path) {
  return WriteWhole(path, [&](const Put& put) {
    put("{\"proctor\": " + Dump(PROCTOR_VERSION) + ", \"batch\": " + Dump(state.batch.id) +
        ", \"exit\": " + Dump(state.batch.exit_code) + ",\n \"summary\": " + Dump(Summary(state)));
    PutArray(put, "files", state.files,
             [](const FileState& file, const auto& one) { one(File(file)); });
    PutArray(put, "tests", state.files, [](const FileState& file, const auto& one) {
      for (const TestState& test : file.tests) one(Test(file, test));
    });
    PutArray(put, "generations", state.generations,
             [&](const GenerationState& g, const auto& one) { one(Generation(state, g)); });
    put("}\n");
  });
}

}  // namespace proctor
