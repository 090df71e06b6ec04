#include "core/report/text_summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "core/report/text_format.h"
#include "core/report/text_subject.h"

namespace proctor {
namespace {

std::string Location(const TestState& test) {
  if (!test.details || test.details->file.empty()) return {};
  if (test.details->line == 0) return test.details->file;
  return fmt::format("{}:{}", test.details->file, test.details->line);
}

void EvidenceLines(std::string& out, const TestDetails& told) {
  for (const Evidence& piece : told.evidence) {
    const std::string note = Plain(piece.note);
    if (piece.file.empty()) {
      out += fmt::format("  no {}: {}\n", ToString(piece.kind), note);
    } else {
      out += fmt::format("  {}: {}{}\n", ToString(piece.kind), Plain(piece.file),
                         note.empty() ? "" : " (" + note + ")");
    }
  }
}

void Failure(std::string& out, const TestState& test, const TextStyle& style) {
  AddHeading(out, fmt::format("{}: {}", ToString(test.outcome), Plain(test.id)), Tint::Bad, style);
  std::string facts;
  const auto add = [&](std::string_view fact) {
    if (!facts.empty()) facts += " · ";
    facts += fact;
  };
  if (test.blame) add(fmt::format("blame: {}", ToString(*test.blame)));
  if (test.attempt > 1) add(fmt::format("attempt {}", test.attempt));
  if (test.generation) add(fmt::format("generation {}", test.generation.value));
  if (const std::string location = Location(test); !location.empty()) add(Plain(location));
  if (!facts.empty()) out += facts + "\n";
  if (!test.details) return;
  const TestDetails& told = *test.details;
  if (!told.message.empty()) {
    const std::string message = Plain(told.message);
    out += Tinted(FirstLine(message), Tint::Strong, style.color) + "\n";
  }
  out += FitLines(Plain(told.details), style.detail_lines);
  AddBlock(out, "stdout", told.stdout_text, style.output_lines);
  AddBlock(out, "stderr", told.stderr_text, style.output_lines);
  AddBlock(out, "log", told.log_text, style.output_lines);
  EvidenceLines(out, told);
}

/// Every test that was not run, told once for each reason.
void NotRun(std::string& out, const State& state) {
  std::vector<std::pair<std::string, int>> reasons;
  for (const FileState& file : state.files) {
    if (file.counts[Outcome::NotRun] == 0) continue;
    for (const TestState& test : file.tests) {
      if (test.progress != TestProgress::Done || test.outcome != Outcome::NotRun) continue;
      std::string reason = test.details ? test.details->message : "";
      const auto same = [&](const auto& known) { return known.first == reason; };
      const auto found = std::find_if(reasons.begin(), reasons.end(), same);
      if (found != reasons.end()) {
        ++found->second;
      } else {
        reasons.emplace_back(std::move(reason), 1);
      }
    }
  }
  for (const auto& [reason, count] : reasons) {
    out += fmt::format("\n{} {} not run{}{}\n", count, count == 1 ? "test was" : "tests were",
                       reason.empty() ? "" : ": ", Plain(reason));
  }
}

void RespawnedFiles(std::string& out, const State& state, const TextStyle& style) {
  bool first = true;
  for (const FileState& file : state.files) {
    if (!file.note || file.note->kind != NoteKind::Respawned) continue;
    if (std::exchange(first, false)) {
      AddHeading(out, "files that got a fresh subject", Tint::Odd, style);
    }
    out += fmt::format("{}  {}\n", Plain(file.path), NoteText(file));
  }
}

/// Tests that ran more than once, and what the attempts before the last came to.
void Again(std::string& out, const State& state, const TextStyle& style) {
  bool first = true;
  for (const FileState& file : state.files) {
    for (const TestState& test : file.tests) {
      if (test.earlier.empty()) continue;
      if (std::exchange(first, false)) {
        AddHeading(out, "tests that ran more than once", Tint::Odd, style);
      }
      const bool done = test.progress == TestProgress::Done;
      const std::string now = done ? std::string(ToString(test.outcome)) : "not done";
      out += fmt::format("{}: {} at attempt {}, which counts\n", Plain(test.id), now, test.attempt);
      for (const std::string& attempt : test.earlier) out += "  " + Plain(attempt) + "\n";
    }
  }
}

}  // namespace

std::string CountsSentence(const State& state, bool color) {
  const BatchState& batch = state.batch;
  const Time end = batch.phase == BatchPhase::Ended ? batch.ended : state.now;
  const std::string duration = Seconds((end - batch.started).count() / 1e6);
  const int total = state.counts.Total();
  std::string text;
  if (batch.stop) text += Tinted("stopped before the end; ", Tint::Odd, color);
  text += total == 0 ? "no tests ran"
                     : fmt::format("{}: {} {}", CountsText(state.counts, color), total,
                                   total == 1 ? "test" : "tests");
  text += " in " + duration;
  if (batch.deselected > 0) text += fmt::format(", {} deselected", batch.deselected);
  if (batch.phase == BatchPhase::Ended) text += fmt::format(", exit code {}", batch.exit_code);
  return text + "\n";
}

std::string SummaryText(const State& state, const TextStyle& style) {
  std::string out;
  for (const FileState& file : state.files) {
    if (file.counts.Bad() == 0) continue;
    for (const TestState& test : file.tests) {
      if (test.progress == TestProgress::Done && IsBad(test.outcome)) Failure(out, test, style);
    }
  }
  RespawnedFiles(out, state, style);
  Again(out, state, style);
  out += SubjectText(state, style);
  NotRun(out, state);
  const auto told = [&](const Notice& notice) { return notice.text == state.batch.failure; };
  const bool above = std::any_of(state.notices.begin(), state.notices.end(), told);
  if (!state.batch.failure.empty() && !above) {
    const std::string lead = Tinted("Proctor could not go on: ", Tint::Bad, style.color);
    out += fmt::format("\n{}{}\n", lead, Plain(state.batch.failure));
  }
  out += "\n";
  return out + CountsSentence(state, style.color);
}

}  // namespace proctor
