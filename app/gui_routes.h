#pragma once

#include <memory>

#include "core/base/latest.h"
#include "core/model/state.h"

namespace proctor {

namespace hooks {
class Hooks;
}
struct Workbench;

/// POST /api/gui/select and /api/gui/filter: what a click or a typed word does in the
/// window, for tests and for people's scripts. The frame loop carries them out.
void AddGuiRoutes(hooks::Hooks& hooks, const Latest<const State>& states,
                  std::shared_ptr<Workbench> bench);

}  // namespace proctor
