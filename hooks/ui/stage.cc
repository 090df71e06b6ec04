#include "hooks/ui/stage.h"

#include <imgui_internal.h>

#include <optional>
#include <utility>

#include "hooks/ui/collector.h"

namespace proctor::hooks::ui {

struct Stage::Frames {
  ImGuiContext* context = nullptr;  ///< null while not attached
  ImGuiID new_frame_hook = 0, frame_end_hook = 0;
  Collector collector;
  bool collecting = false;           ///< this frame's items
  bool asked = false;                ///< for them, by a request
  uint64_t serving = 0;              ///< the request that this frame serves
  bool played = false;               ///< ever; before that the real mouse is nobody's concern
  std::optional<ImVec2> real_mouse;  ///< where the real mouse was last
};

Stage::Stage(std::function<void()> wake, std::function<uint64_t()> frames)
    : wake_(std::move(wake)),
      count_frames_(std::move(frames)),
      frames_(std::make_unique<Frames>()) {}

Stage::~Stage() {
  Close();
}

void Stage::Attach() {
  ImGuiContext* const context = ImGui::GetCurrentContext();
  if (context == nullptr || context == frames_->context) return;
  frames_->context = context;
  ImGuiContextHook hook;
  hook.UserData = this;
  hook.Type = ImGuiContextHookType_NewFramePre;
  hook.Callback = [](ImGuiContext* in, ImGuiContextHook* of) {
    static_cast<Stage*>(of->UserData)->OnNewFrame(*in);
  };
  frames_->new_frame_hook = ImGui::AddContextHook(context, &hook);
  hook.Type = ImGuiContextHookType_EndFramePost;
  hook.Callback = [](ImGuiContext* in, ImGuiContextHook* of) {
    static_cast<Stage*>(of->UserData)->OnFrameEnd(*in);
  };
  frames_->frame_end_hook = ImGui::AddContextHook(context, &hook);
}

void Stage::Close() {
  ImGuiContext* const context = std::exchange(frames_->context, nullptr);
  if (context != nullptr && context == ImGui::GetCurrentContext()) {
    ImGui::RemoveContextHook(context, frames_->new_frame_hook);
    ImGui::RemoveContextHook(context, frames_->frame_end_hook);
    Observe(*context, nullptr);
  }
  const std::lock_guard lock(mutex_);
  closed_ = true;
  changed_.notify_all();
}

void Stage::OnNewFrame(ImGuiContext& context) {
  if (&context != frames_->context) return;
  FilterInput(context);
  frames_->asked = wanted_;
  frames_->collecting = frames_->asked || recorder_.recording();
  if (!frames_->collecting) {
    Observe(context, nullptr);
    return;
  }
  Step step;
  std::string text_of;
  if (frames_->asked) {
    const std::lock_guard lock(mutex_);
    frames_->serving = requested_;
    text_of = text_of_;
    // ImGui takes what came in quick succession over several frames: one step at a time.
    if (!steps_.empty() && context.InputEventsQueue.empty()) {
      step = std::move(steps_.front());
      steps_.erase(steps_.begin());
    }
    if (!steps_.empty() || (playing_ > 0 && !context.InputEventsQueue.empty() && !step)) {
      frames_->serving = std::min(frames_->serving, playing_ - 1);
    }
  }
  frames_->collector.Begin(std::move(text_of));
  Observe(context, &frames_->collector);
  if (!step) return;
  frames_->played = true;
  step();
  for (ImGuiInputEvent& event : context.InputEventsQueue) event.AddedByTestEngine = true;
}

/// Keeps out what a person does meanwhile, and a real mouse that only lies there.
void Stage::FilterInput(ImGuiContext& context) {
  if (!frames_->played && !controlled_) return;
  ImVector<ImGuiInputEvent>& queue = context.InputEventsQueue;
  for (int i = queue.Size - 1; i >= 0; --i) {
    const ImGuiInputEvent& event = queue[i];
    if (event.AddedByTestEngine) continue;
    bool drop = controlled_;
    if (event.Type == ImGuiInputEventType_MousePos) {
      const ImVec2 place(event.MousePos.PosX, event.MousePos.PosY);
      const bool moved = !frames_->real_mouse || frames_->real_mouse->x != place.x ||
                         frames_->real_mouse->y != place.y;
      frames_->real_mouse = place;
      drop = drop || !moved;
    }
    if (drop) queue.erase(queue.Data + i);
  }
}

void Stage::OnFrameEnd(ImGuiContext& context) {
  if (&context != frames_->context || !frames_->collecting) return;
  frames_->collecting = false;
  auto tree = std::make_shared<const Tree>(frames_->collector.Finish(context, count_frames_() + 1));
  if (recorder_.recording()) {
    using Input = Recorder::Input;
    recorder_.OnFrame(context, tree, controlled_ ? Input::Played : Input::Persons);
  }
  if (!frames_->asked) return;
  const std::lock_guard lock(mutex_);
  latest_ = std::move(tree);
  served_ = std::max(served_, frames_->serving);
  if (served_ == requested_) {
    wanted_ = false;
    text_of_.clear();
  }
  changed_.notify_all();
}

TreePtr Stage::WaitFor(std::unique_lock<std::mutex>& lock, uint64_t request, Deadline deadline) {
  while (served_ < request && !closed_) {
    lock.unlock();
    if (wake_) wake_();
    lock.lock();
    // An idle loop draws a frame for each wake-up, and a script takes several.
    const TreePtr before = latest_;
    const bool on_time = changed_.wait_until(
        lock, deadline, [&] { return served_ >= request || closed_ || latest_ != before; });
    if (!on_time) break;
  }
  return served_ >= request && !closed_ ? latest_ : nullptr;
}

TreePtr Stage::Next(Deadline deadline, const std::string& text_of) {
  std::unique_lock lock(mutex_);
  const uint64_t request = ++requested_;
  if (!text_of.empty()) text_of_ = text_of;
  wanted_ = true;
  return WaitFor(lock, request, deadline);
}

TreePtr Stage::Play(std::vector<Step> steps, Deadline deadline) {
  std::unique_lock lock(mutex_);
  const uint64_t request = ++requested_;
  steps_ = std::move(steps);
  playing_ = request;
  wanted_ = true;
  TreePtr tree = WaitFor(lock, request, deadline);
  steps_.clear();
  playing_ = 0;
  return tree;
}

Stage::Control::Control(Stage& stage, Deadline deadline) : stage_(stage) {
  std::unique_lock lock(stage.mutex_);
  stage.changed_.wait_until(lock, deadline, [&] { return !stage.controlled_ || stage.closed_; });
  held_ = !stage.controlled_ && !stage.closed_;
  if (held_) stage.controlled_ = true;
}

Stage::Control::~Control() {
  if (!held_) return;
  const std::lock_guard lock(stage_.mutex_);
  stage_.controlled_ = false;
  stage_.changed_.notify_all();
}

}  // namespace proctor::hooks::ui
