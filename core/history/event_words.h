#pragma once

#include <optional>
#include <string_view>

#include "core/config/config.h"
#include "core/model/event.h"
#include "core/model/outcome.h"

namespace proctor {

/// The enums of events and configuration as words, where outcome.h has none.
std::string_view ToWord(StopMode mode);
std::string_view ToWord(Fixtures fixtures);
std::string_view ToWord(Release how);
std::string_view ToWord(PhaseOutcome outcome);
std::string_view ToWord(TimerKind kind);
std::string_view ToWord(OutputSource source);
std::string_view ToWord(SubjectKind kind);
std::string_view ToWord(Display display);
std::string_view ToWord(Runner runner);
std::string_view ToWord(Compare compare);
inline std::string_view ToWord(TestPhase phase) {
  return ToString(phase);
}
inline std::string_view ToWord(SpawnCause cause) {
  return ToString(cause);
}
inline std::string_view ToWord(EvidenceKind kind) {
  return ToString(kind);
}
inline std::string_view ToWord(Blame blame) {
  return ToString(blame);
}
inline std::string_view ToWord(Health health) {
  return ToString(health);
}
inline std::string_view ToWord(NoteKind kind) {
  return ToString(kind);
}
inline std::string_view ToWord(RestartWhen when) {
  return ToString(when);
}

/// The way back; empty for an unknown word.
template <typename Enum>
std::optional<Enum> FromWord(std::string_view word) {
  for (int i = 0;; ++i) {
    const std::string_view candidate = ToWord(static_cast<Enum>(i));
    if (candidate.empty()) return std::nullopt;  // past the last
    if (candidate == word) return static_cast<Enum>(i);
  }
}
template <>
inline std::optional<EvidenceKind> FromWord(std::string_view word) {
  return EvidenceKindFrom(word);
}
template <>
inline std::optional<Blame> FromWord(std::string_view word) {
  return BlameFrom(word);
}
template <>
inline std::optional<Health> FromWord(std::string_view word) {
  return HealthFrom(word);
}
template <>
inline std::optional<NoteKind> FromWord(std::string_view word) {
  return NoteKindFrom(word);
}
template <>
inline std::optional<RestartWhen> FromWord(std::string_view word) {
  return RestartWhenFrom(word);
}

}  // namespace proctor
