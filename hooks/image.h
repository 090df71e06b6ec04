#pragma once

#include <cstdint>
#include <vector>

namespace proctor::hooks {

/// A picture: the upper row first, four bytes (red, green, blue, alpha) a pixel.
struct Image {
  int width = 0;   ///< pixels
  int height = 0;  ///< pixels; 0: no picture
  std::vector<uint8_t> rgba = {};

  bool empty() const { return width <= 0 || height <= 0; }
};

}  // namespace proctor::hooks
