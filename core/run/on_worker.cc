// Events about the worker: its start, what it collects, its end.

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "core/run/aside.h"
#include "core/run/deal.h"
#include "core/run/handlers.h"
#include "core/run/spares.h"
#include "core/run/steps.h"
#include "core/subject/assess.h"
#include "core/subject/policy.h"

namespace proctor {
namespace {

constexpr int kPytestUsage = 4;      // pytest's exit code for a configuration that it cannot use
constexpr Millis kStacksQuiet{100};  // nothing more came for that long: it has written them

Effect StartImportLimit(const State& s, WorkerId worker) {
  return StartTimer{TimerKind::Collect, worker.value, LimitBesideTests(s)};
}

uint32_t AddFile(State& s, const std::string& path) {
  const auto [it, added] = s.index->files.try_emplace(path, s.files.size());
  if (added) {
    FileState file;
    file.path = path;
    file.suite = s.batch.suite;
    s.files.push_back(std::move(file));
  }
  return it->second;
}

TestRef AddTest(State& s, uint32_t file, TestState test) {
  const TestRef ref{file, static_cast<uint32_t>(s.files[file].tests.size())};
  s.index->tests.emplace(test.id, ref);
  s.need_subject += test.uses_subject ? 1 : 0;
  s.files.Edit(file).tests.push_back(std::move(test));
  ++s.planned;
  return ref;
}

bool IsSelected(const State& s, const std::string& id) {
  return s.index->selected.empty() || s.index->selected.contains(id);
}

TestState FromCollected(const CollectedTest& c) {
  TestState test;
  test.id = c.id;
  test.name = c.name;
  test.class_name = c.class_name;
  test.line = c.line;
  test.uses_subject = c.uses_subject;
  test.restart = c.restart;
  return test;
}

/// A file that could not be collected, or asked to be skipped, stands in the
/// results as one test that has the file's id.
Effects FileAsTest(State& s, const std::string& path, const std::string& id, Outcome outcome,
                   const TestDetails& details) {
  const uint32_t file = AddFile(s, path);
  Effects effects = LeaveOutRest(
      s, file, "its file could not be collected again: " + details.message, Blame::Infrastructure);
  if (s.index->tests.contains(id)) return effects;
  TestState test;
  test.id = id;
  test.name = path;
  test.attempt = 1;
  test.started = s.now;
  Draft draft;
  draft.test = AddTest(s, file, std::move(test));
  draft.details = details;
  Complete(s, draft, outcome, std::nullopt);
  return effects;
}

void ForgetWorker(LaneState& lane) {
  lane.worker = {};
  lane.worker_pid = 0;
  lane.collected = false;
  lane.finishing = false;
  lane.startup_failed = false;
  lane.finished_tests = 0;
  lane.collecting.clear();
  lane.nonsense.clear();
  lane.stacks.clear();
  lane.draft.reset();
  lane.granted.reset();
  lane.held.reset();
  lane.rerun.reset();
  lane.holds = lane.letting_go = lane.stopping_run = lane.part = false;
}

std::string HowItEnded(const LaneState& lane, const WorkerExited& e) {
  if (!lane.nonsense.empty()) {
    return fmt::format("the worker broke the protocol and was ended: {}", lane.nonsense);
  }
  return fmt::format("the worker (pid {}) ended with {}", lane.worker_pid, Describe(e.exit));
}

std::string WithTail(std::string text, const WorkerExited& e) {
  if (!e.log_tail.empty()) text += "\n\nThe end of the worker's output:\n" + e.log_tail;
  return text;
}

/// The test that was running when the worker ended.
void CompleteInterrupted(State& s, LaneState& lane, const WorkerExited& e) {
  Draft draft = *lane.draft;
  draft.duration_ms = (s.now - GetTest(s, draft.test).started).count() / 1e6;
  TestDetails& d = draft.details;
  if (s.batch.stop == StopMode::Now && !draft.timed_out) {
    if (IsBad(draft.outcome)) return Complete(s, draft, draft.outcome, Blame::Test);
    d.message = "it was interrupted: the batch was stopped at once";
    return Complete(s, draft, Outcome::NotRun, std::nullopt);
  }
  Blame blame = lane.nonsense.empty() ? Blame::Test : Blame::Infrastructure;
  const GenerationState* g = FindGeneration(s, GetTest(s, draft.test).generation);
  if (g && g->health == Health::Hung) blame = Blame::SubjectHang;
  if (g && draft.subject_lost) blame = Blame::SubjectCrash;
  if (draft.timed_out) {
    const double limit = s.config->suites[s.batch.suite].timeout.count() / 1e3;
    d.message = fmt::format("it took longer than its time limit of {:g} s and was ended", limit);
    d.details += d.message + "\n\nThe stacks of its threads at that moment:\n" +
                 (lane.stacks.empty() ? "(none were written)" : lane.stacks);
  } else {
    const bool has_failed = draft.held && IsBad(draft.outcome);  // which counts
    const std::string how =
        HowItEnded(lane, e) + " while this test " + (has_failed ? "was held" : "ran");
    if (!has_failed) d.message = how;
    d.details += (has_failed ? "\n\n" : "") + WithTail(how, e);
    if (!lane.stacks.empty()) d.details += "\n\nStacks:\n" + lane.stacks;
  }
  if (g && blame != Blame::Test) d.details += "\n\nThe subject: " + g->reason;
  const bool has_failed = draft.held && IsBad(draft.outcome);
  if (has_failed && !draft.timed_out) return Complete(s, draft, draft.outcome, blame);
  Complete(s, draft, draft.timed_out ? Outcome::TimedOut : Outcome::Crashed, blame);
}

Effects AfterCollectionDied(State& s, LaneState& lane, const WorkerExited& e) {
  TestDetails details;
  details.message = HowItEnded(lane, e) + " while it collected this file";
  details.details = WithTail(details.message, e);
  if (!lane.stacks.empty()) details.details += "\n\nStacks:\n" + lane.stacks;
  std::erase(s.batch.ignored, lane.collecting);  // another lane may have met it too
  s.batch.ignored.push_back(lane.collecting);
  return FileAsTest(s, lane.collecting, lane.collecting, Outcome::Error, details);
}

/// How a worker that was not told to finish leaves the batch. What ended it is
/// charged to somebody, or counts as fruitless.
Effects AfterUnexpectedEnd(State& s, LaneState& lane, const WorkerExited& e) {
  Effects effects;
  // A worker that was ended because the batch stops says nothing about what it imported.
  const bool ours = s.batch.stop || lane.phase == LanePhase::WindingUp;
  const bool importing =
      !ours && !lane.collected && !lane.collecting.empty() && !lane.startup_failed;
  const bool charged = lane.draft.has_value() || importing || lane.finished_tests > 0;
  const std::string how = HowItEnded(lane, e);
  if (lane.draft) {
    const Draft draft = *lane.draft;
    CompleteInterrupted(s, lane, e);
    // What it did to its generation is to be known before another test gets it.
    GenerationState* g = FindGeneration(s, GetTest(s, draft.test).generation);
    if (g) ForgetEvidence(*g, s.now);
    const std::string_view how = draft.timed_out ? kPastItsLimit : "lost its worker";
    if (g && !ours) Append(effects, LeaveHalfDone(s, lane, draft.test, how));
  }
  if (importing) Append(effects, AfterCollectionDied(s, lane, e));
  if (!charged && !ours && !lane.startup_failed)
    AddNotice(s, Severity::Error, WithTail("Before any test, " + how + ".", e));
  if (lane.turn && !lane.stacks.empty())
    AddNotice(s, Severity::Error, "Its stacks before it was ended:\n" + lane.stacks);
  lane.fruitless_workers = charged ? 0 : lane.fruitless_workers + 1;
  const bool failed = lane.startup_failed;
  ForgetWorker(lane);
  if (failed) {
    Append(effects, WindUp(s, s.batch.failure, Blame::Infrastructure));
  } else if (lane.aside && lane.phase != LanePhase::WindingUp) {
    Append(effects, AfterAside(s, lane));
  } else if (lane.phase == LanePhase::WindingUp) {
    Append(effects, WindUp(s, "the batch was stopped", std::nullopt));
  } else if (s.batch.stop) {
    lane.phase = LanePhase::Idle;
    lane.sent.clear();
    Append(effects, Drive(s));
  } else {
    Append(effects, SpawnWorkerForRest(s, lane));
  }
  return effects;
}

Effects SkipRest(const State& s, uint32_t file) {
  return LeaveOutRest(s, file, "the rest of the file was skipped on request", std::nullopt);
}

/// A file's run is over. What is planned of it now is to run again, or was forgotten.
Effects CloseFile(State& s, LaneState& lane, uint32_t file) {
  const FileState& f = s.files[file];
  const bool again =
      lane.part || std::any_of(f.tests.begin(), f.tests.end(), [](const TestState& test) {
        return IsPlanned(test) && !test.earlier.empty();
      });
  Effects effects;
  if (lane.skip == file) {
    lane.skip.reset();
    effects = SkipRest(s, file);
  } else if (again) {
    TakeBack(s, file);
  } else {
    effects = LeaveOutRest(s, file, "the worker did not run it", Blame::Infrastructure);
  }
  if (lane.latest && f.last_generation == s.generations[*lane.latest].id) {
    effects.push_back(MeasureSubject{f.last_generation, f.path});
  }
  return effects;
}

/// The worker stands between two tests, its fixtures alive.
Effects OnStoppedAndKept(State& s, LaneState& lane) {
  if (!lane.stopping_run) return {};  // of a run that a stop overtook: the first said it all
  lane.stopping_run = false;
  lane.part = false;
  Unwait(s, lane);
  Effects effects;
  if (const auto skip = std::exchange(lane.skip, std::nullopt)) {
    effects = SkipRest(s, *skip);
    std::erase(lane.sent, *skip);
  }
  TakeBack(s, lane);
  Append(effects, GoOn(s, lane));
  return effects;
}

/// One worker was stopped by what it ran (-x, --maxfail, pytest.exit()): the batch is over.
/// What other lanes were told to run is theirs to leave out, when they have stopped.
Effects StopOthers(State& s, const LaneState& stopped) {
  Effects effects;
  std::unordered_set<uint32_t> theirs;
  for (LaneState& lane : s.lanes) {
    if (&lane == &stopped) continue;
    theirs.insert(lane.sent.begin(), lane.sent.end());
    if (!lane.aside) Append(effects, StopLane(s, lane));
  }
  for (uint32_t f = 0; f < s.files.size(); ++f) {
    if (theirs.contains(f)) continue;
    Append(effects, LeaveOutRest(s, f, "the batch was stopped", std::nullopt));
  }
  return effects;
}

}  // namespace

Effects On(State& s, const WorkerSpawned& e) {
  if (e.lane >= 0 && static_cast<size_t>(e.lane) < s.lanes.size()) {
    LaneState& lane = s.lanes[static_cast<size_t>(e.lane)];
    lane.worker = e.worker;
    lane.worker_pid = e.pid;
    s.next_worker = std::max(s.next_worker, e.worker.value + 1);
  }
  // A limit from here on: pytest's own start-up and conftests may hang too.
  return {StartImportLimit(s, e.worker)};
}

Effects On(State& s, const WorkerNotSpawned& e) {
  LaneState* lane = FindLane(s, e.worker);
  if (!lane) return {};
  ForgetWorker(*lane);
  s.batch.failure = e.reason;
  s.batch.failure_code = static_cast<ExitCode>(e.exit_code);
  AddNotice(s, Severity::Error, e.reason);
  return WindUp(s, e.reason, Blame::Infrastructure);
}

Effects On(State& s, const WorkerGreeted& e) {
  LaneState* lane = FindLane(s, e.worker);
  if (!lane) return {};
  lane->python = e.python;
  lane->pytest = e.pytest;
  if (s.batch.rootdir.empty()) {
    s.batch.rootdir = e.rootdir;
    s.batch.inifile = e.inifile;
  }
  return {};
}

Effects On(State& s, const WorkerStartupFailed& e) {
  LaneState* lane = FindLane(s, e.worker);
  if (!lane) return {};
  lane->startup_failed = true;
  s.batch.failure = "pytest could not start: " + e.message;
  s.batch.failure_code = e.exit_code == 4 ? ExitCode::Usage : ExitCode::Internal;
  AddNotice(s, Severity::Error, s.batch.failure);
  return {};
}

Effects On(State& s, const CollectionStarted& e) {
  LaneState* lane = FindLane(s, e.worker);
  if (!lane) return {};
  lane->collecting = e.path;
  return {StartImportLimit(s, e.worker)};
}

Effects On(State& s, const FileCollected& e) {
  if (!FindLane(s, e.worker)) return {};
  std::optional<uint32_t> file;
  for (const CollectedTest& test : e.tests) {
    if (s.index->tests.contains(test.id) || s.batch.collected || !IsSelected(s, test.id)) continue;
    s.own_policies = s.own_policies || e.restart || test.restart;
    if (!file) {
      file = AddFile(s, e.path);
      s.files.Edit(*file).restart = e.restart;
      s.files.Edit(*file).group = e.group;
      s.files.Edit(*file).cumulative = e.cumulative;
    }
    AddTest(s, *file, FromCollected(test));
  }
  const auto known = s.index->files.find(e.path);
  if (known != s.index->files.end()) {
    s.index->collected_by[e.worker.value].insert(known->second);
  }
  return {};
}

Effects On(State& s, const FileNotCollected& e) {
  if (!FindLane(s, e.worker)) return {};
  TestDetails details;
  details.message = e.message;
  details.details = e.details;
  details.file = e.path;
  return FileAsTest(s, e.path, e.id, Outcome::Error, details);
}

Effects On(State& s, const FileSkipped& e) {
  if (!FindLane(s, e.worker)) return {};
  TestDetails details;
  details.message = e.message;
  return FileAsTest(s, e.path, e.id, Outcome::Skipped, details);
}

Effects On(State& s, const CollectionFinished& e) {
  LaneState* lane = FindLane(s, e.worker);
  if (!lane) return {};
  lane->collecting.clear();
  lane->collected = true;
  lane->phase = LanePhase::Running;
  Effects effects{CancelTimer{TimerKind::Collect, e.worker.value}};
  Append(effects, TellHolding(s, *lane));
  if (!s.batch.collected) {
    s.batch.deselected += e.deselected;
    s.batch.collected = true;
    ShuffleDeck(s);
  }
  Append(effects, Drive(s));
  for (LaneState& each : s.lanes) Append(effects, TendSpares(s, each));
  return effects;
}

Effects On(State& s, const RunFinished& e) {
  LaneState* lane = FindLane(s, e.worker);
  if (!lane) return {};
  Effects effects;
  if (e.kept && !s.batch.stop) return OnStoppedAndKept(s, *lane);
  if (!lane->sent.empty()) {
    const uint32_t file = lane->sent.front();
    lane->sent.pop_front();
    if (!e.stopped && !s.batch.stop) Append(effects, CloseFile(s, *lane, file));
  }
  if (lane->sent.empty()) lane->stopping_run = false;  // it came when there was nothing to stop
  // The stop overtook the runs that were told ahead; they are answered next, and then it goes on.
  if (lane->stopping_run && !e.stopped && !s.batch.stop) return effects;
  if (std::exchange(lane->part, false) && !e.stopped && !s.batch.stop) {
    Append(effects, GoOn(s, *lane));
    return effects;
  }
  if (e.stopped || s.batch.stop) {
    lane->sent.clear();
    Append(effects, StopOthers(s, *lane));
    if (!lane->finishing) Append(effects, LetWorkerFinish(s, *lane));
    return effects;
  }
  Append(effects, GoOn(s, *lane));
  for (LaneState& each : s.lanes) Append(effects, TendSpares(s, each));
  return effects;
}

Effects On(State& s, const ExitAsked& e) {
  if (!FindLane(s, e.worker)) return {};
  AddNotice(s, Severity::Warning, "A test asked pytest to exit: " + e.message);
  s.batch.stop = std::max(s.batch.stop.value_or(StopMode::AfterTest), StopMode::AfterTest);
  Effects effects;
  for (LaneState& lane : s.lanes) {
    if (lane.worker == e.worker) continue;  // it stops by itself
    Append(effects, StopLane(s, lane));
    if (lane.waiting) Append(effects, ServeSubject(s, lane));
  }
  return effects;
}

Effects On(State&, const WorkerTornDown&) {
  return {};
}
Effects On(State&, const WorkerSaidBye&) {
  return {};
}

Effects On(State& s, const WorkerWarned& e) {
  AddNotice(s, Severity::Warning, e.message);
  return {};
}

Effects On(State& s, const WorkerSpokeNonsense& e) {
  LaneState* lane = FindLane(s, e.worker);
  if (!lane || !lane->nonsense.empty()) return {};
  lane->nonsense = e.excerpt;
  AddNotice(s, Severity::Error,
            fmt::format("The worker (pid {}) said something on its control channel that is no "
                        "message, and was ended: {}",
                        lane->worker_pid, e.excerpt));
  return {KillWorker{e.worker}};
}

Effects On(State& s, const StacksDumped& e) {
  LaneState* lane = FindLane(s, e.worker);
  if (!lane) return {};
  constexpr size_t kMost = 256 * 1024;
  if (lane->stacks.size() < kMost) lane->stacks += e.text;
  if (!lane->draft || !lane->draft->timed_out) return {};
  return {StartTimer{TimerKind::StacksGrace, e.worker.value, kStacksQuiet}};
}

Effects On(State& s, const WorkerExited& e) {
  LaneState* lane = FindLane(s, e.worker);
  if (!lane) return {};
  if (lane->pytest.empty() && !lane->startup_failed && e.exit.code == kPytestUsage) {
    // It gave up before the plugin was loaded: a broken pytest.ini, an unmet minversion.
    lane->startup_failed = true;
    s.batch.failure = WithTail("pytest could not start.", e);
    s.batch.failure_code = ExitCode::Usage;
    AddNotice(s, Severity::Error, s.batch.failure);
  }
  Effects effects{CancelTimer{TimerKind::TestLimit, e.worker.value},
                  CancelTimer{TimerKind::Collect, e.worker.value},
                  CancelTimer{TimerKind::StacksGrace, e.worker.value},
                  CancelTimer{TimerKind::WorkerStop, e.worker.value}};
  Unwait(s, *lane);  // another worker is to run it
  if (!lane->finishing || lane->draft || lane->phase == LanePhase::WindingUp) {
    Append(effects, AfterUnexpectedEnd(s, *lane, e));
    return effects;
  }
  if (!e.exit.signal.empty()) {
    AddNotice(s, Severity::Warning,
              WithTail("After its last test, " + HowItEnded(*lane, e) + ".", e));
  }
  ForgetWorker(*lane);
  lane->sent.clear();
  lane->phase = LanePhase::Idle;
  Append(effects, lane->aside ? AfterAside(s, *lane) : Drive(s));
  return effects;
}

}  // namespace proctor
