#include "core/model/event.h"

#include <type_traits>

namespace proctor {
namespace {

template <typename T, typename... Of>
constexpr bool kIsOneOf = (std::is_same_v<T, Of> || ...);

}  // namespace

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
        return !kIsOneOf<std::decay_t<decltype(e)>, BatchRequested, JournalCommitted, JournalFailed,
                         ProbeAnswered, OutputReceived>;
      },
      event);
}

}  // namespace proctor
