#include "app/window.h"

#include <GLFW/glfw3.h>
#include <imgui.h>
#include <imgui_impl_glfw.h>
#include <imgui_impl_opengl3.h>
#include <imgui_internal.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "app/fonts.h"
#include "app/theme.h"
#include "app/window_icon.h"

namespace proctor {
namespace {

std::string last_error;  // GLFW reports through a function without user data

void OnGlfwError(int, const char* description) {
  last_error = description;
}

std::optional<float> ScaleFromEnvironment() {
  const char* text = std::getenv("PROCTOR_SCALE");
  if (text == nullptr) return std::nullopt;
  const float scale = std::strtof(text, nullptr);
  if (!(scale >= 0.5f && scale <= 8.0f)) return std::nullopt;
  return scale;
}

float PrimaryScale() {
  if (const auto fixed = ScaleFromEnvironment()) return *fixed;
  GLFWmonitor* monitor = glfwGetPrimaryMonitor();
  float x = 1, y = 1;
  if (monitor != nullptr) glfwGetMonitorContentScale(monitor, &x, &y);
  return x > 0 ? x : 1;
}

/// A remembered size is in pixels; the default one grows with the display's scale.
/// Either way it fits the screen.
void ChooseSize(LayoutSettings& layout) {
  if (layout == LayoutSettings{}) {
    layout.window_width =
        static_cast<int>(static_cast<float>(layout.window_width) * PrimaryScale());
    layout.window_height =
        static_cast<int>(static_cast<float>(layout.window_height) * PrimaryScale());
  }
  GLFWmonitor* monitor = glfwGetPrimaryMonitor();
  if (monitor == nullptr) return;
  int x = 0, y = 0, width = 0, height = 0;
  glfwGetMonitorWorkarea(monitor, &x, &y, &width, &height);
  if (width > 0) layout.window_width = std::min(layout.window_width, width);
  if (height > 0) layout.window_height = std::min(layout.window_height, height);
}

GLFWwindow* MakeWindow(const std::string& title, LayoutSettings& layout) {
  glfwWindowHint(GLFW_CONTEXT_VERSION_MAJOR, 3);
  glfwWindowHint(GLFW_CONTEXT_VERSION_MINOR, 0);
  glfwWindowHint(GLFW_MAXIMIZED, layout.maximised ? GLFW_TRUE : GLFW_FALSE);
  glfwWindowHint(GLFW_DEPTH_BITS, 0);
  glfwWindowHint(GLFW_STENCIL_BITS, 0);
  glfwWindowHintString(GLFW_X11_CLASS_NAME, "proctor");
  glfwWindowHintString(GLFW_X11_INSTANCE_NAME, "proctor");
  GLFWwindow* window =
      glfwCreateWindow(layout.window_width, layout.window_height, title.c_str(), nullptr, nullptr);
  if (window == nullptr) return nullptr;
  SetWindowIcon(window);
  glfwSetWindowSizeLimits(window, 480, 320, GLFW_DONT_CARE, GLFW_DONT_CARE);
  if (layout.window_x >= 0 && layout.window_y >= 0 && !layout.maximised) {
    glfwSetWindowPos(window, layout.window_x, layout.window_y);
  }
  return window;
}

LayoutSettings& LayoutOf(ImGuiSettingsHandler* handler) {
  return *static_cast<LayoutSettings*>(handler->UserData);
}

void AddSettingsHandler(LayoutSettings& layout) {
  ImGuiSettingsHandler handler;
  handler.TypeName = "Proctor";
  handler.TypeHash = ImHashStr(handler.TypeName);
  handler.UserData = &layout;
  handler.ReadOpenFn = [](ImGuiContext*, ImGuiSettingsHandler* h, const char*) -> void* {
    return &LayoutOf(h);
  };
  handler.ReadLineFn = [](ImGuiContext*, ImGuiSettingsHandler*, void* entry, const char* line) {
    ReadSettingsLine(*static_cast<LayoutSettings*>(entry), line);
  };
  handler.WriteAllFn = [](ImGuiContext*, ImGuiSettingsHandler* h, ImGuiTextBuffer* out) {
    out->append("[Proctor][Layout]\n");
    out->append(SettingsText(LayoutOf(h)).c_str());
    out->append("\n");
  };
  ImGui::AddSettingsHandler(&handler);
}

void MakeContext(LayoutSettings& layout) {
  ImGui::CreateContext();
  ImGuiIO& io = ImGui::GetIO();
  io.ConfigFlags |= ImGuiConfigFlags_NavEnableKeyboard;
  io.ConfigInputTextCursorBlink = false;  // an idle window has nothing to draw
  io.ConfigWindowsMoveFromTitleBarOnly = true;
  static std::string settings_file;  // ImGui keeps the pointer
  settings_file = SettingsFile().string();
  io.IniFilename = settings_file.empty() ? nullptr : settings_file.c_str();
  AddSettingsHandler(layout);
  if (io.IniFilename != nullptr) ImGui::LoadIniSettingsFromDisk(io.IniFilename);
}

void DropContext() {
  ImGui::GetIO().IniFilename = nullptr;  // without a window there is nothing to remember
  ImGui::DestroyContext();
  glfwTerminate();
}

/// A hash of everything that would be drawn.
class Fingerprint {
 public:
  void Add(const void* data, size_t bytes) {
    const auto* at = static_cast<const unsigned char*>(data);
    for (; bytes >= sizeof(uint64_t); bytes -= sizeof(uint64_t), at += sizeof(uint64_t)) {
      uint64_t word = 0;
      std::memcpy(&word, at, sizeof word);
      Mix(word);
    }
    uint64_t rest = bytes;
    std::memcpy(&rest, at, bytes);
    Mix(rest);
  }
  uint64_t value() const { return value_; }

 private:
  void Mix(uint64_t word) {
    value_ = (value_ ^ word) * 0x9e3779b97f4a7c15u;
    value_ ^= value_ >> 29;
  }
  uint64_t value_ = 0x2545f4914f6cdd1du;
};

uint64_t FingerprintOf(const ImDrawData& data) {
  Fingerprint print;
  print.Add(&data.DisplaySize, sizeof data.DisplaySize);
  for (const ImDrawList* list : data.CmdLists) {
    print.Add(list->VtxBuffer.Data, static_cast<size_t>(list->VtxBuffer.size_in_bytes()));
    print.Add(list->IdxBuffer.Data, static_cast<size_t>(list->IdxBuffer.size_in_bytes()));
    for (const ImDrawCmd& command : list->CmdBuffer) {
      print.Add(&command.ClipRect, sizeof command.ClipRect);
      print.Add(&command.ElemCount, sizeof command.ElemCount);
    }
  }
  return print.value();
}

bool TexturesWait(const ImDrawData& data) {
  if (data.Textures == nullptr) return false;
  return std::any_of(data.Textures->begin(), data.Textures->end(), [](const ImTextureData* t) {
    return t->Status != ImTextureStatus_OK && t->Status != ImTextureStatus_Destroyed;
  });
}

}  // namespace

Result<std::unique_ptr<Window>, std::string> Window::Open(const std::string& title,
                                                          LayoutSettings& layout) {
  glfwSetErrorCallback(OnGlfwError);
  last_error.clear();
  if (glfwInit() != GLFW_TRUE) {
    const char* display = std::getenv("DISPLAY");
    const std::string where =
        display == nullptr || *display == 0 ? "$DISPLAY is not set" : last_error;
    return Failure{"there is no display to open a window on (" + where + ")"};
  }
  MakeContext(layout);
  ChooseSize(layout);
  GLFWwindow* handle = MakeWindow(title, layout);
  if (handle == nullptr) {
    DropContext();
    return Failure{"the display has no OpenGL 3 for a window (" + last_error + ")"};
  }
  glfwMakeContextCurrent(handle);
  // The frame loop keeps its own pace, and must never be held up in a swap.
  glfwSwapInterval(0);
  LoadFonts();
  ImGui_ImplGlfw_InitForOpenGL(handle, true);
  ImGui_ImplOpenGL3_Init("#version 130");
  return std::unique_ptr<Window>(new Window(handle, layout));
}

Window::Window(GLFWwindow* handle, LayoutSettings& layout)
    : handle_(handle), layout_(layout), saved_(layout) {
  glfwSetWindowUserPointer(handle_, this);
  glfwSetWindowRefreshCallback(handle_, [](GLFWwindow* window) {
    static_cast<Window*>(glfwGetWindowUserPointer(window))->damaged_ = true;
  });
}

Window::~Window() {
  RememberGeometry();
  ImGui_ImplOpenGL3_Shutdown();
  ImGui_ImplGlfw_Shutdown();
  ImGui::DestroyContext();
  glfwDestroyWindow(handle_);
  glfwTerminate();
}

void Window::Wait(std::optional<std::chrono::steady_clock::duration> at_most) {
  if (!at_most) return glfwWaitEvents();
  const double seconds = std::chrono::duration<double>(*at_most).count();
  if (seconds <= 0) return glfwPollEvents();
  glfwWaitEventsTimeout(seconds);
}

void Window::Poll() {
  glfwPollEvents();
}

bool Window::HasInput() const {
  const ImGuiContext& context = *ImGui::GetCurrentContext();
  return context.InputEventsQueue.Size > 0 || ImGui::IsAnyMouseDown();
}

bool Window::CloseAsked() const {
  return glfwWindowShouldClose(handle_) == GLFW_TRUE;
}
void Window::RefuseClose() {
  glfwSetWindowShouldClose(handle_, GLFW_FALSE);
}

void Window::SetTitle(const std::string& title) {
  if (title == title_) return;
  title_ = title;
  glfwSetWindowTitle(handle_, title.c_str());
}

void Window::FollowScale() {
  float x = 1, y = 1;
  glfwGetWindowContentScale(handle_, &x, &y);
  const float scale = ScaleFromEnvironment().value_or(x > 0 ? x : 1);
  if (scale == display_scale_ && layout_.zoom == zoom_) return;
  display_scale_ = scale;
  zoom_ = layout_.zoom;
  ApplyTheme(display_scale_, zoom_);
}

void Window::RememberGeometry() {
  layout_.maximised = glfwGetWindowAttrib(handle_, GLFW_MAXIMIZED) == GLFW_TRUE;
  if (!layout_.maximised && glfwGetWindowAttrib(handle_, GLFW_ICONIFIED) == GLFW_FALSE) {
    glfwGetWindowPos(handle_, &layout_.window_x, &layout_.window_y);
    glfwGetWindowSize(handle_, &layout_.window_width, &layout_.window_height);
  }
  if (layout_ == saved_) return;
  saved_ = layout_;
  ImGui::MarkIniSettingsDirty();
}

void Window::BeginFrame() {
  FollowScale();
  RememberGeometry();
  ImGui_ImplOpenGL3_NewFrame();
  ImGui_ImplGlfw_NewFrame();
  ImGui::NewFrame();
}

std::chrono::nanoseconds Window::Present() {
  ImGui::Render();
  const auto begun = std::chrono::steady_clock::now();
  ImDrawData* const data = ImGui::GetDrawData();
  const uint64_t fingerprint = FingerprintOf(*data);
  if (fingerprint == shown_ && !damaged_ && !TexturesWait(*data)) return {};
  int width = 0, height = 0;
  glfwGetFramebufferSize(handle_, &width, &height);
  glViewport(0, 0, width, height);
  glClearColor(17 / 255.0f, 20 / 255.0f, 26 / 255.0f, 1);
  glClear(GL_COLOR_BUFFER_BIT);
  ImGui_ImplOpenGL3_RenderDrawData(data);
  glfwSwapBuffers(handle_);
  shown_ = fingerprint;
  damaged_ = false;
  return std::chrono::steady_clock::now() - begun;
}

void WakeWindow() {
  glfwPostEmptyEvent();
}

}  // namespace proctor
