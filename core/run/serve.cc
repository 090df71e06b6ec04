// The subject for the next test: granted, refused, or made ready first.

#include <fmt/format.h>

#include <utility>

#include "core/run/aside.h"
#include "core/run/spares.h"
#include "core/run/steps.h"
#include "core/subject/assess.h"
#include "core/subject/policy.h"

namespace proctor {
namespace {

Effects Refuse(State& s, LaneState& lane, std::string reason, std::string details) {
  const TestRef ref = *lane.waiting;
  const std::string& id = GetTest(s, ref).id;
  return {Announce{SubjectRefused{lane.worker, id, reason, details}},
          RefuseSubject{lane.worker, id, reason, details}};
}

/// The worker is told by whoever hears of it.
Effects Drop(const State& s, const LaneState& lane, const std::string& reason,
             std::optional<Blame> blame) {
  return {Announce{TestNotRun{GetTest(s, *lane.waiting).id, blame, reason}}};
}

std::optional<FileNote> NoteFor(const GenerationState& g, const FileState& file) {
  if (file.note) return std::nullopt;
  if (g.tests_served > 0) {
    std::string reason =
        fmt::format("generation {}, which was seen healthy before the file began", g.id.value);
    if (g.cause == SpawnCause::Unhealthy) reason += "; it was started because " + g.cause_text;
    return FileNote{NoteKind::Reused, std::move(reason)};
  }
  const bool respawned = g.cause == SpawnCause::Unhealthy || g.cause == SpawnCause::Asked;
  return FileNote{respawned ? NoteKind::Respawned : NoteKind::Fresh, g.cause_text};
}

Effects Grant(State& s, LaneState& lane, const GenerationState& g) {
  const TestRef ref = *lane.waiting;
  const FileState& file = s.files[ref.file];
  const std::string& id = GetTest(s, ref).id;
  SubjectGranted granted{lane.worker, id, g.id, NoteFor(g, file), ""};
  if (file.note && file.last_generation != g.id) {
    granted.respawn = fmt::format("from {} on it had generation {}: {}", GetTest(s, ref).name,
                                  g.id.value, g.cause_text);
  }
  return {Announce{std::move(granted)}, GrantSubject{lane.worker, id, g.id}};
}

/// There is no process: the first one is started, or one that replaces what was lost.
Effects ServeFromNothing(State& s, LaneState& lane) {
  if (!lane.latest) {
    lane.next_cause = SpawnCause::First;
    lane.next_cause_text = WorkingLanes(s) == 1
                               ? "the first generation of the batch"
                               : fmt::format("the first generation of lane {}", NumberOf(s, lane));
    return NextGeneration(s, lane);
  }
  const GenerationState& last = s.generations[*lane.latest];
  if (lane.next_cause == SpawnCause::Unhealthy &&
      PolicyFor(s, *lane.waiting) == RestartWhen::Never) {
    return Refuse(s, lane, fmt::format("{} (restart = \"never\").", WhyReplaced(s, last)),
                  last.detail.empty() ? last.log_tail : last.detail);
  }
  return NextGeneration(s, lane);
}

/// Fixtures that hang on the generation are torn down while it still answers. True: that
/// has to be waited for.
bool HasToLetGo(LaneState& lane, const GenerationState& g) {
  return lane.holds && g.phase == SubjectPhase::Up && g.health != Health::Hung;
}

/// A generation makes way: to a spare, which takes its place at once, or to a new one,
/// which is started when nothing of this one is left.
Effects Replace(State& s, LaneState& lane, SpawnCause cause, std::string reason) {
  if (HasToLetGo(lane, s.generations[*lane.current])) {
    if (std::exchange(lane.letting_go, true)) return {};
    return {LetGo{lane.worker, GetTest(s, *lane.waiting).id}};
  }
  if (lane.spares.empty()) return BeginStop(s, lane, cause, std::move(reason));
  lane.next_cause = cause;
  lane.next_cause_text = std::move(reason);
  return NextGeneration(s, lane);
}

Effects ServeFromUp(State& s, LaneState& lane, GenerationState& g) {
  const RestartWhen policy = PolicyFor(s, *lane.waiting);
  if (g.health != Health::Healthy) {
    if (policy == RestartWhen::Never) {
      return Refuse(s, lane, fmt::format("{} (restart = \"never\").", WhyReplaced(s, g)), g.detail);
    }
    return Replace(s, lane, SpawnCause::Unhealthy, WhyReplaced(s, g));
  }
  if (auto why = WantsFresh(policy, s, g, *lane.waiting)) {
    // What a bad test did to it is to be known before it is gone.
    if (!lane.unjudged.empty() && !g.evident) return SeekEvidence(s, lane);
    return Replace(s, lane, SpawnCause::Policy, std::move(*why));
  }
  if (g.evident) return Grant(s, lane, g);
  return SeekEvidence(s, lane);
}

/// Why a test cannot be given any generation: its file's tests build on each other, and the one
/// that the others had is gone, or about to go. Empty: it can.
std::optional<std::string> WhyLost(const State& s, const LaneState& lane) {
  const FileState& file = s.files[lane.waiting->file];
  if (!file.cumulative || !file.note || file.counts.Total() == 0) return std::nullopt;
  const RestartWhen policy = PolicyFor(s, *lane.waiting);
  if (policy == RestartWhen::Class || policy == RestartWhen::Test) return std::nullopt;
  const GenerationState* now = CurrentGeneration(s, lane);
  if (now && now->id == file.last_generation && now->phase == SubjectPhase::Up &&
      now->health == Health::Healthy) {
    return std::nullopt;
  }
  std::string why = "the generation that it builds on is gone";
  for (const GenerationState& g : s.generations) {
    if (g.id == file.last_generation) why = WhyReplaced(s, g);
  }
  return why + "; what the tests before it had made there is gone with it";
}

}  // namespace

Effects ServeSubject(State& s, LaneState& lane) {
  if (!lane.waiting) return {};
  if (s.batch.stop) return Drop(s, lane, "the batch was stopped", std::nullopt);
  if (!s.config->subject) {
    return Refuse(s, lane,
                  "This test uses live_gui, but no subject is configured: add a [subject] table "
                  "with the program's command to proctor.toml.",
                  "");
  }
  if (lane.given_up) return Drop(s, lane, *lane.given_up, Blame::Infrastructure);
  if (const auto why = WhyLost(s, lane)) {
    return LeaveOutRest(s, lane.waiting->file, *why, Blame::Collateral);
  }
  if (!lane.current) return ServeFromNothing(s, lane);
  GenerationState& g = s.generations.Edit(*lane.current);
  switch (g.phase) {
    case SubjectPhase::Up:
      return ServeFromUp(s, lane, g);
    case SubjectPhase::Stopping:
    case SubjectPhase::Ended:
      return lane.spares.empty() ? Effects{} : ServeFromNothing(s, lane);
    case SubjectPhase::Spawning:
    case SubjectPhase::Starting:
      return {};
  }
  return {};
}

Effects LeaveHalfDone(State& s, LaneState& lane, TestRef ref, std::string_view how) {
  const FileState& file = s.files[ref.file];
  if (!file.cumulative) return {};
  const std::string& id = GetTest(s, ref).id;
  Effects effects = LeaveOutRest(
      s, ref.file, fmt::format("{} {}, and what follows builds on it", id, how), Blame::Collateral);
  if (PolicyFor(s, ref) == RestartWhen::Never) return effects;
  Append(effects, BeginStop(s, lane, SpawnCause::Unhealthy,
                            fmt::format("generation {} was left in the middle of {}, which {}",
                                        file.last_generation.value, id, how)));
  return effects;
}

Effects SeekEvidence(State& s, LaneState& lane) {
  if (!lane.current) return {};
  GenerationState& g = s.generations.Edit(*lane.current);
  if (g.phase != SubjectPhase::Up || g.evident || g.health != Health::Healthy) return {};
  const HealthConfig& health = s.config->subject->health;
  if (health.url.empty()) {
    g.evident = true;  // alive is all that can be known of it
    Effects effects = Judge(s, lane);
    Append(effects, ServeSubject(s, lane));
    return effects;
  }
  if (g.seeking) return {};
  g.seeking = true;
  Effects effects{StartTimer{TimerKind::Evidence, g.id.value, health.hang_after}};
  if (!g.probing) effects.push_back(StartTimer{TimerKind::NextProbe, g.id.value, Millis(0)});
  return effects;
}

Effects StartGeneration(State& s, LaneState& lane) {
  if (lane.beginning > 0) return {};
  ++lane.beginning;
  lane.start_asked = false;
  return {Announce{GenerationBegun{GenerationId{s.next_generation++}, NumberOf(s, lane),
                                   /*spare=*/false, lane.next_cause, lane.next_cause_text}}};
}

Effects BeginStop(State& s, LaneState& lane, SpawnCause cause, std::string reason) {
  if (!lane.current) return {};
  const GenerationState& g = s.generations[*lane.current];
  const bool ending = g.phase == SubjectPhase::Stopping || g.phase == SubjectPhase::Ended ||
                      g.health == Health::Dead;
  if (ending) return {};
  lane.next_cause = cause;
  lane.next_cause_text = reason;
  return {Announce{SubjectStopBegun{g.id, std::move(reason)}}};
}

}  // namespace proctor
