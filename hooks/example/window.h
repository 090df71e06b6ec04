#pragma once
// The demo's window: GLFW, OpenGL 3 and an ImGui context. Sleeps until something
// happens, and draws then.

#include <functional>
#include <memory>
#include <string>

#include "hooks/expected.h"

struct GLFWwindow;

namespace proctor::demo {

enum class Show { Visible, Hidden };

class Window {
 public:
  /// Errors: no display, or one without OpenGL 3.
  static hooks::Expected<std::unique_ptr<Window>> Open(const std::string& title, Show show);
  ~Window();
  Window(const Window&) = delete;
  Window& operator=(const Window&) = delete;

  bool ShouldClose() const;
  /// Waits for an event, or half a second; not at all while ImGui has to settle.
  void Wait();
  /// Draws one frame and shows it: `draw` runs between ImGui::NewFrame() and
  /// ImGui::Render().
  void Draw(const std::function<void()>& draw);

  /// Ends a wait. From any thread.
  static void Wake();

 private:
  explicit Window(GLFWwindow* window) : window_(window) {}
  void SetUpImGui();

  GLFWwindow* window_;
  int frames_owed_ = 3;  ///< to be drawn without waiting, for ImGui to settle after input
};

}  // namespace proctor::demo
