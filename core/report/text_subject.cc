#include "core/report/text_subject.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>
#include <utility>
#include <vector>

#include "core/report/growth.h"
#include "core/report/text_format.h"

namespace proctor {
namespace {

constexpr int kLogLines = 15;
constexpr int kStackLines = 40;
constexpr size_t kGrowthLines = 10;

/// Those that bad outcomes are laid to.
std::unordered_set<GenerationId> BlamedGenerations(const State& state) {
  std::unordered_set<GenerationId> blamed;
  for (const FileState& file : state.files) {
    if (file.counts.Bad() == 0) continue;
    for (const TestState& test : file.tests) {
      if (test.blame && *test.blame != Blame::Test) blamed.insert(test.generation);
    }
  }
  return blamed;
}

/// When it began to serve tests; a spare does when it is handed over.
Time ServesFrom(const GenerationState& g) {
  return g.was_spare ? g.leased : g.started;
}

/// Those that were followed, on their own lane, by one that was started because they
/// were not healthy. A spare that nobody had follows nobody.
std::unordered_set<GenerationId> ReplacedAsUnhealthy(const State& state) {
  std::vector<const GenerationState*> served;
  for (const GenerationState& g : state.generations) {
    const bool unused = g.was_spare && g.leased == Time{};
    if (!unused) served.push_back(&g);
  }
  std::stable_sort(served.begin(), served.end(),
                   [](const GenerationState* a, const GenerationState* b) {
                     return std::pair(a->lane, ServesFrom(*a)) < std::pair(b->lane, ServesFrom(*b));
                   });
  std::unordered_set<GenerationId> replaced;
  for (size_t i = 0; i + 1 < served.size(); ++i) {
    const GenerationState& next = *served[i + 1];
    if (next.lane != served[i]->lane || next.cause != SpawnCause::Unhealthy) continue;
    replaced.insert(served[i]->id);
  }
  return replaced;
}

/// It did not just serve until Proctor was done with it.
bool WentWrong(const GenerationState& generation) {
  const bool unused = generation.was_spare && generation.leased == Time{};
  if (generation.phase == SubjectPhase::Ended && !generation.was_ready && !unused) return true;
  if (!generation.leaked.empty() || !generation.stacks.empty()) return true;
  // The signals that Proctor's stop ladder does not send.
  const std::string& signal = generation.exit.signal;
  return !signal.empty() && signal != "SIGTERM" && signal != "SIGKILL";
}

std::string ExitText(const ExitInfo& exit) {
  if (!exit.signal.empty()) return exit.signal;
  return exit.code ? fmt::format("exit code {}", *exit.code) : std::string();
}

void AddGeneration(std::string& out, const GenerationState& generation) {
  out += fmt::format("generation {}", generation.id.value);
  if (!generation.was_ready) out += ", never ready";
  if (const std::string exit = ExitText(generation.exit); !exit.empty()) out += ", " + exit;
  if (!generation.reason.empty()) out += ": " + Plain(generation.reason);
  out += "\n";
  for (const std::string& process : generation.leaked) {
    out += fmt::format("  left behind: {}\n", Plain(process));
  }
  if (!generation.log_path.empty()) out += fmt::format("  log: {}\n", generation.log_path);
  if (generation.crash.empty()) {
    AddBlock(out, "last lines", generation.log_tail, kLogLines);
  } else {
    AddBlock(out, "its note of the crash", generation.crash, kLogLines);
  }
  if (!generation.core.empty()) out += fmt::format("  core: {}\n", generation.core);
  AddBlock(
      out,
      generation.core.empty() ? "the stacks of its threads when it hung" : "the stacks in its core",
      generation.stacks, kStackLines);
}

void AddGrowth(std::string& out, const State& state, const TextStyle& style) {
  std::vector<Growth> told;
  for (const GenerationState& generation : state.generations) {
    for (Growth& growth : GrowthPerFile(generation)) {
      if (IsWorthTelling(growth)) told.push_back(std::move(growth));
    }
  }
  if (told.empty()) return;
  std::stable_sort(told.begin(), told.end(),
                   [](const Growth& a, const Growth& b) { return a.rss_bytes > b.rss_bytes; });
  AddHeading(out, "what grew over a file", Tint::Odd, style);
  for (size_t i = 0; i < std::min(told.size(), kGrowthLines); ++i) {
    out += fmt::format("{} per {} (generation {})\n", Plain(GrowthText(told[i])),
                       Plain(told[i].path), told[i].generation.value);
  }
  if (told.size() > kGrowthLines) {
    out += fmt::format("… and {} more; --json tells all\n", told.size() - kGrowthLines);
  }
}

}  // namespace

void AddHeading(std::string& out, std::string_view title, Tint tint, const TextStyle& style) {
  const std::string line = fmt::format("---- {} ----", title);
  out += fmt::format("\n{}\n", Tinted(line, tint, style.color));
}

void AddBlock(std::string& out, std::string_view title, std::string_view text, int lines) {
  const std::string fitted = FitLines(Plain(text), lines);
  if (!fitted.empty()) out += fmt::format("  {}:\n{}", title, fitted);
}

std::string SubjectText(const State& state, const TextStyle& style) {
  const auto blamed = BlamedGenerations(state);
  const auto replaced = ReplacedAsUnhealthy(state);
  std::string out;
  for (const GenerationState& generation : state.generations) {
    const bool told =
        blamed.contains(generation.id) || replaced.contains(generation.id) || WentWrong(generation);
    if (!told) continue;
    if (out.empty()) AddHeading(out, "the subject", Tint::Odd, style);
    AddGeneration(out, generation);
  }
  AddGrowth(out, state, style);
  return out;
}

}  // namespace proctor
