// How an attempt ended, and what a bad end is laid to.

#include <fmt/format.h>

#include "core/run/steps.h"
#include "core/subject/policy.h"

namespace proctor {
namespace {

void CountDone(State& s, TestRef ref) {
  FileState& file = s.files.Edit(ref.file);
  const TestState& test = file.tests[ref.test];
  ++file.counts[test.outcome];
  ++s.counts[test.outcome];
  file.duration_ms += test.duration_ms;
  file.finished = s.now;
  s.need_subject -= test.uses_subject ? 1 : 0;
  s.done.push_back(ref);
  s.index->done_seq.push_back(s.seq);
  if (s.batch.journal_failed) {
    file.tests.Edit(ref.test).final = true;
    s.index->done_seq.clear();
    s.finals = s.done.size();
  }
}

std::shared_ptr<const TestDetails> Keep(const TestDetails& d) {
  const bool empty = d.message.empty() && d.details.empty() && d.stdout_text.empty() &&
                     d.stderr_text.empty() && d.log_text.empty() && d.file.empty() &&
                     d.evidence.empty();
  return empty ? nullptr : std::make_shared<const TestDetails>(d);
}

struct Judgement {
  Blame blame;
  std::string evidence;
};

/// What it said of its crash, else the end of its log; and where its core is.
std::string LastWords(const GenerationState& g) {
  std::string text;
  if (!g.core.empty()) {
    text = fmt::format("\nIts core is {}; the stacks in it are kept with generation {}.", g.core,
                       g.id.value);
  }
  if (!g.crash.empty()) return text + "\nIts note of the crash:\n" + g.crash;
  if (g.log_tail.empty()) return text;
  return text + "\nThe end of its log (" + g.log_path + "):\n" + g.log_tail;
}

/// "Its health, in seconds after its start: 0.412 healthy, 5.100 degraded (…); the test began
/// at 4.950."
std::string Timeline(const GenerationState& g, Time test_started) {
  const auto seconds = [&](Time at) { return (at - g.started).count() / 1e9; };
  std::string text = "\nIts health, in seconds after its start:";
  for (const HealthMoment& moment : g.timeline) {
    text += fmt::format(" {:.3f} {}", seconds(moment.at), ToString(moment.health));
    if (!moment.reason.empty()) text += " (" + moment.reason + ")";
    text += &moment == &g.timeline.back() ? "; " : ",";
  }
  return text + fmt::format("this test began at {:.3f}.", seconds(test_started));
}

/// What the generation's condition says of a test that ended badly on it; empty
/// while it is not known whether it is alive.
std::optional<Judgement> JudgeBy(const State& s, const GenerationState& g, const Draft& draft) {
  const auto tell = [&](std::string_view what) {
    return fmt::format("The subject's generation {} (pid {}) {} while this test ran: {}{}",
                       g.id.value, g.pid, what, g.reason,
                       Timeline(g, GetTest(s, draft.test).started));
  };
  if (draft.collateral) {
    return Judgement{Blame::Collateral, tell("was lost before this test had begun, and not")};
  }
  if (draft.held && !draft.subject_lost && g.health == Health::Dead) {
    return Judgement{Blame::Test, ""};
  }
  if (draft.replaced) {
    return Judgement{Blame::Infrastructure, tell("was replaced on request")};
  }
  if (draft.subject_lost || g.health == Health::Dead) {
    return Judgement{Blame::SubjectCrash, tell("died") + LastWords(g)};
  }
  if (g.phase != SubjectPhase::Up || s.batch.phase != BatchPhase::Running) {
    return Judgement{Blame::Test, ""};
  }
  switch (g.health) {
    case Health::Hung:
      return Judgement{Blame::SubjectHang, tell("hung")};
    case Health::Degraded:
      return Judgement{Blame::SubjectDegraded, tell("was degraded")};
    case Health::Starting:
    case Health::Healthy:
      if (!g.evident) return std::nullopt;
      return Judgement{Blame::Test, ""};
    case Health::Dead:
      break;
  }
  return std::nullopt;
}

}  // namespace

void Complete(State& s, const Draft& draft, Outcome outcome, std::optional<Blame> blame) {
  FileState& file = s.files.Edit(draft.test.file);
  TestState& test = file.tests.Edit(draft.test.test);
  if (test.progress == TestProgress::Running) --file.running;
  test.progress = TestProgress::Done;
  test.outcome = outcome;
  test.blame = IsBad(outcome) ? blame.value_or(Blame::Test) : blame;
  test.duration_ms = draft.duration_ms;
  test.details = Keep(draft.details);
  CountDone(s, draft.test);
}

void Reopen(State& s, TestRef ref, const std::string& why) {
  FileState& file = s.files.Edit(ref.file);
  TestState& test = file.tests.Edit(ref.test);
  if (test.progress != TestProgress::Done) return;
  --file.counts[test.outcome];
  --s.counts[test.outcome];
  file.duration_ms -= test.duration_ms;
  s.need_subject += test.uses_subject ? 1 : 0;
  std::string text = fmt::format("attempt {}: {}", test.attempt, ToString(test.outcome));
  if (test.blame) text += fmt::format(" ({})", ToString(*test.blame));
  if (test.details && !test.details->message.empty()) text += ", " + test.details->message;
  if (test.attempt > 0) test.earlier.push_back(text + "; run again because " + why);
  test.progress = TestProgress::Planned;
  test.outcome = Outcome::NotRun;
  test.blame.reset();
  test.details.reset();
  test.final = false;
  test.duration_ms = 0;
}

void NoteHealth(GenerationState& g, Time at) {
  constexpr size_t kMost = 16;
  if (g.timeline.size() == kMost) g.timeline.erase(g.timeline.begin());
  g.timeline.push_back({at, g.health, g.reason});
}

void CompleteNotRun(State& s, TestRef ref, std::optional<Blame> blame, std::string reason) {
  Draft draft;
  draft.test = ref;
  draft.details.message = std::move(reason);
  Complete(s, draft, Outcome::NotRun, blame);
}

Effects Judge(State& s, LaneState& lane) {
  Effects effects;
  for (Draft& draft : lane.unjudged) {
    if (draft.judged) continue;
    const TestState& test = GetTest(s, draft.test);
    const GenerationState* g = FindGeneration(s, test.generation);
    if (!g) continue;
    if (const auto judgement = JudgeBy(s, *g, draft)) {
      draft.judged = true;
      effects.push_back(Announce{TestJudged{test.id, judgement->blame, judgement->evidence}});
    }
  }
  return effects;
}

}  // namespace proctor
