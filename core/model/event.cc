#include "core/model/event.h"

#include <type_traits>

namespace proctor {
namespace {

template <typename T, typename... Of>
constexpr bool kIsOneOf = (std::is_same_v<T, Of> || ...);

}  // namespace

bool IsJournaled(const Event& event) {
  return std::visit(
      [](const auto& e) {
        return !kIsOneOf<std::decay_t<decltype(e)>, BatchRequested, JournalCommitted, JournalFailed,
                         ProbeAnswered, OutputReceived>;
      },
      event);
}

}  // namespace proctor
