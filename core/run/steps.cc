#include "core/run/steps.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/run/plan.h"

namespace proctor {
namespace {

// Files that a worker is told of ahead, so that it never stands idle between two.
constexpr size_t kFilesAhead = 2;
constexpr int kFruitlessWorkers = 3;
constexpr Millis kLeastBesideTests{60000};
// More paths than that go near the limit on a command line's length; collecting
// the whole suite again is cheaper to get right.
constexpr size_t kPathsOnCommandLine = 2000;

bool IsPlanned(const TestState& test) {
  return test.progress == TestProgress::Planned;
}

std::vector<std::string> PlannedTests(const FileState& file) {
  std::vector<std::string> ids;
  for (const TestState& test : file.tests) {
    if (IsPlanned(test)) ids.push_back(test.id);
  }
  return ids;
}

std::string FirstPlannedAfter(const State& s, uint32_t file) {
  const std::optional<uint32_t> next = NextFileToRun(s, file + 1);
  if (!next) return {};
  for (const TestState& test : s.files[*next].tests) {
    if (IsPlanned(test)) return test.id;
  }
  return {};
}

Effects StartSuite(State& s, LaneState& lane) {
  for (; s.batch.suite < s.config->suites.size(); ++s.batch.suite) {
    const SuiteConfig& suite = s.config->suites[s.batch.suite];
    std::vector<std::string> paths = SelectPaths(*s.config, suite, s.batch.selection);
    if (paths.empty()) continue;
    s.batch.rootdir.clear();
    s.batch.inifile.clear();
    s.batch.collected = false;
    s.batch.ignored.clear();
    s.batch.fruitless_workers = 0;
    s.batch.next_file = static_cast<uint32_t>(s.files.size());
    lane.phase = LanePhase::Collecting;
    lane.worker = {s.next_worker++};
    return {SpawnWorker{.worker = lane.worker,
                        .suite = s.batch.suite,
                        .paths = std::move(paths),
                        .keyword = s.batch.selection.keyword}};
  }
  return WindUp(s, "", std::nullopt);
}

Effects FeedWorker(State& s, LaneState& lane) {
  if (!lane.worker || !lane.collected || lane.finishing) return {};
  Effects effects;
  while (lane.sent.size() < kFilesAhead) {
    const std::optional<uint32_t> file = NextFileToRun(s, s.batch.next_file);
    if (!file) break;
    s.batch.next_file = *file + 1;
    lane.sent.push_back(*file);
    effects.push_back(
        RunTests{lane.worker, PlannedTests(s.files[*file]), FirstPlannedAfter(s, *file)});
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
  if (paths.size() > kPathsOnCommandLine) return SelectPaths(config, suite, s.batch.selection);
  return paths;
}

}  // namespace

std::optional<uint32_t> NextFileToRun(const State& s, uint32_t from) {
  for (uint32_t f = from; f < s.files.size(); ++f) {
    const FileState& file = s.files[f];
    if (file.suite != s.batch.suite) continue;
    if (file.counts.Total() == static_cast<int>(file.tests.size())) continue;
    if (std::any_of(file.tests.begin(), file.tests.end(), IsPlanned)) return f;
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
  LaneState& lane = s.lanes.front();
  switch (lane.phase) {
    case LanePhase::Idle:
      if (s.batch.stop) return WindUp(s, "the batch was stopped", std::nullopt);
      return StartSuite(s, lane);
    case LanePhase::Running:
      return FeedWorker(s, lane);
    case LanePhase::WindingUp:
      return EndWhenNothingIsLeft(s);
    case LanePhase::Collecting:
    case LanePhase::Finishing:
      return {};
  }
  return {};
}

Effects SpawnWorkerForRest(State& s, LaneState& lane) {
  std::vector<std::string> paths = PathsForRest(s);
  lane.collected = false;
  lane.phase = LanePhase::Idle;
  if (paths.empty()) {
    ++s.batch.suite;
    return Drive(s);
  }
  if (s.batch.fruitless_workers >= kFruitlessWorkers) {
    s.batch.failure = fmt::format(
        "{} workers in a row ended before they had run a test; see the notices above for how",
        s.batch.fruitless_workers);
    return WindUp(s, s.batch.failure, Blame::Infrastructure);
  }
  lane.phase = LanePhase::Collecting;
  lane.worker = {s.next_worker++};
  s.batch.next_file = 0;
  return {SpawnWorker{.worker = lane.worker,
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
  }
  Append(effects, EndWhenNothingIsLeft(s));
  return effects;
}

Effects EndWhenNothingIsLeft(State& s) {
  if (s.batch.ending) return {};
  for (const LaneState& lane : s.lanes) {
    if (lane.phase != LanePhase::WindingUp) return {};
    if (lane.worker || lane.current || !lane.unjudged.empty()) return {};
  }
  // Announcements that are still on their way come first: a test of theirs is not
  // counted yet, and the exit code goes by the counts.
  if (s.counts.Total() < s.planned) return {};
  s.batch.ending = true;
  return {EndBatch{ExitCodeOf(s)}};
}

}  // namespace proctor
