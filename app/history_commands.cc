#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

#include "app/session.h"
#include "core/history/batch_lock.h"
#include "core/history/event_json.h"
#include "core/history/history.h"
#include "core/report/describe.h"
#include "core/run/update.h"

namespace proctor {
namespace {

int Complain(ExitCode code, const std::string& text) {
  std::fputs(("proctor: " + text + "\n").c_str(), stderr);
  return static_cast<int>(code);
}

Result<BatchRow, std::string> FindRow(const History& history, const std::string& prefix) {
  if (!prefix.empty()) return history.FindBatch(prefix);
  auto latest = history.ListBatches(1);
  if (!latest) return Failure{latest.error()};
  if (latest->empty()) return Failure{std::string("no batch was ever run; see proctor run --help")};
  return latest->front();
}

/// A batch is opened again by applying its events once more.
Result<State, std::string> Replay(const History& history, const std::string& batch) {
  constexpr size_t kAtOnce = 10000;
  State state;
  uint64_t since = 0;
  while (true) {
    const auto rows = history.ReadEvents(batch, since, kAtOnce);
    if (!rows) return Failure{rows.error()};
    for (const EventRow& row : *rows) {
      const Result<Stamped, std::string> stamped = EventFromJson(row.line);
      if (!stamped) return Failure{stamped.error()};
      (void)Update(state, *stamped);
      since = row.seq;
    }
    if (rows->size() < kAtOnce) break;
  }
  (void)Update(state, {since, state.now, JournalCommitted{since}});
  return state;
}

bool HasSomethingLeft(const State& state) {
  if (!state.batch.collected) return true;
  const size_t last = state.config ? state.config->suites.size() : 0;
  if (state.batch.suite + 1 < last) return true;
  for (const FileState& file : state.files) {
    for (const TestState& test : file.tests) {
      if (test.progress != TestProgress::Done || test.outcome == Outcome::NotRun) return true;
    }
  }
  return false;
}

/// The latest that was killed or stopped; `prefix` names another.
Result<BatchRow, std::string> FindUnfinished(const History& history, const std::string& prefix) {
  if (!prefix.empty()) return history.FindBatch(prefix);
  constexpr size_t kLookedAt = 100;
  const auto rows = history.ListBatches(kLookedAt);
  if (!rows) return Failure{rows.error()};
  for (const BatchRow& row : *rows) {
    const int stopped = static_cast<int>(ExitCode::Interrupted);
    if (!row.summary || row.summary->exit_code == stopped) return row;
  }
  return Failure{
      std::string("no batch was stopped or killed; `proctor history` lists what there is, and "
                  "`proctor resume BATCH` takes up one whose tests were not all run")};
}

}  // namespace

Result<Target, Trouble> FindBatchToResume(const ResumeCommand& command) {
  const auto history = History::Open(DefaultStateDir());
  if (!history) return Failure{Trouble{ExitCode::Internal, history.error()}};
  const auto row = FindUnfinished(*history, command.batch);
  if (!row) return Failure{Trouble{ExitCode::Usage, row.error()}};
  if (BatchLock::IsHeld(DefaultStateDir() / "batches" / row->info.id)) {
    return Failure{Trouble{
        ExitCode::Usage,
        fmt::format("batch {} is still run by another Proctor: wait for its end, or end that one",
                    row->info.id)}};
  }
  Result<State, std::string> state = Replay(*history, row->info.id);
  if (!state) return Failure{Trouble{ExitCode::Internal, state.error()}};
  // One that had run everything, but was killed before it had ended, is brought to its end.
  const bool over = row->summary && !HasSomethingLeft(*state);
  if (!state->config || over) {
    return Failure{Trouble{
        ExitCode::Usage, fmt::format("of batch {} nothing is left to run; `proctor show {}` tells "
                                     "how it ended",
                                     row->info.id, row->info.id)}};
  }
  Target target;
  target.config = state->config;
  target.selection = state->batch.selection;
  target.resume = std::make_shared<const State>(std::move(*state));
  return target;
}

int ShowHistory(const HistoryCommand& command) {
  const auto history = History::Open(DefaultStateDir());
  if (!history) return Complain(ExitCode::Internal, history.error());
  const auto rows = history->ListBatches(static_cast<size_t>(command.limit));
  if (!rows) return Complain(ExitCode::Internal, rows.error());
  std::fputs(DescribeBatches(*rows).c_str(), stdout);
  return 0;
}

int ShowBatch(const ShowCommand& command) {
  const auto history = History::Open(DefaultStateDir());
  if (!history) return Complain(ExitCode::Internal, history.error());
  const auto row = FindRow(*history, command.batch);
  if (!row) return Complain(ExitCode::Usage, row.error());
  const Result<State, std::string> state = Replay(*history, row->info.id);
  if (!state) return Complain(ExitCode::Internal, state.error());
  TextStyle style;
  style.color = command.color && isatty(STDOUT_FILENO) != 0 && !std::getenv("NO_COLOR");
  std::fputs(DescribeBatch(*row, *state, style).c_str(), stdout);
  return 0;
}

}  // namespace proctor
