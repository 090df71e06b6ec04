// Events about a test while it runs.

#include <fmt/format.h>

#include <algorithm>

#include "core/run/deal.h"
#include "core/run/handlers.h"
#include "core/run/spares.h"
#include "core/run/steps.h"
#include "core/subject/assess.h"
#include "core/subject/policy.h"

namespace proctor {
namespace {

/// How one phase bears on the outcome so far, as pytest's own summary has it.
Outcome Combine(Outcome so_far, const PhaseFinished& e) {
  const bool expected = e.xfail.has_value();
  if (e.timed_out) return IsBad(so_far) ? so_far : Outcome::TimedOut;
  switch (e.outcome) {
    case PhaseOutcome::Passed:
      return expected && e.phase == TestPhase::Call ? Outcome::Xpassed : so_far;
    case PhaseOutcome::Skipped:
      if (IsBad(so_far)) return so_far;
      return expected ? Outcome::Xfailed : Outcome::Skipped;
    case PhaseOutcome::Failed:
      if (IsBad(so_far)) return so_far;
      return e.phase == TestPhase::Call ? Outcome::Failed : Outcome::Error;
  }
  return so_far;
}

std::string_view NameOf(TestPhase phase) {
  switch (phase) {
    case TestPhase::Setup:
      return "set-up";
    case TestPhase::Call:
      return "call";
    case TestPhase::Teardown:
      return "teardown";
  }
  return "";
}

/// As the test ids have it; what lies outside stays absolute.
std::string RelativeTo(const std::string& rootdir, const std::string& file) {
  const bool inside = !rootdir.empty() && file.starts_with(rootdir + "/");
  return inside ? file.substr(rootdir.size() + 1) : file;
}

void TakeDetails(TestDetails& d, const PhaseFinished& e, const std::string& rootdir) {
  d.stdout_text += e.stdout_text;
  d.stderr_text += e.stderr_text;
  d.log_text += e.log_text;
  if (d.message.empty()) d.message = e.message;
  if (d.message.empty() && e.xfail) d.message = *e.xfail;
  if (!e.details.empty()) {
    if (!d.details.empty()) d.details += fmt::format("\n\nIn {}:\n", NameOf(e.phase));
    d.details += e.details;
  }
  d.evidence.insert(d.evidence.end(), e.evidence.begin(), e.evidence.end());
  const bool worth = e.outcome == PhaseOutcome::Failed || !e.message.empty();
  if (worth && d.file.empty()) {
    d.file = RelativeTo(rootdir, e.file);
    d.line = e.line;
  }
}

bool IsDraft(const State& s, const LaneState& lane, const std::string& id) {
  return lane.draft && GetTest(s, lane.draft->test).id == id;
}

/// The test used a generation that may have been lost under it, so that its blame
/// waits until the generation's condition is known.
bool NeedsJudgement(const State& s, const Draft& draft) {
  return IsBad(draft.outcome) && !draft.refused && GetTest(s, draft.test).generation;
}

/// Once, while the batch goes on, and where a fresh generation may be had for it.
bool MayRetry(const State& s, TestRef ref) {
  return GetTest(s, ref).attempt == 1 && s.batch.phase == BatchPhase::Running && !s.batch.stop &&
         PolicyFor(s, ref) != RestartWhen::Never && s.lanes.front().phase != LanePhase::WindingUp;
}

/// It ended by itself while its stacks were being taken: past its limit all the same,
/// but the worker may go on.
void FinishedTooLate(const State& s, WorkerId worker, Draft& draft, Effects& effects) {
  const FileState& file = s.files[draft.test.file];
  draft.outcome = Outcome::TimedOut;
  draft.details.message = fmt::format("it took longer than its time limit of {:g} s",
                                      s.config->suites[file.suite].timeout.count() / 1e3);
  draft.details.details += "\n\n" + draft.details.message;
  effects.push_back(CancelTimer{TimerKind::StacksGrace, worker.value});
}

}  // namespace

Effects On(State& s, const PreflightRequested& e) {
  LaneState* lane = FindLane(s, e.worker);
  const std::optional<TestRef> ref = FindTest(s, e.test);
  if (!lane || !ref) return {};
  if (GetTest(s, *ref).progress == TestProgress::Done) return {DropTest{e.worker, e.test}};
  EditTest(s, *ref).progress = TestProgress::Waiting;
  lane->waiting = ref;
  lane->holds = e.holds;
  return ServeSubject(s, *lane);
}

Effects On(State& s, const TestStarted& e) {
  LaneState* lane = FindLane(s, e.worker);
  const std::optional<TestRef> ref = FindTest(s, e.test);
  if (!lane || !ref) return {};
  FileState& file = s.files.Edit(ref->file);
  TestState& test = file.tests.Edit(ref->test);
  if (test.progress == TestProgress::Done) return {};
  test.progress = TestProgress::Running;
  test.started = s.now;
  ++test.attempt;
  ++file.running;
  file.lane = NumberOf(s, *lane);
  if (file.counts.Total() == 0 && file.running == 1) file.started = s.now;
  Draft draft;
  draft.test = *ref;
  draft.refused = lane->refused == ref;
  lane->refused.reset();
  if (lane->granted == ref && test.generation) {
    const GenerationState* g = FindGeneration(s, test.generation);
    draft.collateral = g && g->health == Health::Dead;
  }
  lane->granted.reset();
  lane->draft = std::move(draft);
  return {StartTimer{TimerKind::TestLimit, e.worker.value, s.config->suites[file.suite].timeout}};
}

Effects On(State& s, const PhaseFinished& e) {
  LaneState* lane = FindLane(s, e.worker);
  if (!lane || !IsDraft(s, *lane, e.test)) return {};
  Draft& draft = *lane->draft;
  draft.outcome = Combine(draft.outcome, e);
  draft.duration_ms += e.duration_ms;
  TakeDetails(draft.details, e, s.batch.rootdir);
  return {};
}

Effects On(State& s, const TestFinished& e) {
  LaneState* lane = FindLane(s, e.worker);
  if (!lane || !IsDraft(s, *lane, e.test)) return {};
  Draft draft = std::move(*lane->draft);
  lane->draft.reset();
  ++lane->finished_tests;
  lane->fruitless_workers = 0;
  Effects effects{CancelTimer{TimerKind::TestLimit, e.worker.value}};
  if (draft.timed_out) FinishedTooLate(s, e.worker, draft, effects);
  if (draft.outcome == Outcome::TimedOut)
    Append(effects, LeaveHalfDone(s, *lane, draft.test, kPastItsLimit));
  const GenerationId generation = GetTest(s, draft.test).generation;
  if (GenerationState* g = generation ? FindGeneration(s, generation) : nullptr) {
    ForgetEvidence(*g, s.now);
  }
  if (!NeedsJudgement(s, draft)) {
    // Without a subject at all, nobody left anything behind.
    const Blame blame = s.config->subject ? Blame::Collateral : Blame::Infrastructure;
    const bool refused = draft.refused && IsBad(draft.outcome);
    Complete(s, draft, draft.outcome, refused ? std::optional(blame) : std::nullopt);
    return effects;
  }
  lane->unjudged.push_back(std::move(draft));
  Append(effects, Judge(s, *lane));
  Append(effects, SeekEvidence(s, *lane));
  return effects;
}

Effects On(State& s, const TestUnknown& e) {
  if (!FindLane(s, e.worker)) return {};
  return {Announce{
      TestNotRun{e.test, Blame::Infrastructure,
                 "the worker that took over did not collect this test again; is its id made of "
                 "something that changes from one process to the next?"}}};
}

Effects On(State& s, const TeardownFailed& e) {
  if (!FindLane(s, e.worker)) return {};
  AddNotice(s, Severity::Error,
            fmt::format("Tearing down {} failed: {}\n{}", e.owner, e.message, e.details));
  return {};
}

Effects On(State& s, const TestJudged& e) {
  const std::optional<TestRef> ref = FindTest(s, e.test);
  if (!ref) return {};
  for (LaneState& lane : s.lanes) {
    for (size_t i = 0; i < lane.unjudged.size(); ++i) {
      if (lane.unjudged[i].test != *ref) continue;
      Draft draft = std::move(lane.unjudged[i]);
      lane.unjudged.erase(lane.unjudged.begin() + static_cast<std::ptrdiff_t>(i));
      if (!e.evidence.empty()) draft.details.details += "\n\n" + e.evidence;
      Complete(s, draft, draft.outcome, e.blame);
      if (e.blame == Blame::Collateral && MayRetry(s, draft.test)) {
        return {Announce{TestRetried{e.test, "its subject was lost before it had begun"}}};
      }
      return EndWhenNothingIsLeft(s);
    }
  }
  return {};
}

Effects On(State& s, const TestRetried& e) {
  const std::optional<TestRef> ref = FindTest(s, e.test);
  if (!ref) return {};
  Reopen(s, *ref, e.reason);
  const bool runs = std::any_of(s.lanes.begin(), s.lanes.end(), [&](const LaneState& lane) {
    return std::find(lane.sent.begin(), lane.sent.end(), ref->file) != lane.sent.end();
  });
  if (!runs) TakeBack(s, ref->file);  // else it is taken back when that run ends
  return Drive(s);
}

Effects On(State& s, const TestNotRun& e) {
  const std::optional<TestRef> ref = FindTest(s, e.test);
  if (!ref) return {};
  const TestProgress progress = GetTest(s, *ref).progress;
  if (progress == TestProgress::Done || progress == TestProgress::Running) return {};
  Effects effects;
  for (LaneState& lane : s.lanes) {
    if (lane.waiting != ref) continue;
    lane.waiting.reset();
    effects.push_back(DropTest{lane.worker, e.test});
  }
  CompleteNotRun(s, *ref, e.blame, e.reason);
  Append(effects, EndWhenNothingIsLeft(s));
  return effects;
}

}  // namespace proctor
