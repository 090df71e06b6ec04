#pragma once

#include <optional>
#include <string>

#include "core/config/config.h"

namespace proctor {

/// Why a batch by this config could have no kernel on this machine: there is none of that name,
/// the sandbox's program is missing or its settings are not what it would accept. A sentence
/// with the file; nothing where the subject is no kernel. Asked before anything is started, so
/// that nothing ever runs without the sandbox that was asked for.
std::optional<std::string> WhyNoKernel(const Config& config);

}  // namespace proctor
