#include "hooks/ui/camera.h"

#include <imgui_internal.h>

#include <dlfcn.h>

#include <algorithm>
#include <cstring>
#include <utility>

#define STB_IMAGE_WRITE_IMPLEMENTATION
#define STB_IMAGE_WRITE_STATIC
#include <stb/stb_image_write.h>

namespace proctor::hooks::ui {
namespace {

constexpr int kChannels = 4;

// OpenGL's own names and numbers: the hooks link no GL, they use what the program has.
constexpr unsigned kRgba = 0x1908, kUnsignedByte = 0x1401, kPackAlignment = 0x0D05;
constexpr unsigned kPixelPackBuffer = 0x88EB, kPixelPackBufferBinding = 0x88ED;
constexpr unsigned kNoError = 0;

struct Gl {
  void (*ReadPixels)(int, int, int, int, unsigned, unsigned, void*) = nullptr;
  void (*PixelStorei)(unsigned, int) = nullptr;
  void (*GetIntegerv)(unsigned, int*) = nullptr;
  unsigned (*GetError)() = nullptr;
  void (*BindBuffer)(unsigned, unsigned) = nullptr;  ///< may be null

  bool complete() const { return ReadPixels && PixelStorei && GetIntegerv && GetError; }
};

template <typename Function>
void Load(void* library, const char* name, Function*& function) {
  function = reinterpret_cast<Function*>(dlsym(library, name));
}

Gl LoadGl() {
  Gl gl;
  for (const char* name : {"libGL.so.1", "libOpenGL.so.0", "libGLESv2.so.2"}) {
    void* const library = dlopen(name, RTLD_LAZY | RTLD_NOLOAD);
    if (library == nullptr) continue;
    Load(library, "glReadPixels", gl.ReadPixels);
    Load(library, "glPixelStorei", gl.PixelStorei);
    Load(library, "glGetIntegerv", gl.GetIntegerv);
    Load(library, "glGetError", gl.GetError);
    Load(library, "glBindBuffer", gl.BindBuffer);
    if (gl.complete()) return gl;
  }
  return {};
}

/// The framebuffer that the current GL context draws to; empty where there is none.
Image ReadFramebuffer(int width, int height) {
  static const Gl gl = LoadGl();
  if (!gl.complete() || width <= 0 || height <= 0) return {};
  Image image{.width = width, .height = height};
  const size_t row = static_cast<size_t>(width) * kChannels;
  std::vector<uint8_t> bottom_up(row * static_cast<size_t>(height));
  int alignment = 4, bound = 0;
  gl.GetIntegerv(kPackAlignment, &alignment);
  if (gl.BindBuffer) {
    gl.GetIntegerv(kPixelPackBufferBinding, &bound);
    if (bound != 0) gl.BindBuffer(kPixelPackBuffer, 0);
  }
  gl.GetError();  // an older error is not ours
  gl.PixelStorei(kPackAlignment, 1);
  gl.ReadPixels(0, 0, width, height, kRgba, kUnsignedByte, bottom_up.data());
  const bool read = gl.GetError() == kNoError;
  gl.PixelStorei(kPackAlignment, alignment);
  if (gl.BindBuffer && bound != 0) gl.BindBuffer(kPixelPackBuffer, static_cast<unsigned>(bound));
  if (!read) return {};
  image.rgba.resize(bottom_up.size());
  for (int y = 0; y < height; ++y) {
    const auto from = bottom_up.begin() + static_cast<std::ptrdiff_t>(row) * (height - 1 - y);
    std::copy_n(from, row, image.rgba.begin() + static_cast<std::ptrdiff_t>(row) * y);
  }
  for (size_t i = kChannels - 1; i < image.rgba.size(); i += kChannels) image.rgba[i] = 255;
  return image;
}

void Rendering(const ImDrawList*, const ImDrawCmd* command) {
  static_cast<Camera*>(command->UserCallbackData)->OnRendering();
}

}  // namespace

Camera::Camera(std::function<void()> wake, std::function<Image()> capture)
    : wake_(std::move(wake)), capture_(std::move(capture)) {}

Camera::~Camera() {
  Close();
}

void Camera::Attach() {
  ImGuiContext* const context = ImGui::GetCurrentContext();
  if (context == nullptr || context == context_) return;
  context_ = context;
  ImGuiContextHook hook;
  hook.UserData = this;
  hook.Type = ImGuiContextHookType_RenderPost;
  hook.Callback = [](ImGuiContext* in, ImGuiContextHook* of) {
    static_cast<Camera*>(of->UserData)->OnRendered(*in);
  };
  hook_ = ImGui::AddContextHook(context, &hook);
}

void Camera::Close() {
  ImGuiContext* const context = std::exchange(context_, nullptr);
  if (context != nullptr && context == ImGui::GetCurrentContext()) {
    ImGui::RemoveContextHook(context, hook_);
  }
  const std::lock_guard lock(mutex_);
  closed_ = true;
  changed_.notify_all();
}

void Camera::OnRendered(ImGuiContext& context) {
  if (&context != context_ || !wanted_) return;
  if (capture_) return Deliver(capture_());
  const ImDrawData* const data = ImGui::GetDrawData();
  if (data == nullptr || data->CmdLists.empty()) return;
  // The last of the lists: all else is in the framebuffer when its end is reached.
  ImDrawList* const last = data->CmdLists.back();
  if (!last->CmdBuffer.empty()) last->AddCallback(Rendering, this);
}

void Camera::OnRendering() {
  const ImDrawData* const data = ImGui::GetDrawData();
  if (data == nullptr) return;
  Deliver(ReadFramebuffer(static_cast<int>(data->DisplaySize.x * data->FramebufferScale.x),
                          static_cast<int>(data->DisplaySize.y * data->FramebufferScale.y)));
}

void Camera::Deliver(Image image) {
  wanted_ = false;
  const std::lock_guard lock(mutex_);
  last_ = std::move(image);
  ++taken_;
  changed_.notify_all();
}

std::optional<Image> Camera::Take(Deadline deadline) {
  std::unique_lock lock(mutex_);
  const uint64_t before = taken_;
  wanted_ = true;
  lock.unlock();
  if (wake_) wake_();
  lock.lock();
  changed_.wait_until(lock, deadline, [&] { return taken_ != before || closed_; });
  if (taken_ == before || last_.empty()) return std::nullopt;
  return last_;
}

Image Cropped(const Image& image, int x, int y, int width, int height) {
  const int left = std::clamp(x, 0, image.width);
  const int top = std::clamp(y, 0, image.height);
  Image part{.width = std::clamp(x + width, left, image.width) - left,
             .height = std::clamp(y + height, top, image.height) - top};
  if (part.empty()) return {};
  const size_t row = static_cast<size_t>(part.width) * kChannels;
  part.rgba.resize(row * static_cast<size_t>(part.height));
  for (int i = 0; i < part.height; ++i) {
    const size_t from = (static_cast<size_t>(top + i) * static_cast<size_t>(image.width) +
                         static_cast<size_t>(left)) *
                        kChannels;
    std::memcpy(part.rgba.data() + row * static_cast<size_t>(i), image.rgba.data() + from, row);
  }
  return part;
}

std::string ToPng(const Image& image) {
  std::string png;
  const auto append = [](void* to, void* data, int size) {
    static_cast<std::string*>(to)->append(static_cast<const char*>(data),
                                          static_cast<size_t>(size));
  };
  stbi_write_png_to_func(append, &png, image.width, image.height, kChannels, image.rgba.data(),
                         image.width * kChannels);
  return png;
}

}  // namespace proctor::hooks::ui
