#include "core/run/update.h"

#include "core/run/handlers.h"

namespace proctor {

Effects Update(State& state, const Stamped& stamped) {
  state.seq = stamped.seq;
  state.now = stamped.at;
  return std::visit([&](const auto& event) { return On(state, event); }, stamped.event);
}

}  // namespace proctor
