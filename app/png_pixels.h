#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace proctor {

struct Pixels {
  int width = 0, height = 0;
  std::vector<uint8_t> rgba;  ///< four bytes each, the upper row first
};

/// Errors: a sentence: it is no PNG, has too many pixels, is broken.
Result<Pixels, std::string> DecodePng(std::string_view png);

}  // namespace proctor
