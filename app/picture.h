#pragma once

#include <imgui.h>

#include <cstdint>

namespace proctor {

/// A picture on the graphics card. On the ui thread, while the window is there; it has to be
/// freed before the window goes, which no destructor does.
class Picture {
 public:
  /// `rgba` has four bytes a pixel, the upper row first. Replaces what was there.
  void Upload(const uint8_t* rgba, int width, int height);
  void Free();
  explicit operator bool() const { return texture_ != 0; }
  ImTextureID id() const { return texture_; }

 private:
  unsigned texture_ = 0;  ///< OpenGL's name; 0: none
};

}  // namespace proctor
