// What is done to a whole window. ImGui lets a program or a flag overrule all of it: each is
// confirmed by what the window became.

#include <imgui_internal.h>

#include <cmath>
#include <utility>

#include "hooks/ui/actions.h"
#include "hooks/ui/steps.h"

namespace proctor::hooks::ui {
namespace {

using std::chrono::steady_clock;
using WindowOp = Actions::WindowOp;

/// Frames in which a window becomes what it was told to be, if it does at all.
constexpr int kFramesToSettle = 3;

bool Near(float a, float b) {
  return std::fabs(a - b) < 1;
}

/// Whether the window is as it was told to be. A size may be held within limits, so that any
/// other than before will do.
bool IsDone(const Window& now, const Window& before, WindowOp op, float x, float y) {
  const bool grown = now.rect.width != before.rect.width || now.rect.height != before.rect.height;
  const bool moved = now.rect.x != before.rect.x || now.rect.y != before.rect.y;
  switch (op) {
    case WindowOp::Close:
    case WindowOp::Raise:
      return true;
    case WindowOp::Collapse:
      return now.collapsed;
    case WindowOp::Expand:
      return !now.collapsed;
    case WindowOp::Resize:
      return grown || (Near(now.rect.width, x) && Near(now.rect.height, y));
    case WindowOp::Move:
      return moved || (Near(now.rect.x, x) && Near(now.rect.y, y));
  }
  return true;
}

std::string_view WhatItKept(WindowOp op) {
  switch (op) {
    case WindowOp::Close:
    case WindowOp::Raise:
    case WindowOp::Collapse:
    case WindowOp::Expand:
      return "its state";
    case WindowOp::Resize:
      return "its size";
    case WindowOp::Move:
      return "its place";
  }
  return "its state";
}

Step StepOf(const Window& window, WindowOp op, float x, float y) {
  return OnWindow(window.id, [op, x, y](ImGuiWindow& one) {
    if (op == WindowOp::Raise) ImGui::FocusWindow(&one);
    if (op == WindowOp::Collapse) ImGui::SetWindowCollapsed(&one, true);
    if (op == WindowOp::Expand) ImGui::SetWindowCollapsed(&one, false);
    if (op == WindowOp::Resize) ImGui::SetWindowSize(&one, ImVec2(x, y));
    if (op == WindowOp::Move) ImGui::SetWindowPos(&one, ImVec2(x, y));
  });
}

}  // namespace

const Window& Actions::LocateWindow(std::string_view target) {
  while (true) {
    Look();
    for (const Window& window : tree_->windows) {
      if (window.path == target || window.title == target) return window;
    }
    if (steady_clock::now() < deadline_) continue;
    throw Refusal{.status = 404,
                  .error = "there is no window " + Quoted(target),
                  .hint = "GET /api/ui lists the windows",
                  .nearest = Find(*tree_, target).nearest,
                  .tree = tree_};
  }
}

const Window* Actions::WindowById(uint32_t id) const {
  for (const Window& window : tree_->windows) {
    if (window.id == id) return &window;
  }
  return nullptr;
}

Done Actions::DoWindow(std::string_view target, WindowOp op, float x, float y) {
  const Window window = LocateWindow(target);
  if (op == WindowOp::Close) {
    Aim(window.path + "/#CLOSE");
    PlayClick({});
    return Finish(window.path);
  }
  Play({StepOf(window, op, x, y)});
  for (int frames = 0;; ++frames) {
    const Window* const now = WindowById(window.id);
    if (now == nullptr) break;  // it is gone by what was done to it
    if (IsDone(*now, window, op, x, y)) {
      Done done = Finish(window.path);
      done.window = *now;
      return done;
    }
    if (frames == kFramesToSettle) RefuseWindow(window, op);
    if (steady_clock::now() >= deadline_) TimedOut(Quoted(window.path) + " to take it");
    Look();
  }
  return Finish(window.path);
}

void Actions::RefuseWindow(const Window& window, WindowOp op) const {
  throw Refusal{.status = 422,
                .error = Quoted(window.path) + " kept " + std::string(WhatItKept(op)),
                .hint = "the program sets it in each frame, or its flags forbid the change",
                .tree = tree_};
}

}  // namespace proctor::hooks::ui
