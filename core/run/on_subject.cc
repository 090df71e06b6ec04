// Events about generations of the subject.

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <utility>

#include "core/run/handlers.h"
#include "core/run/spares.h"
#include "core/run/steps.h"
#include "core/subject/assess.h"
#include "core/subject/policy.h"

namespace proctor {
namespace {

constexpr Millis kReadyEvery{10};    // a refused connection costs next to nothing
constexpr Millis kEvidenceEvery{3};  // while a test waits for a frame

const SubjectConfig& ConfigOf(const State& s) {
  return *s.config->subject;
}

/// The rungs of the stop ladder, from the kindest.
enum Rung { kAsk, kTerminate, kKill };

Effects Climb(const State& s, GenerationState& g) {
  const StopConfig& stop = ConfigOf(s).stop;
  const auto grace = [&] { return StartTimer{TimerKind::StopRung, g.id.value, stop.grace}; };
  // A program that hangs does not answer; asking it would only cost the grace.
  if (g.stop_rung == kAsk && (stop.url.empty() || g.health == Health::Hung || !g.was_ready)) {
    g.stop_rung = kTerminate;
  }
  switch (g.stop_rung++) {
    case kAsk:
      return {AskSubjectToStop{g.id}, grace()};
    case kTerminate:
      return {SignalSubject{g.id, SIGTERM}, grace()};
    default:
      return {EndSubjectTree{g.id}};
  }
}

Effects ProbeNow(State& s, GenerationState& g, ProbeFor purpose) {
  g.probing = true;
  g.probe_sent = s.now;
  return {SendProbe{g.id, purpose, s.now},
          StartTimer{TimerKind::ProbeLimit, g.id.value, ConfigOf(s).health.timeout}};
}

Effects Announced(const GenerationState& g, const Assessment& a) {
  if (a.health == g.health && a.reason == g.reason) return {};
  // A standing reason that only counts on ("… for 2.3 s") is no news.
  if (a.health == g.health && a.health == Health::Hung) return {};
  return {Announce{HealthChanged{g.id, a.health, a.reason, a.detail}}};
}

Effects OnReadyAnswer(GenerationState& g, const ProbeReading& reading) {
  if (IsGoodAnswer(reading)) return {Announce{SubjectBecameReady{g.id}}};
  g.reason = WhyNoGoodAnswer(reading);
  g.detail = reading.detail;
  return {StartTimer{TimerKind::NextProbe, g.id.value, kReadyEvery}};
}

Effects OnHealthAnswer(State& s, LaneState& lane, GenerationState& g, const ProbeAnswered& e) {
  Effects effects = Announced(g, Assess(g, ConfigOf(s).health, e, s.now));
  if (g.seeking && g.evident) {
    g.seeking = false;
    effects.push_back(CancelTimer{TimerKind::Evidence, g.id.value});
    if (effects.size() == 1) {  // no change of health is on its way
      Append(effects, Judge(s, lane));
      Append(effects, ServeSubject(s, lane));
    }
  }
  const Millis next = g.seeking ? kEvidenceEvery : ConfigOf(s).health.every;
  effects.push_back(StartTimer{TimerKind::NextProbe, g.id.value, next});
  return effects;
}

Effects GiveUp(const State& s, const LaneState& lane, const std::string& reason) {
  bool ever_ready = false;
  for (const GenerationState& g : s.generations) ever_ready |= g.was_ready;
  return {Announce{SubjectGivenUp{reason, !ever_ready, NumberOf(s, lane)}}};
}

/// A program that was ready before in this batch may have lost a race for its port; one
/// that never was is not started again and again.
bool MayTryAgain(const State& s, const LaneState& lane) {
  if (lane.phase == LanePhase::WindingUp || s.batch.phase != BatchPhase::Running) return false;
  if (!HasRestartLeft(lane, ConfigOf(s).restart.budget, s.now)) return false;
  return std::any_of(s.generations.begin(), s.generations.end(),
                     [](const GenerationState& g) { return g.was_ready; });
}

/// It could not be had: of a spare that costs the spare, of what serves the lane's tests
/// the subject itself.
Effects NotToBeHad(State& s, LaneState& lane, const GenerationState& g, const std::string& why) {
  switch (g.role) {
    case SubjectRole::Serving:
      if (MayTryAgain(s, lane)) {
        AddNotice(s, Severity::Warning, "Another one is started: " + why);
        lane.next_cause = SpawnCause::Unhealthy;
        lane.next_cause_text = fmt::format("generation {} was never ready", g.id.value);
        lane.start_asked = true;
        return {};
      }
      return GiveUp(s, lane, why);
    case SubjectRole::Spare:
      LoseSpare(s, lane, g, why);
      return {};
    case SubjectRole::Retired:
      return {};
  }
  return {};
}

size_t IndexOf(const State& s, const GenerationState& g) {
  for (size_t i = s.generations.size(); i-- > 0;) {
    if (s.generations[i].id == g.id) return i;
  }
  return 0;
}

/// What a lane does when one of its generations is gone for good.
Effects AfterTheEnd(State& s, LaneState& lane, bool served) {
  if (lane.phase == LanePhase::WindingUp) return EndWhenNothingIsLeft(s);
  const bool none_left = std::none_of(s.lanes.begin(), s.lanes.end(),
                                      [](const LaneState& each) { return each.current; });
  if (s.batch.requested && none_left) {
    return {BeginBatch{*std::exchange(s.batch.requested, std::nullopt)}};
  }
  Effects effects;
  if (served) {
    effects = lane.start_asked && !lane.given_up ? NextGeneration(s, lane) : ServeSubject(s, lane);
  }
  Append(effects, TendSpares(s, lane));
  return effects;
}

std::string WithLog(std::string reason, const GenerationState& g) {
  if (g.log_tail.empty()) return reason;
  return fmt::format("{}\nThe end of its log ({}):\n{}", reason, g.log_path, g.log_tail);
}

Effects CancelTimersOf(const GenerationState& g) {
  Effects effects;
  for (TimerKind kind : {TimerKind::Ready, TimerKind::NextProbe, TimerKind::ProbeLimit,
                         TimerKind::Evidence, TimerKind::StopRung}) {
    effects.push_back(CancelTimer{kind, g.id.value});
  }
  return effects;
}

Effects OnReadyTimeout(const State& s, const GenerationState& g) {
  if (g.phase != SubjectPhase::Starting) return {};
  return {Announce{SubjectNeverReady{g.id, WhyNeverReady(g, ConfigOf(s))}}};
}

Effects OnEvidenceTimeout(State& s, GenerationState& g) {
  g.seeking = false;
  if (g.phase != SubjectPhase::Up || g.evident || g.health != Health::Healthy) return {};
  return {
      Announce{HealthChanged{g.id, Health::Hung, WhyNoEvidence(g, ConfigOf(s).health), g.detail}}};
}

Effects OnProbeOverdue(State& s, LaneState& lane, GenerationState& g) {
  if (!g.probing) return {};
  ProbeReading none;
  none.error = fmt::format("no answer within {:g} s", ConfigOf(s).health.timeout.count() / 1e3);
  Effects effects{AbandonProbe{g.id}};
  g.probing = false;
  if (g.phase == SubjectPhase::Up) {
    Append(effects, OnHealthAnswer(s, lane, g, {g.id, g.probe_sent, none}));
  } else if (g.phase == SubjectPhase::Starting) {
    Append(effects, OnReadyAnswer(g, none));
  }
  return effects;
}

/// The process ended although nobody had asked it to.
Effects DiedByItself(State& s, LaneState& lane, GenerationState& g) {
  if (g.role == SubjectRole::Spare) LoseSpare(s, lane, g, g.reason);
  if (g.role != SubjectRole::Serving) return {};
  lane.next_cause = g.killed ? SpawnCause::Asked : SpawnCause::Unhealthy;
  if (lane.draft && !lane.held && GetTest(s, lane.draft->test).generation == g.id) {
    lane.draft->subject_lost = true;
    g.died_under_test = true;
  }
  lane.next_cause_text = WhyReplaced(s, g);
  AddNotice(s, g.killed ? Severity::Info : Severity::Warning,
            "The subject was lost: " + lane.next_cause_text + ".");
  return Judge(s, lane);
}

}  // namespace

Effects On(State& s, const GenerationBegun& e) {
  if (e.lane < 0 || static_cast<size_t>(e.lane) >= s.lanes.size()) return {};
  LaneState& lane = s.lanes[static_cast<size_t>(e.lane)];
  const bool beside_tests = lane.latest.has_value();
  lane.beginning = std::max(0, lane.beginning - 1);
  if (!e.spare && e.cause == SpawnCause::Unhealthy) {
    SpendRestart(lane, ConfigOf(s).restart.budget, s.now);
  }
  GenerationState g;
  g.id = e.generation;
  g.lane = e.lane;
  g.role = e.spare ? SubjectRole::Spare : SubjectRole::Serving;
  g.was_spare = e.spare;
  g.cause = e.cause;
  g.cause_text = e.cause_text;
  g.started = s.now;
  s.next_generation = std::max(s.next_generation, e.generation.value + 1);
  const size_t index = s.generations.size();
  s.generations.push_back(std::move(g));
  if (e.spare) {
    lane.spares.push_back(index);
  } else {
    lane.current = lane.latest = index;
  }
  const bool low = e.spare && beside_tests;
  return {SpawnSubject{e.generation, e.cause, e.cause_text, e.lane, low}};
}

Effects On(State& s, const SubjectNeverReady& e) {
  GenerationState* g = FindGeneration(s, e.generation);
  LaneState* lane = FindLane(s, e.generation);
  if (!g || !lane || g->phase != SubjectPhase::Starting) return {};
  g->reason = e.reason;
  g->ready_overdue = true;
  g->phase = SubjectPhase::Stopping;
  if (g->role == SubjectRole::Spare) {
    LoseSpare(s, *lane, *g, e.reason);
    Retire(s, *lane, IndexOf(s, *g));
  }
  return {EndSubjectTree{g->id}};
}

Effects On(State& s, const SubjectSpawned& e) {
  GenerationState* g = FindGeneration(s, e.generation);
  if (!g) return {};
  g->pid = e.pid;
  g->port = e.port;
  g->url = e.url;
  g->workspace = e.workspace;
  g->log_path = e.log_path;
  g->token = e.token;
  if (g->phase == SubjectPhase::Stopping) return {EndSubjectTree{g->id}};
  g->phase = SubjectPhase::Starting;
  const bool mute = ConfigOf(s).ready.url.empty() && ConfigOf(s).health.url.empty();
  if (mute) return {Announce{SubjectBecameReady{g->id}}};
  Effects effects = ProbeNow(s, *g, ProbeFor::Ready);
  effects.push_back(StartTimer{TimerKind::Ready, g->id.value, ConfigOf(s).ready.timeout});
  return effects;
}

Effects On(State& s, const SubjectNotSpawned& e) {
  GenerationState* g = FindGeneration(s, e.generation);
  LaneState* lane = FindLane(s, e.generation);
  if (!g || !lane) return {};
  g->phase = SubjectPhase::Ended;
  g->health = Health::Dead;
  g->reason = e.reason;
  g->ended = s.now;
  Effects effects;
  if (lane->phase != LanePhase::WindingUp && !s.batch.requested) {
    effects = NotToBeHad(
        s, *lane, *g,
        fmt::format("the subject '{}' could not be started: {}", ConfigOf(s).name, e.reason));
  }
  const size_t index = IndexOf(s, *g);
  const bool served = lane->current == index;
  Forget(*lane, index);
  Append(effects, AfterTheEnd(s, *lane, served && lane->start_asked));
  return effects;
}

Effects On(State& s, const ProbeAnswered& e) {
  GenerationState* g = FindGeneration(s, e.generation);
  LaneState* lane = FindLane(s, e.generation);
  if (!g || !lane || !g->probing || e.sent != g->probe_sent) return {};
  g->probing = false;
  Effects effects{CancelTimer{TimerKind::ProbeLimit, g->id.value}};
  if (g->phase == SubjectPhase::Starting) Append(effects, OnReadyAnswer(*g, e.reading));
  if (g->phase == SubjectPhase::Up) Append(effects, OnHealthAnswer(s, *lane, *g, e));
  return effects;
}

Effects On(State& s, const SubjectBecameReady& e) {
  GenerationState* g = FindGeneration(s, e.generation);
  LaneState* lane = FindLane(s, e.generation);
  if (!g || !lane || g->phase != SubjectPhase::Starting) return {};
  g->phase = SubjectPhase::Up;
  g->health = Health::Healthy;
  g->was_ready = true;
  g->ready = g->frame_changed = g->answered = s.now;
  g->reason.clear();
  g->detail.clear();
  g->evident = true;  // no test has touched it yet
  NoteHealth(*g, s.now);
  Effects effects{CancelTimer{TimerKind::Ready, g->id.value}, MeasureSubject{g->id, ""}};
  if (!ConfigOf(s).health.url.empty()) {
    effects.push_back(StartTimer{TimerKind::NextProbe, g->id.value, ConfigOf(s).health.every});
  }
  Append(effects, ServeSubject(s, *lane));
  Append(effects, TendSpares(s, *lane));
  return effects;
}

Effects On(State& s, const HealthChanged& e) {
  GenerationState* g = FindGeneration(s, e.generation);
  LaneState* lane = FindLane(s, e.generation);
  if (!g || !lane || g->phase != SubjectPhase::Up) return {};
  g->health = e.health;
  g->reason = e.reason;
  g->detail = e.detail;
  NoteHealth(*g, s.now);
  Effects effects;
  if (e.health != Health::Healthy && g->role == SubjectRole::Spare) {
    const std::string how = fmt::format("it became {}: {}", ToString(e.health), e.reason);
    LoseSpare(s, *lane, *g, how);
    return {Announce{SubjectStopBegun{g->id, how}}};
  }
  if (e.health != Health::Healthy && g->seeking) {
    g->seeking = false;
    effects.push_back(CancelTimer{TimerKind::Evidence, g->id.value});
  }
  Append(effects, Judge(s, *lane));
  Append(effects, ServeSubject(s, *lane));
  return effects;
}

Effects On(State& s, const SubjectStopBegun& e) {
  GenerationState* g = FindGeneration(s, e.generation);
  LaneState* lane = FindLane(s, e.generation);
  if (!g || !lane || g->phase == SubjectPhase::Ended) return {};
  Effects effects = CancelTimersOf(*g);
  if (g->health == Health::Healthy || g->health == Health::Starting) g->reason = e.reason;
  const bool spawning = g->phase == SubjectPhase::Spawning;
  const bool was_stopping = g->phase == SubjectPhase::Stopping;
  g->phase = SubjectPhase::Stopping;
  if (g->role == SubjectRole::Spare) Retire(s, *lane, IndexOf(s, *g));
  if (!spawning && !was_stopping) {  // else it is ended as soon as it is there
    Append(effects, Judge(s, *lane));
    g->taking_stacks = g->health == Health::Hung;  // its end waits until they are taken
    Append(effects, g->taking_stacks ? Effects{TakeStacks{g->id}} : Climb(s, *g));
  }
  Append(effects, TendSpares(s, *lane));
  return effects;
}

Effects On(State& s, const SubjectStacksTaken& e) {
  GenerationState* g = FindGeneration(s, e.generation);
  if (!g) return {};
  g->stacks = e.text;
  if (std::exchange(g->reading_core, false)) return EndWhenNothingIsLeft(s);
  if (!std::exchange(g->taking_stacks, false) || g->phase != SubjectPhase::Stopping) return {};
  return Climb(s, *g);
}

Effects On(State& s, const SpareLeased& e) {
  GenerationState* g = FindGeneration(s, e.generation);
  LaneState* lane = FindLane(s, e.generation);
  if (!g || !lane || g->role != SubjectRole::Spare) return {};
  Effects effects{RaiseSubject{g->id}};
  if (lane->current) {
    const GenerationState& old = s.generations[*lane->current];
    const bool ending = old.phase == SubjectPhase::Stopping || old.phase == SubjectPhase::Ended;
    if (!ending) effects.push_back(Announce{SubjectStopBegun{old.id, e.cause_text}});
    Retire(s, *lane, *lane->current);
  }
  if (e.cause == SpawnCause::Unhealthy) {
    SpendRestart(*lane, ConfigOf(s).restart.budget, s.now);
  }
  const size_t index = IndexOf(s, *g);
  Forget(*lane, index);
  lane->current = lane->latest = index;
  lane->start_asked = false;
  g->role = SubjectRole::Serving;
  g->cause = e.cause;
  g->cause_text = e.cause_text;
  g->leased = s.now;
  if (g->phase == SubjectPhase::Up) {
    lane->lost_spares = 0;
    ForgetEvidence(*g, s.now);  // that it was well some time ago is no evidence
    Append(effects, SeekEvidence(s, *lane));
  }
  Append(effects, TendSpares(s, *lane));
  return effects;
}

Effects On(State& s, const SubjectAskedToStop& e) {
  GenerationState* g = FindGeneration(s, e.generation);
  if (!g || g->phase != SubjectPhase::Stopping || e.error.empty()) return {};
  return Climb(s, *g);  // it would not listen: no use in waiting
}

Effects On(State& s, const SubjectExited& e) {
  GenerationState* g = FindGeneration(s, e.generation);
  LaneState* lane = FindLane(s, e.generation);
  if (!g || !lane) return {};
  Effects effects = CancelTimersOf(*g);
  effects.push_back(EndSubjectTree{g->id});
  g->exit = e.exit;
  g->log_tail = e.log_tail;
  g->crash = e.crash;
  g->core = e.core;
  g->reading_core = !e.core.empty();
  g->ended = s.now;
  const SubjectPhase phase = g->phase;
  const bool was_asked = phase == SubjectPhase::Stopping;
  if (!was_asked) g->reason = "it ended with " + Describe(e.exit);
  if (phase == SubjectPhase::Up) {
    g->health = Health::Dead;
    NoteHealth(*g, s.now);
    Append(effects, DiedByItself(s, *lane, *g));
  } else if (phase == SubjectPhase::Starting) {
    Append(effects, NotToBeHad(s, *lane, *g,
                               WithLog(fmt::format("the subject '{}' ended with {} before it was "
                                                   "ready.",
                                                   ConfigOf(s).name, Describe(e.exit)),
                                       *g)));
  } else if (g->ready_overdue) {
    Append(effects, NotToBeHad(s, *lane, *g, WithLog(g->reason, *g)));
  }
  g->health = Health::Dead;
  g->phase = SubjectPhase::Stopping;
  if (g->role == SubjectRole::Spare) Retire(s, *lane, IndexOf(s, *g));
  return effects;
}

Effects On(State& s, const SubjectTreeEnded& e) {
  GenerationState* g = FindGeneration(s, e.generation);
  LaneState* lane = FindLane(s, e.generation);
  if (!g || !lane) return {};
  const size_t index = IndexOf(s, *g);
  const bool served = lane->current == index;
  g->phase = SubjectPhase::Ended;
  g->leaked = e.leaked;
  Forget(*lane, index);
  if (!e.leaked.empty()) {
    AddNotice(s, Severity::Warning,
              fmt::format("Generation {} left {} process(es) behind, which were ended: {}",
                          e.generation.value, e.leaked.size(), fmt::join(e.leaked, ", ")));
  }
  return AfterTheEnd(s, *lane, served);
}

Effects OnSubjectTimer(State& s, TimerKind kind, GenerationId id) {
  GenerationState* g = FindGeneration(s, id);
  LaneState* lane = FindLane(s, id);
  if (!g || !lane) return {};
  switch (kind) {
    case TimerKind::Ready:
      return OnReadyTimeout(s, *g);
    case TimerKind::Evidence:
      return OnEvidenceTimeout(s, *g);
    case TimerKind::ProbeLimit:
      return OnProbeOverdue(s, *lane, *g);
    case TimerKind::NextProbe:
      if (g->probing) return {};
      if (g->phase == SubjectPhase::Starting) return ProbeNow(s, *g, ProbeFor::Ready);
      if (g->phase == SubjectPhase::Up) {
        return ProbeNow(s, *g, g->seeking ? ProbeFor::Evidence : ProbeFor::Health);
      }
      return {};
    case TimerKind::StopRung:
      return g->phase == SubjectPhase::Stopping ? Climb(s, *g) : Effects{};
    case TimerKind::TestLimit:
    case TimerKind::WorkerTurn:
    case TimerKind::StacksGrace:
    case TimerKind::WorkerStop:
    case TimerKind::Collect:
      return {};
  }
  return {};
}

}  // namespace proctor
