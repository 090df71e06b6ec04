// Events about the batch as a whole, and about the world that it runs in.

#include <fmt/format.h>

#include "core/run/handlers.h"
#include "core/run/spares.h"
#include "core/run/steps.h"

namespace proctor {
namespace {

constexpr size_t kOutputLines = 20000;

bool IsActive(const State& s) {
  return s.batch.phase == BatchPhase::Starting || s.batch.phase == BatchPhase::Running;
}

void StartAfresh(State& s, const BatchStarted& e) {
  s.config = e.config;
  if (e.config->subject) s.restart = e.config->subject->restart.when;
  s.files.clear();
  s.generations.clear();
  s.done.clear();
  s.finals = 0;
  s.notices.clear();
  s.output.clear();
  s.output_dropped = 0;
  s.counts = {};
  s.planned = s.need_subject = 0;
  s.own_policies = false;
  s.next_generation = 1;
  s.lanes.assign(static_cast<size_t>(std::max(1, e.config->batch.lanes)), {});
  auto index = std::make_shared<State::Index>();
  index->history_ms = std::move(s.index->history_ms);
  s.index = std::move(index);
  s.index->selected.insert(e.selection.tests.begin(), e.selection.tests.end());
  s.batch = {};
  s.batch.id = e.batch;
  s.batch.phase = BatchPhase::Running;
  s.batch.wall_ms = e.wall_ms;
  s.batch.started = s.now;
  s.batch.selection = e.selection;
}

void AddOutput(State& s, const OutputReceived& e, std::string_view line) {
  s.output.push_back({s.now, e.source, e.owner, std::string(line)});
  if (s.output.size() > kOutputLines) {
    s.output.DropOldestChunk();
    s.output_dropped += decltype(s.output)::chunk_size();
  }
}

Effects StopNow(State& s) {
  Effects effects;
  for (LaneState& lane : s.lanes) {
    if (lane.worker) effects.push_back(KillWorker{lane.worker});
  }
  for (const GenerationState& g : s.generations) {
    if (g.phase != SubjectPhase::Ended) effects.push_back(EndSubjectTree{g.id});
  }
  Append(effects, WindUp(s, "the batch was stopped", std::nullopt));
  return effects;
}

Effects StopAfterTest(State& s) {
  Effects effects;
  for (LaneState& lane : s.lanes) {
    if (lane.phase == LanePhase::Collecting) effects.push_back(KillWorker{lane.worker});
    Append(effects, StopLane(s, lane));
    if (lane.waiting) Append(effects, ServeSubject(s, lane));
  }
  return effects;
}

}  // namespace

Effects On(State& s, const BatchRequested& e) {
  if (IsActive(s)) {
    AddNotice(s, Severity::Warning, "A batch is running; stop it before the next one.");
    return {};
  }
  s.batch.phase = BatchPhase::Starting;
  // A subject that was started by hand between batches belongs to none.
  Effects effects;
  for (LaneState& lane : s.lanes) {
    lane.start_asked = false;
    if (!lane.current) continue;
    s.batch.requested = e.selection;
    Append(effects, BeginStop(s, lane, SpawnCause::First, "a batch begins"));
  }
  if (!s.batch.requested) effects.push_back(BeginBatch{e.selection});
  return effects;
}

Effects On(State& s, const BatchRefused& e) {
  s.batch.phase = s.batch.id.empty() ? BatchPhase::None : BatchPhase::Ended;
  AddNotice(s, Severity::Error, "No batch was begun: " + e.reason);
  return {};
}

Effects On(State& s, const BatchStarted& e) {
  StartAfresh(s, e);
  Effects effects;
  for (LaneState& lane : s.lanes) Append(effects, TendSpares(s, lane));
  Append(effects, Drive(s));
  return effects;
}

Effects On(State& s, const StopRequested& e) {
  if (s.batch.phase != BatchPhase::Running) return {};
  if (s.batch.stop && *s.batch.stop >= e.mode) return {};
  s.batch.stop = e.mode;
  return e.mode == StopMode::Now ? StopNow(s) : StopAfterTest(s);
}

Effects On(State& s, const RestartPolicyChanged& e) {
  s.restart = e.when;
  return {};
}

Effects On(State& s, const BatchEnded& e) {
  s.batch.phase = BatchPhase::Ended;
  s.batch.ended = s.now;
  s.batch.exit_code = e.exit_code;
  for (LaneState& lane : s.lanes) lane.phase = LanePhase::Idle;
  return {};
}

Effects On(State& s, const JournalCommitted& e) {
  s.journaled = e.seq;
  auto& waiting = s.index->done_seq;
  while (!waiting.empty() && waiting.front() <= e.seq) {
    waiting.pop_front();
    TestState& test = EditTest(s, s.done[s.finals]);
    test.final = test.progress == TestProgress::Done;  // unless it is to run again
    ++s.finals;
  }
  return {};
}

Effects On(State& s, const JournalFailed& e) {
  s.batch.journal_failed = true;
  s.batch.failure = e.reason;
  s.batch.failure_code = ExitCode::Internal;
  AddNotice(s, Severity::Error, e.reason);
  // What is done by now cannot become durable any more; it is shown, and the
  // failure beside it says that it was not kept.
  On(s, JournalCommitted{s.seq});
  if (s.batch.phase != BatchPhase::Running) return {};
  if (!s.batch.stop) s.batch.stop = StopMode::AfterTest;
  return StopAfterTest(s);
}

Effects On(State& s, const SupervisionLost& e) {
  AddNotice(s, Severity::Error, e.reason);
  if (s.batch.phase != BatchPhase::Running) return {};
  s.batch.failure = e.reason;
  s.batch.failure_code = ExitCode::Internal;
  for (LaneState& lane : s.lanes) {
    if (lane.draft) {
      lane.draft->details.message = e.reason;
      Complete(s, *lane.draft, Outcome::Crashed, Blame::Infrastructure);
    }
    for (const Draft& draft : lane.unjudged) {
      Complete(s, draft, draft.outcome, Blame::Infrastructure);
    }
    lane = {};
  }
  return WindUp(s, e.reason, Blame::Infrastructure);
}

Effects On(State& s, const OutputReceived& e) {
  std::string_view rest = e.text;
  while (!rest.empty()) {
    const size_t end = rest.find('\n');
    AddOutput(s, e, rest.substr(0, end));
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + 1);
  }
  return {};
}

}  // namespace proctor
