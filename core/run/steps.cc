#include "core/run/steps.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/run/aside.h"
#include "core/run/deal.h"
#include "core/run/plan.h"
#include "core/run/spares.h"

namespace proctor {
namespace {

constexpr int kFruitlessWorkers = 3;
constexpr Millis kLeastBesideTests{60000};
// More paths than that go near the limit on a command line's length; collecting
// the whole suite again is cheaper to get right.
constexpr size_t kPathsOnCommandLine = 2000;

std::vector<std::string> PlannedTests(const FileState& file) {
  std::vector<std::string> ids;
  for (const TestState& test : file.tests) {
    if (IsPlanned(test)) ids.push_back(test.id);
  }
  return ids;
}

/// The test that the lane would get next; what it shares with the one before stays set up.
std::string FirstOfNext(const State& s, const LaneState& lane) {
  const std::optional<uint32_t> next = NextFor(s, lane);
  if (!next) return {};
  for (const TestState& test : s.files[*next].tests) {
    if (IsPlanned(test)) return test.id;
  }
  return {};
}

/// Every lane's worker collects the suite; a suite that runs alone has one lane.
Effects SpawnWorkers(State& s, const std::vector<std::string>& paths) {
  Effects effects;
  for (LaneState& lane : s.lanes) {
    if (lane.aside) continue;
    lane.fruitless_workers = 0;
    lane.phase = LanePhase::Collecting;
    lane.worker = {s.next_worker++};
    effects.push_back(SpawnWorker{.worker = lane.worker,
                                  .lane = NumberOf(s, lane),
                                  .suite = s.batch.suite,
                                  .paths = paths,
                                  .keyword = s.batch.selection.keyword});
    if (s.config->suites[s.batch.suite].alone) break;
  }
  return effects;
}

/// The running suite is over, or none has begun: the next one with something to run.
Effects StartSuite(State& s) {
  for (size_t next = s.batch.suite + (s.batch.collected ? 1 : 0); next < s.config->suites.size();
       ++next) {
    const std::vector<std::string> paths =
        SelectPaths(*s.config, s.config->suites[next], s.batch.selection);
    if (paths.empty()) continue;
    s.batch.suite = next;
    s.batch.rootdir.clear();
    s.batch.inifile.clear();
    s.batch.collected = false;
    s.batch.ignored.clear();
    return SpawnWorkers(s, paths);
  }
  const bool is_aside = std::any_of(s.lanes.begin(), s.lanes.end(), [](const LaneState& lane) {
    return lane.aside && lane.worker;
  });
  if (is_aside) return {};  // the batch ends when it is let go
  return WindUp(s, "no lane was left that could run it", Blame::Infrastructure);
}

bool IsEveryLaneIdle(const State& s) {
  return std::all_of(s.lanes.begin(), s.lanes.end(), [](const LaneState& lane) {
    return lane.aside || (lane.phase == LanePhase::Idle && !lane.worker);
  });
}

/// A lane without a subject leaves what is left to those that have one.
bool LeavesTheRest(const State& s, const LaneState& lane) {
  return lane.given_up && std::any_of(s.lanes.begin(), s.lanes.end(), [](const LaneState& other) {
           return !other.aside && !other.given_up && other.worker && !other.finishing;
         });
}

Effects FeedWorker(State& s, LaneState& lane) {
  if (!lane.worker || !lane.collected || lane.finishing) return {};
  if (lane.stopping_run || lane.part || s.batch.pace == Pace::Paused) return {};
  Effects effects;
  while (lane.sent.size() < HandSize(s) && !LeavesTheRest(s, lane)) {
    const std::optional<uint32_t> file = DealTo(s, lane);
    if (!file) break;
    lane.sent.push_back(*file);
    effects.push_back(RunTests{lane.worker, PlannedTests(s.files[*file]), FirstOfNext(s, lane)});
  }
  if (lane.sent.empty()) return LetWorkerFinish(s, lane);
  return effects;
}

int ExitCodeOf(const State& s) {
  if (!s.batch.failure.empty()) return static_cast<int>(s.batch.failure_code);
  if (s.batch.stop) return static_cast<int>(ExitCode::Interrupted);
  if (s.counts.Total() == 0) return static_cast<int>(ExitCode::NoTests);
  const bool all = s.counts.Bad() == 0 && s.counts[Outcome::NotRun] == 0;
  return static_cast<int>(all ? ExitCode::Ok : ExitCode::Failures);
}

/// Paths for a worker that takes over: files that still have planned tests, or,
/// where the collection never finished, everything but what ended it.
std::vector<std::string> PathsForRest(const State& s) {
  const Config& config = *s.config;
  const SuiteConfig& suite = config.suites[s.batch.suite];
  if (!s.batch.collected) {
    std::vector<std::string> paths = SelectPaths(config, suite, s.batch.selection);
    std::erase_if(paths, [&](const std::string& path) {
      return std::any_of(s.batch.ignored.begin(), s.batch.ignored.end(),
                         [&](const auto& file) { return path == s.batch.rootdir + "/" + file; });
    });
    return paths;
  }
  std::vector<std::string> paths;
  for (std::optional<uint32_t> f = NextFileToRun(s, 0); f; f = NextFileToRun(s, *f + 1)) {
    paths.push_back(s.batch.rootdir + "/" + s.files[*f].path);
  }
  // pytest takes what follows a bracket for a parameter.
  const bool bracket = std::any_of(paths.begin(), paths.end(), [](const std::string& path) {
    return path.find('[') != std::string::npos;
  });
  if (bracket || paths.size() > kPathsOnCommandLine) {
    return SelectPaths(config, suite, s.batch.selection);
  }
  return paths;
}

}  // namespace

bool IsPlanned(const TestState& test) {
  return test.progress == TestProgress::Planned;
}

bool HasPlanned(const FileState& file) {
  if (file.counts.Total() == static_cast<int>(file.tests.size())) return false;
  return std::any_of(file.tests.begin(), file.tests.end(), IsPlanned);
}

std::optional<uint32_t> NextFileToRun(const State& s, uint32_t from) {
  for (uint32_t f = from; f < s.files.size(); ++f) {
    if (s.files[f].suite == s.batch.suite && HasPlanned(s.files[f])) return f;
  }
  return std::nullopt;
}

Effects LeaveOutRest(const State& s, uint32_t file, const std::string& reason,
                     std::optional<Blame> blame) {
  Effects effects;
  for (const TestState& test : s.files[file].tests) {
    const bool open = IsPlanned(test) || test.progress == TestProgress::Waiting;
    if (open) effects.push_back(Announce{TestNotRun{test.id, blame, reason}});
  }
  return effects;
}

Effects Drive(State& s) {
  if (s.batch.phase != BatchPhase::Running) return {};
  if (IsEveryLaneIdle(s)) {
    if (s.batch.stop) return WindUp(s, "the batch was stopped", std::nullopt);
    return StartSuite(s);
  }
  Effects effects;
  for (LaneState& lane : s.lanes) {
    if (lane.phase == LanePhase::Running && !lane.aside) Append(effects, FeedWorker(s, lane));
  }
  Append(effects, EndWhenNothingIsLeft(s));
  return effects;
}

Effects EndHold(State& s, LaneState& lane) {
  if (!lane.held) return {};
  const size_t suite = s.files[lane.held->file].suite;
  lane.held.reset();
  return {StartTimer{TimerKind::TestLimit, lane.worker.value, s.config->suites[suite].timeout}};
}

Effects StopLane(State& s, LaneState& lane) {
  if (!lane.worker || lane.phase != LanePhase::Running || lane.finishing) return {};
  const bool stands = lane.sent.empty() && !lane.draft && !lane.stopping_run;
  if (stands) return LetWorkerFinish(s, lane);
  Effects effects{StopRun{lane.worker}};
  Append(effects, EndHold(s, lane));
  return effects;
}

void Unwait(State& s, LaneState& lane) {
  for (const auto ref : {std::exchange(lane.waiting, {}), std::exchange(lane.granted, {})}) {
    if (ref && GetTest(s, *ref).progress == TestProgress::Waiting) {
      EditTest(s, *ref).progress = TestProgress::Planned;
    }
  }
  lane.holds = lane.letting_go = false;
}

Effects StopAndKeep(State& s, LaneState& lane) {
  const bool runs = lane.worker && lane.phase == LanePhase::Running && !lane.sent.empty();
  if (!runs) return {};
  Effects effects = EndHold(s, lane);
  if (!std::exchange(lane.stopping_run, true)) {
    effects.push_back(StopRun{lane.worker, /*keep=*/true});
  }
  return effects;
}

Effects TellHolding(const State& s, const LaneState& lane) {
  const bool on = s.hold_on_failure || s.batch.pace == Pace::ToFailure;
  return {HoldOnFailure{lane.worker, on}};
}

/// Nobody will look into the blame of an attempt that does not count.
static void CompleteUnjudged(State& s, LaneState& lane, TestRef test) {
  const auto found = std::find_if(lane.unjudged.begin(), lane.unjudged.end(),
                                  [&](const Draft& draft) { return draft.test == test; });
  if (found == lane.unjudged.end()) return;
  const Draft draft = std::move(*found);
  lane.unjudged.erase(found);
  Complete(s, draft, draft.outcome, Blame::Test);
}

Effects GoOn(State& s, LaneState& lane) {
  if (!lane.worker || lane.phase != LanePhase::Running || lane.finishing) return {};
  if (lane.aside) return LetWorkerFinish(s, lane);
  if (const auto jump = std::exchange(lane.jump, std::nullopt)) TakeBack(s, *jump);
  if (const auto rerun = std::exchange(lane.rerun, std::nullopt)) {
    const std::string id = GetTest(s, *rerun).id;
    CompleteUnjudged(s, lane, *rerun);
    Reopen(s, *rerun, "somebody asked for it");
    TakeBack(s, rerun->file);
    s.index->held.insert(rerun->file);
    lane.sent.push_front(rerun->file);
    lane.part = true;
    const bool fresh = lane.rerun_with == Fixtures::Fresh;
    return {RunTests{lane.worker, {id}, "", /*keep=*/true, fresh}};
  }
  if (s.batch.pace != Pace::Paused) return Drive(s);
  if (lane.steps == 0) return {};
  --lane.steps;
  const std::optional<uint32_t> file = DealTo(s, lane);
  if (!file) return LetWorkerFinish(s, lane);
  std::vector<std::string> tests = PlannedTests(s.files[*file]);
  lane.sent.push_back(*file);
  lane.part = tests.size() > 1;
  const std::string next = lane.part ? tests[1] : FirstOfNext(s, lane);
  tests.resize(1);
  return {RunTests{lane.worker, std::move(tests), next}};
}

Effects SpawnWorkerForRest(State& s, LaneState& lane) {
  std::vector<std::string> paths = PathsForRest(s);
  lane.collected = false;
  lane.phase = LanePhase::Idle;
  TakeBack(s, lane);
  if (paths.empty()) {
    s.batch.collected = true;  // there is nothing left to collect
    return Drive(s);
  }
  if (lane.fruitless_workers >= kFruitlessWorkers) {
    s.batch.failure = fmt::format(
        "{} workers in a row ended before they had run a test; see the notices above for how",
        lane.fruitless_workers);
    return WindUp(s, s.batch.failure, Blame::Infrastructure);
  }
  lane.phase = LanePhase::Collecting;
  lane.worker = {s.next_worker++};
  return {SpawnWorker{.worker = lane.worker,
                      .lane = NumberOf(s, lane),
                      .suite = s.batch.suite,
                      .paths = std::move(paths),
                      .keyword = s.batch.collected ? "" : s.batch.selection.keyword,
                      .ignored = s.batch.ignored,
                      .rootdir = s.batch.rootdir,
                      .inifile = s.batch.inifile}};
}

Millis LimitBesideTests(const State& s) {
  return std::max(s.config->suites[s.batch.suite].timeout, kLeastBesideTests);
}

Effects LetWorkerFinish(State& s, LaneState& lane) {
  lane.phase = LanePhase::Finishing;
  lane.finishing = true;
  return {FinishWorker{lane.worker},
          StartTimer{TimerKind::WorkerStop, lane.worker.value, LimitBesideTests(s)}};
}

Effects WindUp(State& s, const std::string& why_not_run, std::optional<Blame> blame) {
  Effects effects;
  for (uint32_t f = 0; f < s.files.size(); ++f) {
    if (s.files[f].counts.Total() < static_cast<int>(s.files[f].tests.size())) {
      Append(effects, LeaveOutRest(s, f, why_not_run, blame));
    }
  }
  for (LaneState& lane : s.lanes) {
    if (lane.worker && !lane.finishing && lane.phase != LanePhase::WindingUp) {
      effects.push_back(KillWorker{lane.worker});
    }
    lane.phase = LanePhase::WindingUp;
    Append(effects, BeginStop(s, lane, SpawnCause::Policy, "the batch is over"));
    Append(effects, ThrowSparesAway(s, lane, "the batch is over"));
  }
  Append(effects, EndWhenNothingIsLeft(s));
  return effects;
}

Effects EndWhenNothingIsLeft(State& s) {
  if (s.batch.ending) return {};
  for (const LaneState& lane : s.lanes) {
    if (lane.phase != LanePhase::WindingUp) return {};
    if (lane.worker || lane.current || !lane.unjudged.empty()) return {};
    if (!lane.spares.empty() || !lane.retiring.empty()) return {};
  }
  for (const GenerationState& g : s.generations) {
    if (g.reading_core) return {};
  }
  // Announcements that are still on their way come first: a test of theirs is not
  // counted yet, and the exit code goes by the counts.
  if (s.counts.Total() < s.planned) return {};
  s.batch.ending = true;
  return {EndBatch{ExitCodeOf(s)}};
}

}  // namespace proctor
