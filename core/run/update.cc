#include "core/run/update.h"

#include "core/run/handlers.h"
#include "core/run/steps.h"

namespace proctor {

Effects Update(State& state, const Stamped& stamped) {
  state.seq = stamped.seq;
  state.now = stamped.at;
  Effects effects = std::visit([&](const auto& event) { return On(state, event); }, stamped.event);
  Append(effects, WatchTurns(state));
  return effects;
}

}  // namespace proctor
