#include "core/model/event.h"

#include <type_traits>
#include <utility>

namespace proctor {

template <typename E>
requires kIsAlternative<E, AnyEvent>
[[gnu::used, gnu::noinline]] Event::Event(E event) : AnyEvent(std::move(event)) {}

Event::Event() = default;
Event::Event(const Event&) = default;
Event::Event(Event&&) noexcept = default;
Event& Event::operator=(const Event&) = default;
Event& Event::operator=(Event&&) noexcept = default;
Event::~Event() = default;

/// Has the constructor from each of the alternatives compiled.
template <typename... E>
void MakeEachEvent(std::variant<E...>* /*of*/) {
  (static_cast<void>(Event(E{})), ...);
}
template void MakeEachEvent(AnyEvent*);

std::string_view ToString(TestPhase phase) {
  switch (phase) {
    case TestPhase::Setup:
      return "setup";
    case TestPhase::Call:
      return "call";
    case TestPhase::Teardown:
      return "teardown";
  }
  return {};
}

std::string_view ToString(SpawnCause cause) {
  switch (cause) {
    case SpawnCause::First:
      return "first";
    case SpawnCause::Policy:
      return "policy";
    case SpawnCause::Unhealthy:
      return "unhealthy";
    case SpawnCause::Asked:
      return "asked";
    case SpawnCause::Spare:
      return "spare";
  }
  return {};
}

std::string_view ToString(EvidenceKind kind) {
  switch (kind) {
    case EvidenceKind::Screenshot:
      return "screenshot";
    case EvidenceKind::ItemTree:
      return "item_tree";
    case EvidenceKind::Trace:
      return "trace";
    case EvidenceKind::Health:
      return "health";
    case EvidenceKind::Log:
      return "log";
  }
  return {};
}

std::optional<EvidenceKind> EvidenceKindFrom(std::string_view word) {
  using enum EvidenceKind;
  for (const EvidenceKind kind : {Screenshot, ItemTree, Trace, Health, Log}) {
    if (ToString(kind) == word) return kind;
  }
  return std::nullopt;
}

bool IsJournaled(const Event& event) {
  return std::visit(
      [](const auto& e) {
        return !kIsOneOf<std::decay_t<decltype(e)>, BatchRequested, BatchRefused, JournalCommitted,
                         JournalFailed, ProbeAnswered, OutputReceived>;
      },
      event);
}

}  // namespace proctor
