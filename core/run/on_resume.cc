// A batch goes on that was stopped, or whose Proctor was.

#include <fmt/format.h>

#include <algorithm>

#include "core/run/handlers.h"
#include "core/run/spares.h"
#include "core/run/steps.h"

namespace proctor {
namespace {

constexpr std::string_view kLost = "its Proctor ended before it did";

/// What had ended keeps its outcome, though nobody looked into its blame any more.
void CompleteUnjudged(State& s) {
  for (LaneState& lane : s.lanes) {
    for (const Draft& draft : lane.unjudged) Complete(s, draft, draft.outcome, std::nullopt);
    lane.unjudged.clear();
  }
}

/// What had not ended is to run again.
void Unstart(State& s, TestRef ref) {
  FileState& file = s.files.Edit(ref.file);
  TestState& test = file.tests.Edit(ref.test);
  if (test.progress == TestProgress::Running) {
    --file.running;
    test.earlier.push_back(fmt::format("attempt {}: interrupted, {}", test.attempt, kLost));
  }
  test.progress = TestProgress::Planned;
}

void PlanWhatIsNotDone(State& s) {
  for (uint32_t f = 0; f < s.files.size(); ++f) {
    for (uint32_t t = 0; t < s.files[f].tests.size(); ++t) {
      const TestState& test = s.files[f].tests[t];
      if (test.progress != TestProgress::Done)
        Unstart(s, {f, t});
      else if (test.outcome == Outcome::NotRun)
        Reopen(s, {f, t}, "the batch was resumed");
    }
  }
}

void BuryGenerations(State& s) {
  for (size_t i = 0; i < s.generations.size(); ++i) {
    if (s.generations[i].reading_core) s.generations.Edit(i).reading_core = false;
    if (s.generations[i].phase == SubjectPhase::Ended) continue;
    GenerationState& g = s.generations.Edit(i);
    g.phase = SubjectPhase::Ended;
    g.health = Health::Dead;
    g.reason = kLost;
    g.ended = s.now;
  }
}

/// The first suite with something left; what comes after it is collected as usual.
size_t SuiteToGoOnWith(const State& s) {
  size_t suite = s.batch.suite;
  for (const FileState& file : s.files) {
    if (HasPlanned(file)) suite = std::min(suite, file.suite);
  }
  return suite;
}

}  // namespace

Effects On(State& s, const BatchResumed&) {
  CompleteUnjudged(s);
  PlanWhatIsNotDone(s);
  BuryGenerations(s);
  s.lanes.assign(static_cast<size_t>(std::max(1, s.config->batch.lanes)), {});
  s.index->held.clear();
  s.index->groups.clear();
  BatchState& batch = s.batch;
  batch.phase = BatchPhase::Running;
  batch.stop.reset();
  batch.failure.clear();
  batch.failure_code = ExitCode::Internal;
  batch.pace = Pace::Free;
  batch.ending = batch.journal_failed = batch.collected = false;
  batch.suite = SuiteToGoOnWith(s);
  AddNotice(s, Severity::Info, "The batch was resumed; what had ended is not run again.");
  Effects effects;
  for (LaneState& lane : s.lanes) Append(effects, TendSpares(s, lane));
  Append(effects, Drive(s));
  return effects;
}

}  // namespace proctor
