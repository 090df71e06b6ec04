#pragma once

#include <algorithm>
#include <string_view>

#include "core/config/config.h"
#include "core/model/event.h"

/// Every event and what it is made of, once for both directions of JSON. A line
/// names all members in the order of the declaration; one that is missing here does
/// not compile, because a structured binding takes all or none.
///
/// A visitor V has `Ref<T>` (const T& to write, T& to read) and is called with each
/// member's name and value.
#define PROCTOR_FIELDS(Type, ...)                             \
  constexpr std::string_view NameOf(const Type*) {            \
    return #Type;                                             \
  }                                                           \
  template <typename V>                                       \
  void Members(V& visit, typename V::template Ref<Type> it) { \
    auto& [__VA_ARGS__] = it;                                 \
    VisitNamed(visit, #__VA_ARGS__, __VA_ARGS__);             \
  }

namespace proctor {

/// Calls `visit` with each name of "a, b, c" and the value that belongs to it.
template <typename V, typename... T>
void VisitNamed(V& visit, std::string_view names, T&... values) {
  const auto next = [&names] {
    const size_t end = std::min(names.find(','), names.size());
    const std::string_view name = names.substr(0, end);
    names.remove_prefix(std::min(end + 2, names.size()));  // ", "
    return name;
  };
  (visit(next(), values), ...);
}

// ---- what people ask for
PROCTOR_FIELDS(Selection, paths, tests, keyword)
PROCTOR_FIELDS(BatchRequested, selection)
PROCTOR_FIELDS(StopRequested, mode)
PROCTOR_FIELDS(RestartPolicyChanged, when)
PROCTOR_FIELDS(SubjectRestartRequested, lane)
PROCTOR_FIELDS(SubjectKillRequested, lane)
PROCTOR_FIELDS(StepRequested, lane)
PROCTOR_FIELDS(RerunRequested, test, fixtures)
PROCTOR_FIELDS(SkipFileRequested, path)
PROCTOR_FIELDS(JumpRequested, path)
PROCTOR_FIELDS(HoldOnFailureChanged, on)
PROCTOR_FIELDS(ReleaseRequested, lane, how)
/// By hand: they have no members.
#define PROCTOR_NO_FIELDS(Type)                    \
  constexpr std::string_view NameOf(const Type*) { \
    return #Type;                                  \
  }                                                \
  template <typename V>                            \
  void Members(V&, typename V::template Ref<Type>) {}
PROCTOR_NO_FIELDS(PauseRequested)
PROCTOR_NO_FIELDS(ResumeRequested)
PROCTOR_NO_FIELDS(RunToFailureRequested)

// ---- the batch
PROCTOR_FIELDS(BatchRefused, reason)
PROCTOR_FIELDS(BatchStarted, batch, wall_ms, selection, config)
PROCTOR_FIELDS(BatchResumed, wall_ms)
PROCTOR_FIELDS(BatchEnded, exit_code)
/// By hand: the line has a `seq` of its own.
constexpr std::string_view NameOf(const JournalCommitted*) {
  return "JournalCommitted";
}
template <typename V>
void Members(V& visit, typename V::template Ref<JournalCommitted> it) {
  auto& [seq] = it;
  VisitNamed(visit, "committed", seq);
}
PROCTOR_FIELDS(JournalFailed, reason)
PROCTOR_FIELDS(SupervisionLost, reason)

// ---- the worker
PROCTOR_FIELDS(ExitInfo, code, signal)
PROCTOR_FIELDS(CollectedTest, id, name, class_name, line, uses_subject, markers, restart)
PROCTOR_FIELDS(WorkerSpawned, worker, pid, lane)
PROCTOR_FIELDS(WorkerNotSpawned, worker, reason, exit_code)
PROCTOR_FIELDS(WorkerGreeted, worker, python, pytest, rootdir, inifile)
PROCTOR_FIELDS(WorkerStartupFailed, worker, message, exit_code)
PROCTOR_FIELDS(CollectionStarted, worker, path)
PROCTOR_FIELDS(FileCollected, worker, path, tests, restart, group, cumulative)
PROCTOR_FIELDS(FileNotCollected, worker, path, id, message, details)
PROCTOR_FIELDS(FileSkipped, worker, path, id, message)
PROCTOR_FIELDS(CollectionFinished, worker, tests, deselected)
PROCTOR_FIELDS(PreflightRequested, worker, test, holds)
PROCTOR_FIELDS(SubjectLetGo, worker, test)
PROCTOR_FIELDS(TestHeld, worker, test, phase)
PROCTOR_FIELDS(TestStarted, worker, test)
PROCTOR_FIELDS(Evidence, kind, file, note)
PROCTOR_FIELDS(PhaseFinished, worker, test, phase, outcome, duration_ms, xfail, message, details,
               stdout_text, stderr_text, log_text, file, line, evidence, timed_out)
PROCTOR_FIELDS(TestFinished, worker, test)
PROCTOR_FIELDS(TestUnknown, worker, test)
PROCTOR_FIELDS(RunFinished, worker, stopped, kept)
PROCTOR_FIELDS(TeardownFailed, worker, owner, message, details)
PROCTOR_FIELDS(ExitAsked, worker, message)
PROCTOR_FIELDS(WorkerTornDown, worker)
PROCTOR_FIELDS(WorkerSaidBye, worker)
PROCTOR_FIELDS(WorkerWarned, worker, message)
PROCTOR_FIELDS(WorkerSpokeNonsense, worker, excerpt)
PROCTOR_FIELDS(StacksDumped, worker, text)
PROCTOR_FIELDS(WorkerExited, worker, exit, log_tail)

// ---- the subject
PROCTOR_FIELDS(FileNote, kind, reason)
PROCTOR_FIELDS(GenerationBegun, generation, lane, spare, cause, cause_text)
PROCTOR_FIELDS(SubjectNeverReady, generation, reason)
PROCTOR_FIELDS(SubjectNotSpawned, generation, cause, cause_text, reason)
PROCTOR_FIELDS(ProbeReading, status, error, refused, healthy, state, reason, detail, frame)
PROCTOR_FIELDS(ProbeAnswered, generation, sent, reading)
PROCTOR_FIELDS(SubjectBecameReady, generation)
PROCTOR_FIELDS(HealthChanged, generation, health, reason, detail)
PROCTOR_FIELDS(SubjectStopBegun, generation, reason)
PROCTOR_FIELDS(SubjectGranted, worker, test, generation, note, respawn)
PROCTOR_FIELDS(SubjectRefused, worker, test, reason, details)
PROCTOR_FIELDS(TestJudged, test, blame, evidence)
PROCTOR_FIELDS(TestNotRun, test, blame, reason)
PROCTOR_FIELDS(TestRetried, test, reason)
PROCTOR_FIELDS(SubjectMeasured, generation, path, rss_bytes, descriptors, threads, processes, left)
PROCTOR_FIELDS(SubjectStacksTaken, generation, text)
PROCTOR_FIELDS(SpareLeased, generation, cause, cause_text)
PROCTOR_FIELDS(SubjectProgramChanged, file)
PROCTOR_FIELDS(SubjectGivenUp, reason, never_ready, lane)
PROCTOR_FIELDS(SubjectAskedToStop, generation, error)
PROCTOR_FIELDS(SubjectExited, generation, exit, log_tail, crash, core)
PROCTOR_FIELDS(SubjectTreeEnded, generation, leaked)

/// By hand: the token opens the subject to whoever reads it, and stays out.
constexpr std::string_view NameOf(const SubjectSpawned*) {
  return "SubjectSpawned";
}
template <typename V>
void Members(V& visit, typename V::template Ref<SubjectSpawned> it) {
  [[maybe_unused]] auto& [generation, cause, cause_text, pid, port, url, workspace, log_path, token,
                          lane] = it;
  VisitNamed(visit, "generation, cause, cause_text, pid, port, url, workspace, log_path, lane",
             generation, cause, cause_text, pid, port, url, workspace, log_path, lane);
}

// ---- the world
PROCTOR_FIELDS(TimerFired, kind, key)
PROCTOR_FIELDS(OutputReceived, source, owner, text)

// ---- the configuration that a batch ran by
PROCTOR_FIELDS(ReadyConfig, url, timeout)
PROCTOR_FIELDS(HealthConfig, url, every, timeout, misses, healthy, reason, detail, frame,
               hang_after)
PROCTOR_FIELDS(StopConfig, url, grace)
PROCTOR_FIELDS(RestartBudget, restarts, period)
PROCTOR_FIELDS(RestartConfig, when, spares, budget)
PROCTOR_FIELDS(SubjectConfig, name, kind, command, cwd, env, port, workspace, display, kernel,
               sandbox, ready, health, stop, restart)
PROCTOR_FIELDS(BatchConfig, lanes)
PROCTOR_FIELDS(SuiteConfig, name, runner, paths, args, python, env, timeout, restart, alone,
               compare, sanitize, write_back)
PROCTOR_FIELDS(Config, file, directory, subject, batch, suites)

}  // namespace proctor
