#include "core/model/outcome.h"

#include <numeric>

namespace proctor {
namespace {

constexpr std::string_view kOutcomeWords[] = {"passed",  "xfailed",   "skipped",
                                              "xpassed", "not_run",   "failed",
                                              "error",   "timed_out", "crashed"};
constexpr std::string_view kBlameWords[] = {
    "test", "subject_crash", "subject_hang", "subject_degraded", "collateral", "infrastructure"};
constexpr std::string_view kHealthWords[] = {"starting", "healthy", "degraded", "hung", "dead"};
constexpr std::string_view kNoteWords[] = {"fresh", "reused", "respawned"};
constexpr std::string_view kRestartWords[] = {"never", "unhealthy", "file", "class", "test"};

template <typename Enum, size_t N>
std::optional<Enum> From(const std::string_view (&words)[N], std::string_view word) {
  for (size_t i = 0; i < N; ++i) {
    if (words[i] == word) return static_cast<Enum>(i);
  }
  return std::nullopt;
}

}  // namespace

std::string_view ToString(Outcome o) {
  return kOutcomeWords[static_cast<size_t>(o)];
}
std::string_view ToString(Blame b) {
  return kBlameWords[static_cast<size_t>(b)];
}
std::string_view ToString(Health h) {
  return kHealthWords[static_cast<size_t>(h)];
}
std::string_view ToString(NoteKind n) {
  return kNoteWords[static_cast<size_t>(n)];
}
std::string_view ToString(RestartWhen w) {
  return kRestartWords[static_cast<size_t>(w)];
}

std::optional<Outcome> OutcomeFrom(std::string_view w) {
  return From<Outcome>(kOutcomeWords, w);
}
std::optional<Blame> BlameFrom(std::string_view w) {
  return From<Blame>(kBlameWords, w);
}
std::optional<Health> HealthFrom(std::string_view w) {
  return From<Health>(kHealthWords, w);
}
std::optional<NoteKind> NoteKindFrom(std::string_view w) {
  return From<NoteKind>(kNoteWords, w);
}
std::optional<RestartWhen> RestartWhenFrom(std::string_view w) {
  return From<RestartWhen>(kRestartWords, w);
}

bool IsBad(Outcome o) {
  return o >= Outcome::Failed;
}

int Counts::Total() const {
  return std::accumulate(by_outcome.begin(), by_outcome.end(), 0);
}

int Counts::Bad() const {
  int bad = 0;
  for (size_t i = static_cast<size_t>(Outcome::Failed); i < by_outcome.size(); ++i) {
    bad += by_outcome[i];
  }
  return bad;
}

}  // namespace proctor
