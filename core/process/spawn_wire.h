#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/process/spawn_spec.h"

namespace proctor::tether {

/// A SpawnSpec as bytes, for the way from the client to the nest. Of the fd
/// mappings only the child's side travels; the descriptors go beside it.
std::string EncodeSpec(const SpawnSpec& spec);

/// Empty when the bytes are not a whole spec. Every FdMapping::fd is -1.
std::optional<SpawnSpec> DecodeSpec(std::string_view bytes);

}  // namespace proctor::tether
