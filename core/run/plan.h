#pragma once

#include <string>
#include <vector>

#include "core/config/config.h"
#include "core/model/event.h"

namespace proctor {

/// The absolute paths of a suite that a selection leaves: a selected path inside
/// one of the suite's, or a suite's path inside a selected one. Empty: nothing.
std::vector<std::string> SelectPaths(const Config& config, const SuiteConfig& suite,
                                     const Selection& selection);

}  // namespace proctor
