#include "hooks/example/window.h"

#include <GLFW/glfw3.h>
#include <backends/imgui_impl_glfw.h>
#include <backends/imgui_impl_opengl3.h>
#include <imgui.h>
#include <imgui_internal.h>

#include <array>
#include <filesystem>

namespace proctor::demo {
namespace {

constexpr int kWidth = 900;
constexpr int kHeight = 560;
constexpr float kFontSize = 16;
constexpr double kLongestWait = 0.5;
constexpr int kFramesAfterInput = 3;

/// The usual places of a readable font; ImGui brings a small one for where it is not.
constexpr std::array kFonts = {
    "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
    "/usr/share/fonts/TTF/DejaVuSans.ttf",
    "/usr/share/fonts/dejavu-sans-fonts/DejaVuSans.ttf",
};

std::string GlfwError() {
  const char* text = nullptr;
  glfwGetError(&text);
  return text == nullptr ? "unknown" : text;
}

hooks::Failure NoWindow() {
  return {"cannot open a window: " + GlfwError() +
          "; set DISPLAY, or start it under a virtual display (xvfb-run)"};
}

void LoadFont() {
  for (const char* font : kFonts) {
    std::error_code ignored;
    if (!std::filesystem::exists(font, ignored)) continue;
    ImGui::GetIO().Fonts->AddFontFromFileTTF(font, kFontSize);
    return;
  }
}

void ApplyTheme() {
  ImGui::StyleColorsDark();
  ImGuiStyle& style = ImGui::GetStyle();
  style.WindowRounding = 0;
  style.FrameRounding = 4;
  style.PopupRounding = 4;
  style.WindowPadding = {14, 12};
  style.FramePadding = {10, 5};
  style.ItemSpacing = {8, 7};
  style.Colors[ImGuiCol_WindowBg] = {0.105f, 0.115f, 0.135f, 1};
  style.Colors[ImGuiCol_PopupBg] = {0.135f, 0.145f, 0.17f, 1};
  style.Colors[ImGuiCol_TitleBg] = {0.085f, 0.095f, 0.11f, 1};
  style.Colors[ImGuiCol_TitleBgActive] = {0.12f, 0.17f, 0.24f, 1};
  style.Colors[ImGuiCol_FrameBg] = {0.17f, 0.185f, 0.215f, 1};
  style.Colors[ImGuiCol_Button] = {0.19f, 0.33f, 0.52f, 1};
  style.Colors[ImGuiCol_Header] = {0.19f, 0.33f, 0.52f, 1};
  style.Colors[ImGuiCol_Border] = {0.22f, 0.24f, 0.28f, 1};
}

}  // namespace

hooks::Expected<std::unique_ptr<Window>> Window::Open(const std::string& title, Show show) {
  if (glfwInit() == GLFW_FALSE) return NoWindow();
  glfwWindowHint(GLFW_CONTEXT_VERSION_MAJOR, 3);
  glfwWindowHint(GLFW_CONTEXT_VERSION_MINOR, 2);
  glfwWindowHint(GLFW_OPENGL_PROFILE, GLFW_OPENGL_CORE_PROFILE);
  glfwWindowHint(GLFW_VISIBLE, show == Show::Visible ? GLFW_TRUE : GLFW_FALSE);
  GLFWwindow* made = glfwCreateWindow(kWidth, kHeight, title.c_str(), nullptr, nullptr);
  if (made == nullptr) {
    const hooks::Failure failure = NoWindow();
    glfwTerminate();
    return failure;
  }
  glfwMakeContextCurrent(made);
  // A hidden window is never shown by a compositor, which would then never let a swap go.
  glfwSwapInterval(show == Show::Visible ? 1 : 0);
  std::unique_ptr<Window> window(new Window(made));
  window->SetUpImGui();
  return window;
}

void Window::SetUpImGui() {
  ImGui::CreateContext();
  ImGui::GetIO().IniFilename = nullptr;  // every start is the same
  LoadFont();
  ApplyTheme();
  ImGui_ImplGlfw_InitForOpenGL(window_, true);
  ImGui_ImplOpenGL3_Init("#version 150");
}

Window::~Window() {
  ImGui_ImplOpenGL3_Shutdown();
  ImGui_ImplGlfw_Shutdown();
  ImGui::DestroyContext();
  glfwDestroyWindow(window_);
  glfwTerminate();
}

bool Window::ShouldClose() const {
  return glfwWindowShouldClose(window_) == GLFW_TRUE;
}

void Window::Wait() {
  if (frames_owed_ > 0) {
    --frames_owed_;
    glfwPollEvents();
  } else {
    glfwWaitEventsTimeout(kLongestWait);
  }
}

void Window::Draw(const std::function<void()>& draw) {
  ImGui_ImplOpenGL3_NewFrame();
  ImGui_ImplGlfw_NewFrame();
  ImGui::NewFrame();
  if (ImGui::GetCurrentContext()->InputEventsTrail.Size > 0) frames_owed_ = kFramesAfterInput;
  draw();
  ImGui::Render();
  int width = 0;
  int height = 0;
  glfwGetFramebufferSize(window_, &width, &height);
  glViewport(0, 0, width, height);
  glClearColor(0.08f, 0.09f, 0.1f, 1);
  glClear(GL_COLOR_BUFFER_BIT);
  ImGui_ImplOpenGL3_RenderDrawData(ImGui::GetDrawData());
  glfwSwapBuffers(window_);
}

void Window::Wake() {
  glfwPostEmptyEvent();
}

}  // namespace proctor::demo
