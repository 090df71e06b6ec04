#include "hooks/ui/stage.h"

#include <imgui_internal.h>

#include <algorithm>
#include <optional>
#include <set>
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
  std::vector<int> buttons, keys;    ///< held down by what was played
  bool letting_go = false;           ///< of those, until ImGui has taken it all
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
  LetGo(context);
  frames_->asked = wanted_;
  frames_->collecting = frames_->asked || recorder_.recording();
  if (!frames_->collecting) {
    Observe(context, nullptr);
    return;
  }
  Step step;
  std::set<std::string> texts_of;
  if (frames_->asked) {
    const std::lock_guard lock(mutex_);
    frames_->serving = requested_;
    for (const auto& [request, text] : text_requests_) {
      if (!text.tree) texts_of.insert(text.window);
    }
    TakeStep(context, step);
  }
  frames_->collector.Begin(std::move(texts_of));
  Observe(context, &frames_->collector);
  if (!step) return;
  frames_->played = true;
  step();
  for (ImGuiInputEvent& event : context.InputEventsQueue) {
    event.AddedByTestEngine = true;
    Follow(event);
  }
}

/// Under the mutex. ImGui takes what came in quick succession over several frames: one step
/// at a time.
void Stage::TakeStep(ImGuiContext& context, Step& step) {
  if (!steps_.empty() && context.InputEventsQueue.empty()) {
    step = std::move(steps_.front());
    steps_.erase(steps_.begin());
  }
  if (!steps_.empty() || (playing_ > 0 && !context.InputEventsQueue.empty() && !step)) {
    frames_->serving = std::min(frames_->serving, playing_ - 1);
  }
}

/// Remembers what an event that was played leaves held down.
void Stage::Follow(const ImGuiInputEvent& event) {
  const auto follow = [](std::vector<int>& held, int which, bool down) {
    std::erase(held, which);
    if (down) held.push_back(which);
  };
  if (event.Type == ImGuiInputEventType_MouseButton) {
    follow(frames_->buttons, event.MouseButton.Button, event.MouseButton.Down);
  } else if (event.Type == ImGuiInputEventType_Key) {
    follow(frames_->keys, event.Key.Key, event.Key.Down);
  }
}

/// Lets go of what a script that ran out of time still holds down, before any step of the next.
void Stage::LetGo(ImGuiContext& context) {
  ImVector<ImGuiInputEvent>& queue = context.InputEventsQueue;
  if (let_go_.exchange(false)) {
    const int before = queue.Size;
    for (const int button : frames_->buttons) context.IO.AddMouseButtonEvent(button, false);
    for (const int key : frames_->keys) context.IO.AddKeyEvent(static_cast<ImGuiKey>(key), false);
    for (int i = before; i < queue.Size; ++i) queue[i].AddedByTestEngine = true;
    frames_->letting_go = !frames_->buttons.empty() || !frames_->keys.empty();
    frames_->buttons.clear();
    frames_->keys.clear();
  }
  // It takes some frames, also of a loop that is idle.
  if (frames_->letting_go && wake_) wake_();
  frames_->letting_go = frames_->letting_go && !queue.empty();
}

/// While the stage is held, all but a person's letting go of what was held down before.
bool Stage::IsKeptOut(ImGuiContext& context, const ImGuiInputEvent& event) {
  if (!controlled_) return false;
  if (event.Type == ImGuiInputEventType_MouseButton && !event.MouseButton.Down) {
    const int button = event.MouseButton.Button;
    const auto& played = frames_->buttons;
    const bool ours = std::find(played.begin(), played.end(), button) != played.end();
    return ours || !context.IO.MouseDown[button];
  }
  if (event.Type == ImGuiInputEventType_Key && !event.Key.Down) {
    const auto& played = frames_->keys;
    const bool ours = std::find(played.begin(), played.end(), event.Key.Key) != played.end();
    return ours || !ImGui::GetKeyData(&context, event.Key.Key)->Down;
  }
  return true;
}

/// Keeps out what a person does meanwhile, and a real mouse that only lies there.
void Stage::FilterInput(ImGuiContext& context) {
  if (!frames_->played && !controlled_) return;
  ImVector<ImGuiInputEvent>& queue = context.InputEventsQueue;
  for (int i = queue.Size - 1; i >= 0; --i) {
    const ImGuiInputEvent& event = queue[i];
    if (event.AddedByTestEngine) continue;
    bool drop = IsKeptOut(context, event);
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
  for (auto& [request, text] : text_requests_) {
    if (request <= served_ && !text.tree) text.tree = latest_;
  }
  if (served_ == requested_) wanted_ = false;
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
  if (closed_) throw StageClosed{};
  return served_ >= request ? latest_ : nullptr;
}

TreePtr Stage::Next(Deadline deadline, const std::string& text_of) {
  std::unique_lock lock(mutex_);
  const uint64_t request = ++requested_;
  wanted_ = true;
  if (text_of.empty()) return WaitFor(lock, request, deadline);
  text_requests_[request] = {.window = text_of, .tree = nullptr};
  WaitFor(lock, request, deadline);
  return text_requests_.extract(request).mapped().tree;
}

TreePtr Stage::Play(std::vector<Step> steps, Deadline deadline) {
  TreePtr tree;
  {
    std::unique_lock lock(mutex_);
    const uint64_t request = ++requested_;
    steps_ = std::move(steps);
    playing_ = request;
    wanted_ = true;
    tree = WaitFor(lock, request, deadline);
    if (!steps_.empty()) let_go_ = true;
    steps_.clear();
    playing_ = 0;
  }
  if (let_go_ && wake_) wake_();
  return tree;
}

Stage::Control::Control(Stage& stage, Deadline deadline) : stage_(stage) {
  std::unique_lock lock(stage.mutex_);
  stage.changed_.wait_until(lock, deadline, [&] { return !stage.controlled_ || stage.closed_; });
  if (stage.closed_) throw StageClosed{};
  held_ = !stage.controlled_;
  if (held_) stage.controlled_ = true;
}

Stage::Control::~Control() {
  if (!held_) return;
  const std::lock_guard lock(stage_.mutex_);
  stage_.controlled_ = false;
  stage_.changed_.notify_all();
}

}  // namespace proctor::hooks::ui
