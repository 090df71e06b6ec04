#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "app/layout_settings.h"
#include "core/base/result.h"

struct GLFWwindow;

namespace proctor {

/// The one window: GLFW, OpenGL 3 and an ImGui context with the dashboard's fonts and
/// theme. Lives on the main thread; the frame loop drives it.
class Window {
 public:
  /// `layout` is filled from the settings file, and written back to it for as long as
  /// the window lives; it must outlive the window.
  /// Errors: a sentence. There is no display, or it has no OpenGL 3.
  static Result<std::unique_ptr<Window>, std::string> Open(const std::string& title,
                                                           LayoutSettings& layout);
  ~Window();
  Window(const Window&) = delete;
  Window& operator=(const Window&) = delete;

  /// Sleeps until there is an event, WakeWindow() was called, or the time is over.
  void Wait(std::optional<std::chrono::steady_clock::duration> at_most);
  void Poll();
  bool HasInput() const;  ///< ImGui has input to digest, or a button is held
  bool CloseAsked() const;
  void RefuseClose();  ///< forgets that closing was asked for
  void SetTitle(const std::string& title);

  /// Starts ImGui's frame; sizes follow the display's scale and layout.zoom.
  void BeginFrame();
  /// Ends ImGui's frame and puts it on the screen, if it looks any different from what
  /// is there. The wall time that it took; 0: it looks the same.
  std::chrono::nanoseconds Present();

 private:
  Window(GLFWwindow* handle, LayoutSettings& layout);
  void FollowScale();
  void RememberGeometry();

  GLFWwindow* handle_;
  LayoutSettings& layout_;
  LayoutSettings saved_;  ///< what the settings file is known to hold
  std::string title_;
  float display_scale_ = 0, zoom_ = 0;  ///< what the theme was made for; 0: not yet
  uint64_t shown_ = 0;                  ///< the fingerprint of the picture on the screen
  bool damaged_ = true;                 ///< the window system wants it drawn again
};

/// Wakes a window that waits; from any thread, between Open() and destruction.
void WakeWindow();

}  // namespace proctor
