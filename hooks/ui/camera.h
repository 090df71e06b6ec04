#pragma once
// The camera: pictures of what the program draws. On OpenGL it needs nothing of the
// program: it adds a callback behind the last thing that ImGui draws, where the backend
// has everything in the framebuffer, and reads it there.

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "hooks/image.h"
#include "hooks/ui/stage.h"

namespace proctor::hooks::ui {

class Camera {
 public:
  /// `wake` makes an idle loop draw. `capture`: see Options::capture; may be empty.
  Camera(std::function<void()> wake, std::function<Image()> capture);
  ~Camera();
  Camera(const Camera&) = delete;
  Camera& operator=(const Camera&) = delete;

  // The frame thread.
  void Attach();  ///< joins the current ImGui context, once for each
  void Close();

  /// Any other thread: a picture of a frame that is rendered after the call. Nothing
  /// when none was in time, or where the framebuffer cannot be read.
  std::optional<Image> Take(Deadline deadline);

  /// Called by ImGui's backend while it renders.
  void OnRendering();

 private:
  void OnRendered(ImGuiContext& context);
  void Deliver(Image image);

  const std::function<void()> wake_;
  const std::function<Image()> capture_;
  ImGuiContext* context_ = nullptr;  ///< null while not attached
  uint32_t hook_ = 0;
  std::atomic<bool> wanted_ = false;

  std::mutex mutex_;  ///< guards what follows
  std::condition_variable changed_;
  bool closed_ = false;
  uint64_t taken_ = 0;  ///< pictures so far
  Image last_;
};

/// The part of a picture; empty where it has none.
Image Cropped(const Image& image, int x, int y, int width, int height);
std::string ToPng(const Image& image);

}  // namespace proctor::hooks::ui
