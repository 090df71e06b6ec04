// Events about what tests get of the subject, and what people ask of it.

#include <fmt/format.h>

#include <utility>

#include "core/run/handlers.h"
#include "core/run/spares.h"
#include "core/run/steps.h"

namespace proctor {

Effects On(State& s, const SubjectRestartRequested& e) {
  if (!s.config || !s.config->subject || e.lane < 0 ||
      static_cast<size_t>(e.lane) >= s.lanes.size()) {
    AddNotice(s, Severity::Warning,
              "There is no subject to start: proctor.toml has no [subject], or no such lane.");
    return {};
  }
  LaneState& lane = s.lanes[static_cast<size_t>(e.lane)];
  if (s.batch.phase == BatchPhase::Starting || lane.phase == LanePhase::WindingUp) return {};
  if (lane.aside) {
    AddNotice(s, Severity::Warning,
              fmt::format("Lane {} keeps a held test aside: its subject ends when it is let go.",
                          e.lane));
    return {};
  }
  lane.start_asked = true;
  lane.given_up.reset();
  if (lane.current && lane.draft && !lane.draft->held &&
      GetTest(s, lane.draft->test).generation == s.generations[*lane.current].id) {
    lane.draft->replaced = true;
  }
  const bool beside = lane.current && !lane.spares.empty();  // a spare takes its place at once
  if (lane.current && !beside) {
    return BeginStop(s, lane, SpawnCause::Asked, "a restart was asked for");
  }
  lane.next_cause = lane.latest ? SpawnCause::Asked : SpawnCause::First;
  lane.next_cause_text = "a restart was asked for";
  return NextGeneration(s, lane);
}

Effects On(State& s, const SubjectKillRequested& e) {
  if (e.lane < 0 || static_cast<size_t>(e.lane) >= s.lanes.size()) return {};
  const LaneState& lane = s.lanes[static_cast<size_t>(e.lane)];
  if (!lane.current) {
    AddNotice(s, Severity::Warning, "There is no subject to kill.");
    return {};
  }
  GenerationState& g = s.generations.Edit(*lane.current);
  g.killed = true;
  return {EndSubjectTree{g.id}};
}

Effects On(State& s, const SubjectGranted& e) {
  const std::optional<TestRef> ref = FindTest(s, e.test);
  GenerationState* g = FindGeneration(s, e.generation);
  if (!ref || !g) return {};
  if (LaneState* lane = FindLane(s, e.worker)) {
    lane->waiting.reset();
    lane->granted = ref;
  }
  FileState& file = s.files.Edit(ref->file);
  file.tests.Edit(ref->test).generation = e.generation;
  if (e.note) {
    file.note = e.note;
    file.generation = e.generation;
    ++g->files_served;
  }
  if (!e.respawn.empty() && file.note) {
    file.note->reason += "; " + e.respawn;
    ++g->files_served;
  }
  file.last_generation = e.generation;
  ++g->tests_served;
  g->last_test = ref;
  return {};
}

Effects On(State& s, const SubjectRefused& e) {
  const std::optional<TestRef> ref = FindTest(s, e.test);
  LaneState* lane = FindLane(s, e.worker);
  if (!ref || !lane) return {};
  lane->waiting.reset();
  lane->refused = ref;
  if (!lane->latest) return {};
  FileState& file = s.files.Edit(ref->file);
  const GenerationId generation = s.generations[*lane->latest].id;
  file.tests.Edit(ref->test).generation = generation;
  if (!file.note) {
    file.note = FileNote{NoteKind::Reused, e.reason};
    file.generation = generation;
  }
  return {};
}

Effects On(State& s, const SubjectLetGo& e) {
  LaneState* lane = FindLane(s, e.worker);
  if (!lane || !std::exchange(lane->letting_go, false)) return {};
  lane->holds = false;
  return ServeSubject(s, *lane);
}

Effects On(State& s, const SubjectGivenUp& e) {
  AddNotice(s, Severity::Error, e.reason);
  if (e.never_ready && s.batch.phase == BatchPhase::Running) {
    s.batch.failure = e.reason;
    s.batch.failure_code = ExitCode::Internal;
  }
  if (e.lane < 0 || static_cast<size_t>(e.lane) >= s.lanes.size()) return {};
  LaneState& lane = s.lanes[static_cast<size_t>(e.lane)];
  lane.given_up = e.reason;
  Effects effects = ThrowSparesAway(s, lane, "the subject was given up");
  Append(effects, ServeSubject(s, lane));
  return effects;
}

Effects On(State& s, const SubjectMeasured& e) {
  GenerationState* g = FindGeneration(s, e.generation);
  if (!g) return {};
  g->usage.push_back({e.path, e.rss_bytes, e.descriptors, e.threads, e.processes, e.left});
  return {};
}

Effects On(State& s, const SubjectProgramChanged& e) {
  Effects effects;
  for (const LaneState& lane : s.lanes) {
    Append(effects, ThrowSparesAway(s, lane, "its program has changed since: " + e.file));
  }
  return effects;
}

}  // namespace proctor
