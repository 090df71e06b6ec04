#pragma once

#include <optional>
#include <string>

#include "core/config/config.h"

namespace proctor {

/// What of a config that was read well this version cannot do, or what of it cannot go
/// together, as a sentence with the way out; empty: nothing.
std::optional<std::string> WhyUnsupported(const Config& config);

}  // namespace proctor
