#include "hooks/ui/actions.h"

#include <imgui_internal.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "hooks/ui/steps.h"

namespace proctor::hooks::ui {
namespace {

using std::chrono::steady_clock;

constexpr int kDragSteps = 6;
constexpr std::chrono::seconds kOneFrame{1};  // what a look without a wait gets for its frame

std::string Milliseconds(steady_clock::duration span) {
  const auto whole = std::chrono::duration_cast<std::chrono::milliseconds>(span);
  return std::to_string(whole.count()) + " ms";
}

std::string Listed(const Tree& tree, const std::vector<size_t>& items) {
  constexpr size_t kMost = 8;
  std::string list;
  for (size_t i = 0; i < items.size() && i < kMost; ++i) {
    list += (i == 0 ? "" : ", ") + tree.items[items[i]].path;
  }
  return items.size() > kMost ? list + ", …" : list;
}

}  // namespace

Actions::Actions(Stage& stage, Hold hold, std::chrono::milliseconds timeout)
    : stage_(stage), begun_(steady_clock::now()), deadline_(begun_ + timeout) {
  if (hold == Hold::No) return;
  control_.emplace(stage, deadline_);
  if (!control_->held()) {
    throw Refusal{.status = 408,
                  .error = "another action was still going on when the time was over",
                  .hint = "one action at a time; give this one a longer timeout_ms"};
  }
}

const Tree& Actions::Look(const std::string& text_of) {
  // The first look sees a frame even where nothing is to be waited for.
  const Deadline until = tree_ ? deadline_ : std::max(deadline_, begun_ + kOneFrame);
  TreePtr tree = stage_.Next(until, text_of);
  // Late, with something seen before: the caller knows better what it waited for.
  if (!tree && tree_) return *tree_;
  if (!tree) {
    throw Refusal{.status = 504,
                  .error = "no frame was drawn within " + Milliseconds(until - begun_),
                  .hint = "the frame loop hangs, or draws no Dear ImGui yet: see /api/gui_health"};
  }
  tree_ = std::move(tree);
  if (first_frame_ == 0) first_frame_ = tree_->frame;
  return *tree_;
}

const Tree& Actions::Play(std::vector<Step> steps) {
  TreePtr tree = stage_.Play(std::move(steps), deadline_);
  if (!tree) TimedOut(awaited_.empty() ? "the frames that take the input" : awaited_);
  tree_ = std::move(tree);
  return *tree_;
}

void Actions::TimedOut(std::string_view what) const {
  throw Refusal{.status = 408,
                .error = "waited " + Milliseconds(deadline_ - begun_) + " for " + std::string(what),
                .hint = "the item tree at the end is in the answer",
                .tree = tree_};
}

const Item* Actions::Choose(std::string_view target, const Found& found) const {
  if (found.unique()) return &tree_->items[found.items.front()];
  if (!found.items.empty()) {
    throw Refusal{.status = 409,
                  .error = Quoted(target) + " names " + std::to_string(found.items.size()) +
                           " items: " + Listed(*tree_, found.items),
                  .hint = "use a longer path, or an index as in 'Delete[1]'"};
  }
  if (found.window) {
    throw Refusal{.status = 422,
                  .error = Quoted(target) + " is a window, and this wants an item in it",
                  .hint = "name the item: Window/Label"};
  }
  return nullptr;
}

const Item& Actions::Locate(std::string_view target) {
  while (true) {
    Look();
    const Found found = Find(*tree_, target);
    if (const Item* item = Choose(target, found)) return *item;
    if (steady_clock::now() < deadline_) continue;
    throw Refusal{.status = 404,
                  .error = "there is no item " + Quoted(target),
                  .hint = "the nearest paths are in the answer; GET /api/ui has all",
                  .nearest = found.nearest,
                  .tree = tree_};
  }
}

std::string Actions::Obstacle(const Item& item) const {
  if (!item.enabled) return "is disabled";
  const ImVec2 middle = Middle(item.rect);
  if (!item.visible_rect.Contains(middle.x, middle.y)) {
    return "is clipped away, and scrolling did not bring it into view";
  }
  if (item.covered_by.empty()) return "";
  const bool modal = item.covered_by == tree_->modal;
  return (modal ? "is blocked by the modal '" : "is covered by '") + item.covered_by + "'";
}

void Actions::MakeWay(const Item& item) {
  if (!item.enabled) return;
  const uint32_t window = tree_->windows[item.window].id;
  if (item.covered_by.empty() || !item.visible()) {
    const ImRect rect(item.rect.x, item.rect.y, item.rect.right(), item.rect.bottom());
    Play({OnWindow(window, [rect](ImGuiWindow& clipping) {
      ImGui::ScrollToRectEx(&clipping, rect, ImGuiScrollFlags_KeepVisibleCenterY);
    })});
  } else if (item.covered_by != tree_->modal) {
    Play({OnWindow(window, [](ImGuiWindow& covered) { ImGui::FocusWindow(&covered); })});
  }
}

/// What the mouse is on instead of the item that it was put on; "" where it is on it.
std::string Actions::InTheWay(const Item& item) const {
  if (tree_->hovered_id == item.id) return "";
  if (tree_->hovered_id != 0) {
    // A part of a widget has an id too, but no path of its own.
    const Item* other = ById(tree_->hovered_id);
    return other == nullptr ? "" : "is covered by the item " + Quoted(other->path);
  }
  // ImGui lets nothing be hovered outside of the popups that are open. Without one, it is an
  // item that knows no hovering.
  for (const Window& window : tree_->windows) {
    const bool popup = window.kind == WindowKind::Popup || window.kind == WindowKind::Menu;
    const bool above = popup && window.id != tree_->windows[tree_->windows[item.window].root].id;
    if (above) return "is blocked by the popup " + Quoted(window.path);
  }
  return "";
}

const Item& Actions::Aim(std::string_view target) {
  std::string in_the_way = "moves, or the mouse does not reach it";
  while (true) {
    const Item before = Locate(target);
    const std::string obstacle = Obstacle(before);
    awaited_ =
        Quoted(before.path) + " to be clickable: it " + (obstacle.empty() ? in_the_way : obstacle);
    if (steady_clock::now() >= deadline_) TimedOut(awaited_);
    if (!obstacle.empty()) {
      MakeWay(before);
      continue;
    }
    Play({MouseTo(Middle(before.rect))});
    const Item* item = ById(before.id);
    const bool still = item != nullptr && item->rect == before.rect;
    if (!still || !item->enabled || tree_->hovered_window != item->window) continue;
    in_the_way = InTheWay(*item);
    if (in_the_way.empty()) {
      awaited_.clear();
      return *item;
    }
    if (tree_->hovered_id == 0) ClosePopupsOver(tree_->windows[item->window].id);
  }
}

/// As a click there would, which goes into nothing else.
void Actions::ClosePopupsOver(uint32_t window) {
  Play({OnWindow(window, [](ImGuiWindow& below) { ImGui::ClosePopupsOverWindow(&below, true); })});
}

const Item* Actions::ById(uint32_t id) const {
  const auto found = std::find_if(tree_->items.begin(), tree_->items.end(),
                                  [id](const Item& item) { return item.id == id; });
  return found == tree_->items.end() ? nullptr : &*found;
}

void Actions::PlayClick(const Click& click) {
  std::vector<Step> steps;
  for (const int key : click.modifiers) steps.push_back(KeyEvent(key, true));
  for (int i = 0; i < click.count; ++i) {
    steps.push_back(MouseButton(click.button, true));
    steps.push_back(MouseButton(click.button, false));
  }
  for (const int key : click.modifiers) steps.push_back(KeyEvent(key, false));
  Play(std::move(steps));
}

void Actions::Until(uint32_t id, const std::function<bool(const Item*)>& holds,
                    std::string_view what) {
  while (!holds(ById(id))) {
    if (steady_clock::now() >= deadline_) TimedOut(what);
    Look();
  }
}

Done Actions::Finish(std::string_view target, uint32_t id) {
  Done done;
  done.target = target;
  if (tree_) {
    done.frame = tree_->frame;
    done.frames = tree_->frame - first_frame_ + 1;
    if (const Item* item = id == 0 ? nullptr : ById(id)) done.item = *item;
  }
  done.took_ms = std::chrono::duration<double, std::milli>(steady_clock::now() - begun_).count();
  return done;
}

Done Actions::DoClick(std::string_view target, const Click& click) {
  const Item item = Aim(target);
  PlayClick(click);
  return Finish(item.path, item.id);
}

Done Actions::Hover(std::string_view target) {
  const Item item = Aim(target);
  return Finish(item.path, item.id);
}

Done Actions::Drag(std::string_view target, const DragTo& to) {
  uint32_t end = 0;
  if (to.target) end = Aim(*to.target).id;
  const Item item = Aim(target);
  const ImVec2 from = Middle(item.rect);
  ImVec2 goal(from.x + to.dx, from.y + to.dy);
  if (to.target) goal = PlaceToDrop(end, *to.target, item);
  std::vector<Step> steps = {MouseButton(Button::Left, true)};
  for (int i = 1; i <= kDragSteps; ++i) {
    const float part = static_cast<float>(i) / kDragSteps;
    steps.push_back(
        MouseTo({from.x + (goal.x - from.x) * part, from.y + (goal.y - from.y) * part}));
  }
  steps.push_back(MouseButton(Button::Left, false));
  Play(std::move(steps));
  return Finish(item.path, item.id);
}

/// Where the end of a drag is now: bringing its beginning into view may have moved it.
ImVec2 Actions::PlaceToDrop(uint32_t end, std::string_view target, const Item& item) const {
  const Item* now = ById(end);
  const ImVec2 middle = now ? Middle(now->visible_rect) : ImVec2();
  if (now && now->visible() && now->rect.Contains(middle.x, middle.y) && now->covered_by.empty()) {
    return middle;
  }
  throw Refusal{.status = 422,
                .error = Quoted(target) + " cannot be seen any more once " + Quoted(item.path) +
                         " is in view",
                .hint = "make the window larger, or drag by an offset (dx, dy)",
                .tree = tree_};
}

Done Actions::Scroll(std::string_view target, float dx, float dy) {
  const auto wheel = [dx, dy] { ImGui::GetIO().AddMouseWheelEvent(dx, dy); };
  Look();
  const Found found = Find(*tree_, target);
  if (found.items.empty() && found.window) {
    const Window window = tree_->windows[*found.window];
    Play({MouseTo(Middle(window.rect)), wheel});
    return Finish(window.path);
  }
  const Item item = Aim(target);
  Play({wheel});
  return Finish(item.path, item.id);
}

Done Actions::Press(const std::vector<int>& keys) {
  Look();
  Play(ChordSteps(keys));
  return Finish("");
}

Done Actions::Type(std::string_view text) {
  Look();
  Play({Characters(std::string(text))});
  return Finish("");
}

Done Actions::Focus(std::string_view target) {
  Look();
  const Found found = Find(*tree_, target);
  if (found.items.empty() && found.window) return DoWindow(target, WindowOp::Raise, 0, 0);
  const Item item = Aim(target);
  const uint32_t window = tree_->windows[item.window].id;
  Play({OnWindow(window, [id = item.id](ImGuiWindow& around) {
    ImGui::FocusWindow(&around);
    ImGui::ActivateItemByID(id);
  })});
  Until(
      item.id, [](const Item* now) { return now && (now->focused || now->active); },
      Quoted(item.path) + " to have the focus");
  return Finish(item.path, item.id);
}

}  // namespace proctor::hooks::ui
