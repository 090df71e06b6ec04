#pragma once

#include <array>
#include <optional>
#include <string_view>

namespace proctor {

/// How an attempt ended. The order is severity: the worse of two is the greater.
enum class Outcome { Passed, Xfailed, Skipped, Xpassed, NotRun, Failed, Error, TimedOut, Crashed };
inline constexpr int kOutcomes = 9;

/// What a bad outcome is laid to.
enum class Blame {
  Test,
  SubjectCrash,
  SubjectHang,
  SubjectDegraded,
  Collateral,
  Infrastructure,
};

/// A generation's condition.
enum class Health { Starting, Healthy, Degraded, Hung, Dead };

/// What a test file got for a subject.
enum class NoteKind { Fresh, Reused, Respawned };

/// When a fresh generation replaces the one there is; each includes what stands
/// before it, from Unhealthy on.
enum class RestartWhen { Never, Unhealthy, File, Class, Test };

/// pytest's exit codes, because its users know them.
enum class ExitCode { Ok = 0, Failures = 1, Interrupted = 2, Internal = 3, Usage = 4, NoTests = 5 };

/// The words of DESIGN.md, as JSON, SQL and the screen show them.
std::string_view ToString(Outcome);
std::string_view ToString(Blame);
std::string_view ToString(Health);
std::string_view ToString(NoteKind);
std::string_view ToString(RestartWhen);
std::optional<Outcome> OutcomeFrom(std::string_view word);
std::optional<Blame> BlameFrom(std::string_view word);
std::optional<Health> HealthFrom(std::string_view word);
std::optional<NoteKind> NoteKindFrom(std::string_view word);
std::optional<RestartWhen> RestartWhenFrom(std::string_view word);

/// True for what makes a batch not all passed: failed error timed_out crashed.
bool IsBad(Outcome);

/// How many attempts ended how.
struct Counts {
  std::array<int, kOutcomes> by_outcome{};

  int& operator[](Outcome o) { return by_outcome[static_cast<size_t>(o)]; }
  int operator[](Outcome o) const { return by_outcome[static_cast<size_t>(o)]; }
  int Total() const;
  int Bad() const;
  friend bool operator==(const Counts&, const Counts&) = default;
};

}  // namespace proctor
