#include "hooks/ui/recorder.h"

#include <imgui_internal.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "hooks/ui/recorder_keys.h"

namespace proctor::hooks::ui {
namespace {

using Do = RecordedStep::Do;

constexpr std::string_view kComboPopup = "##Combo_";
constexpr std::array<const char*, 3> kButtons = {"", "right", "middle"};
/// An hour of somebody who is quick; each costs a copy in every frame.
constexpr size_t kMostSteps = 10'000;
/// Within an item, a shorter way than this is a click with an unsteady hand.
constexpr float kFarWithinItem = 16;

int Rounded(float value) {
  return static_cast<int>(std::lround(value));
}

const Item* Find(const Tree* tree, uint32_t id) {
  if (tree == nullptr || id == 0) return nullptr;
  const auto found = std::find_if(tree->items.begin(), tree->items.end(),
                                  [id](const Item& item) { return item.id == id; });
  return found == tree->items.end() ? nullptr : &*found;
}

const Window* FindWindow(const Tree* tree, uint32_t id) {
  if (tree == nullptr) return nullptr;
  const auto found = std::find_if(tree->windows.begin(), tree->windows.end(),
                                  [id](const Window& window) { return window.id == id; });
  return found == tree->windows.end() ? nullptr : &*found;
}

/// What is in a text field, also where it shows stars; none where that item is not typed in.
const ImGuiInputTextState* Typing(ImGuiContext& context, uint32_t id) {
  return context.InputTextState.ID == id && context.InputTextState.TextA.Size > 0
             ? &context.InputTextState
             : nullptr;
}

/// The number in what a slider shows ("50 %", "x = 0.25"), which is what it takes back.
std::string NumberIn(const std::string& shown) {
  const char* const digits = "0123456789";
  const size_t digit = shown.find_first_of(digits);
  if (digit == std::string::npos) return shown;
  size_t begin = digit;
  if (begin > 0 && shown[begin - 1] == '.') --begin;
  if (begin > 0 && (shown[begin - 1] == '-' || shown[begin - 1] == '+')) --begin;
  const size_t end = shown.find_first_not_of("0123456789.eE+-", digit);
  return shown.substr(begin, end == std::string::npos ? end : end - begin);
}

/// The window whose menu bar has the open menu of that name; "" where only one has such a
/// menu, so that its name is enough.
std::string WindowOfMenu(const Tree& tree, std::string_view name) {
  std::string open;
  int known = 0;
  for (const Item& item : tree.items) {
    const Window& window = tree.windows[item.window];
    const bool of_bar = item.kind == Kind::Menu && window.kind != WindowKind::Menu;
    if (!of_bar || !item.path.ends_with("/" + std::string(name))) continue;
    ++known;
    if (item.opened == true) open = window.path;
  }
  return known > 1 ? open : "";
}

}  // namespace

void Recorder::Start() {
  const std::lock_guard lock(mutex_);
  published_.clear();
  ++starts_;
  recording_ = true;
}

void Recorder::Stop() {
  recording_ = false;
}

std::vector<RecordedStep> Recorder::steps() const {
  const std::lock_guard lock(mutex_);
  return published_;
}

const Item* Recorder::ById(uint32_t id) const {
  return Find(tree_.get(), id);
}

const Item* Recorder::Before(uint32_t id) const {
  return Find(before_.get(), id);
}

void Recorder::OnFrame(ImGuiContext& context, std::shared_ptr<const Tree> tree, Input whose) {
  if (const int start = starts_; started_ != start || whose == Input::Played) {
    edit_.reset();
    combo_.reset();
    held_ = {};
    if (started_ != start) written_.clear();
    started_ = start;
    before_ = tree_ = std::move(tree);
    if (whose == Input::Played) BeginEdit(context);  // what it left open is the beginning
    return;
  }
  before_ = std::exchange(tree_, std::move(tree));
  const bool was_typing = edit_ && edit_->text;
  FollowEdit(context);
  FollowKeys(context, was_typing || (edit_ && edit_->text));
  for (int button = 0; button < static_cast<int>(held_.size()); ++button) {
    FollowButton(context, button);
  }
  Publish();
}

void Recorder::Publish() {
  std::vector<RecordedStep> steps = written_;
  if (edit_ && edit_->text && edit_->now != edit_->before) {
    steps.push_back({.what = Do::Fill, .target = edit_->path, .text = edit_->now});
  }
  const std::lock_guard lock(mutex_);
  if (started_ == starts_) published_ = std::move(steps);
}

void Recorder::Add(RecordedStep step) {
  if (written_.size() == kMostSteps) {
    std::fprintf(stderr,
                 "hooks: the recording has %zu steps, the most that one may have, and was "
                 "stopped\n",
                 kMostSteps);
    return Stop();
  }
  written_.push_back(std::move(step));
}

void Recorder::FollowEdit(ImGuiContext& context) {
  if (edit_ && context.ActiveId != edit_->id) EndEdit(context);
  if (!edit_) BeginEdit(context);
  if (edit_) UpdateEdit(context);
}

void Recorder::BeginEdit(ImGuiContext& context) {
  const Item* const item = ById(context.ActiveId);
  if (item == nullptr || item->kind != Kind::Input) return;
  edit_ = Edit{.id = item->id, .path = item->path};
  if (const auto* typing = Typing(context, item->id)) {
    edit_->before = edit_->now = typing->TextA.Data;
  } else {
    const Item* const before = Before(item->id);
    edit_->before = edit_->now = (before ? before : item)->value.value_or("");
  }
}

void Recorder::UpdateEdit(ImGuiContext& context) {
  const Item* const item = ById(edit_->id);
  if (const auto* typing = Typing(context, edit_->id)) {
    // A slider turns into a text field with Ctrl+click; what was there before is its value.
    edit_->text = true;
    edit_->multiline = (typing->Flags & ImGuiInputTextFlags_Multiline) != 0;
    edit_->now = typing->TextA.Data;
  } else if (item != nullptr && item->value) {
    edit_->now = *item->value;
  }
}

void Recorder::EndEdit(ImGuiContext& context) {
  const bool cancelled = edit_->text && JustPressed(ImGuiKey_Escape);
  // Left by a key, it may have got its last letters in this very frame.
  if (edit_->text) UpdateEdit(context);
  const Edit edit = *std::exchange(edit_, std::nullopt);
  if (cancelled) return;
  if (edit.now != edit.before) {
    Add({.what = Do::Fill, .target = edit.path, .text = edit.text ? edit.now : NumberIn(edit.now)});
  }
  const bool entered = JustPressed(ImGuiKey_Enter) || JustPressed(ImGuiKey_KeypadEnter);
  if (!edit.text || edit.multiline || !entered) return;
  // The program may act on it. Where nothing was filled, the field is to be entered first.
  if (edit.now == edit.before) Add({.what = Do::Click, .target = edit.path});
  Add({.what = Do::Press, .text = "Enter"});
}

void Recorder::FollowKeys(ImGuiContext& context, bool was_typing) {
  for (const std::string& chord : JustPressedChords(context, was_typing)) {
    if (edit_ && edit_->text && edit_->now != edit_->before) {
      Add({.what = Do::Fill, .target = edit_->path, .text = edit_->now});
      edit_->before = edit_->now;
    }
    Add({.what = Do::Press, .text = chord});
  }
}

void Recorder::FollowButton(ImGuiContext& context, int button) {
  const ImGuiIO& io = context.IO;
  std::optional<Held>& held = held_[static_cast<size_t>(button)];
  if (io.MouseClicked[button]) OnPressed(context, button);
  if (held && context.DragDropActive) held->dropping = true;
  if (io.MouseReleased[button] && held) OnReleased(context, button);
}

void Recorder::OnPressed(ImGuiContext& context, int button) {
  Held held{.modifiers = ModifierNames(context.IO.KeyMods),
            .count = context.IO.MouseClickedCount[button],
            .place = context.IO.MouseClickedPos[button]};
  const uint32_t id = context.HoveredId != 0 ? context.HoveredId : context.ActiveId;
  const Tree& tree = Before(id) ? *before_ : *tree_;
  const Item* const item = Find(&tree, id);
  if (item != nullptr && item->enabled && !context.HoveredIdIsDisabled) {
    held.item = *item;
    held.window = tree.windows[item->window];
  } else if (context.HoveredWindow != nullptr && button == 0) {
    const Window* const window = FindWindow(before_.get(), context.HoveredWindow->RootWindow->ID);
    if (window != nullptr) held.window = *window;
  }
  held_[static_cast<size_t>(button)] = std::move(held);
}

void Recorder::OnReleased(ImGuiContext& context, int button) {
  const Held held = *std::exchange(held_[static_cast<size_t>(button)], std::nullopt);
  if (!held.window) return;
  if (!held.item) return OnWindowReleased(*held.window);
  const Item& item = *held.item;
  const ImVec2 place = context.IO.MousePos;
  // In a menu the mouse may be pressed on one item and released on another.
  const Item* const under = ById(context.HoveredId);
  if (item.kind == Kind::Menu && under != nullptr && under->kind != Kind::Menu) {
    const Window& window = tree_->windows[under->window];
    if (under->enabled && window.kind == WindowKind::Menu) OnSpecialItem(*under, window);
    return;
  }
  const float far = std::hypot(place.x - held.place.x, place.y - held.place.y);
  const bool within = item.rect.Contains(place.x, place.y);
  const bool plain = item.kind == Kind::Item && held.window->kind != WindowKind::Menu;
  const bool dragged = held.dropping || !within || (plain && far > kFarWithinItem);
  if (dragged && button == 0 && far > context.IO.MouseDragThreshold) {
    return OnDragged(held, item, place);
  }
  if (within) OnItemClicked(held, item, button);
}

void Recorder::OnDragged(const Held& held, const Item& item, ImVec2 place) {
  if (item.kind == Kind::Input || item.label.starts_with("#SCROLL")) return;  // by its value
  if (held.dropping) {
    for (const Item& target : tree_->items) {
      const bool takes = target.visible_rect.Contains(place.x, place.y) && target.id != item.id;
      if (!takes || !target.covered_by.empty()) continue;
      return Add({.what = Do::DragTo, .target = item.path, .text = target.path});
    }
  }
  if (item.kind != Kind::Item) return;  // let go elsewhere, a button does nothing
  Add({.what = Do::DragBy,
       .target = item.path,
       .x = Rounded(place.x - held.place.x),
       .y = Rounded(place.y - held.place.y)});
}

void Recorder::OnItemClicked(const Held& held, const Item& item, int button) {
  if (button != 0 || !held.modifiers.empty()) {
    // Ctrl and a click make a slider a text field: what is typed there is the step.
    if (button == 0 && item.kind == Kind::Input) return;
    return Click(held, item, button);
  }
  if (!OnSpecialItem(item, *held.window)) OnLeftClicked(held, item);
}

bool Recorder::OnSpecialItem(const Item& item, const Window& window) {
  if (item.kind == Kind::Menu) return true;  // leads to the item that is chosen
  if (window.kind == WindowKind::Menu) {
    const std::string menu = item.path.substr(0, item.path.find('/'));
    Add({.what = Do::Menu, .target = WindowOfMenu(*before_, menu), .text = item.path});
    return true;
  }
  if (window.path.starts_with(kComboPopup) && combo_ && !item.label.empty()) {
    const Item combo = *std::exchange(combo_, std::nullopt);
    Add({.what = Do::Select, .target = combo.path, .text = item.label});
    return true;
  }
  if (item.path == window.path + "/#CLOSE") {
    Add({.what = Do::CloseWindow, .target = window.path});
    return true;
  }
  if (item.path == window.path + "/#COLLAPSE") {
    // As it was when it was pressed.
    Add({.what = window.collapsed ? Do::ExpandWindow : Do::CollapseWindow, .target = window.path});
    return true;
  }
  return item.label.starts_with("#SCROLL");
}

void Recorder::OnLeftClicked(const Held& held, const Item& item) {
  const Item* const now = ById(item.id);
  switch (item.kind) {
    case Kind::Input:
      return;  // by what is typed, or by its value
    case Kind::Combo:
      combo_ = item;
      return;
    case Kind::Checkbox:
    case Kind::MenuItem:
      if (now == nullptr || now->checked == item.checked) break;
      return Add({.what = now->checked == true ? Do::Check : Do::Uncheck, .target = item.path});
    case Kind::Radio:
    case Kind::Tab:  // both show it in the next frame only
      if (item.checked == true) break;
      return Add({.what = Do::Check, .target = item.path});
    case Kind::Tree:
      if (now == nullptr || now->opened == item.opened) break;
      return Add({.what = now->opened == true ? Do::Open : Do::Close, .target = item.path});
    case Kind::Menu:
    case Kind::Item:
    case Kind::Button:
      break;
  }
  Click(held, item, 0);
}

void Recorder::Click(const Held& held, const Item& item, int button) {
  RecordedStep step{.what = Do::Click,
                    .target = item.path,
                    .button = kButtons[static_cast<size_t>(button)],
                    .modifiers = held.modifiers};
  if (held.count > 1 && !written_.empty()) {
    step.count = written_.back().count;
    if (written_.back() == step) {
      written_.back().count = std::min(held.count, 3);
      return;
    }
    step.count = 1;
  }
  Add(std::move(step));
}

void Recorder::OnWindowReleased(const Window& before) {
  const Window* const now = FindWindow(tree_.get(), before.id);
  if (now == nullptr) return;
  if (now->collapsed != before.collapsed) {
    return Add(
        {.what = now->collapsed ? Do::CollapseWindow : Do::ExpandWindow, .target = before.path});
  }
  if (now->rect.x != before.rect.x || now->rect.y != before.rect.y) {
    Add({.what = Do::MoveWindow,
         .target = before.path,
         .x = Rounded(now->rect.x),
         .y = Rounded(now->rect.y)});
  }
  if (now->rect.width != before.rect.width || now->rect.height != before.rect.height) {
    Add({.what = Do::ResizeWindow,
         .target = before.path,
         .x = Rounded(now->rect.width),
         .y = Rounded(now->rect.height)});
  }
}

}  // namespace proctor::hooks::ui
