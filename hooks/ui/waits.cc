// Waits for what an item or a window is to become.

#include <algorithm>

#include "hooks/ui/actions.h"
#include "hooks/ui/steps.h"

namespace proctor::hooks::ui {
namespace {

using std::chrono::steady_clock;

bool Holds(Condition condition, const Item& item, std::string_view text) {
  switch (condition) {
    case Condition::Visible:
      return item.visible();
    case Condition::Hidden:
      return !item.visible();
    case Condition::Enabled:
      return item.enabled;
    case Condition::Disabled:
      return !item.enabled;
    case Condition::Checked:
      return item.checked == true;
    case Condition::Unchecked:
      return item.checked == false;
    case Condition::Opened:
      return item.opened == true;
    case Condition::Closed:
      return item.opened == false;
    case Condition::Focused:
      return item.focused;
    case Condition::Value:
      return item.value == text;
    case Condition::TextContains:
      return item.label.find(text) != std::string::npos ||
             (item.value && item.value->find(text) != std::string::npos);
  }
  return false;
}

bool HoldsForWindow(Condition condition, const Window& window, std::string_view text) {
  switch (condition) {
    case Condition::Visible:
    case Condition::Enabled:
      return true;
    case Condition::Opened:
      return !window.collapsed;
    case Condition::Closed:
      return window.collapsed;
    case Condition::Focused:
      return window.focused;
    case Condition::TextContains:
      return window.text && window.text->find(text) != std::string::npos;
    case Condition::Hidden:
    case Condition::Disabled:
    case Condition::Checked:
    case Condition::Unchecked:
    case Condition::Value:
      return false;
  }
  return false;
}

/// Whether a person would see no difference.
bool SameSight(const Tree& a, const Tree& b) {
  const auto same_item = [](const Item& x, const Item& y) {
    return x.id == y.id && x.path == y.path && x.rect == y.rect && x.enabled == y.enabled &&
           x.checked == y.checked && x.opened == y.opened && x.value == y.value;
  };
  const auto same_window = [](const Window& x, const Window& y) {
    return x.id == y.id && x.rect == y.rect && x.collapsed == y.collapsed &&
           x.scroll_x == y.scroll_x && x.scroll_y == y.scroll_y;
  };
  return std::equal(a.items.begin(), a.items.end(), b.items.begin(), b.items.end(), same_item) &&
         std::equal(a.windows.begin(), a.windows.end(), b.windows.begin(), b.windows.end(),
                    same_window);
}

}  // namespace

Done Actions::Wait(std::string_view target, Condition condition, std::string_view text) {
  while (true) {
    Look(condition == Condition::TextContains ? std::string(target) : std::string());
    const Found found = Find(*tree_, target);
    const Item* item = found.window || (found.items.empty() && condition == Condition::Hidden)
                           ? nullptr
                           : Choose(target, found);
    bool holds = item == nullptr && !found.window && condition == Condition::Hidden;
    if (item) holds = Holds(condition, *item, text);
    if (found.window) holds = HoldsForWindow(condition, tree_->windows[*found.window], text);
    if (holds) return Finish(item ? item->path : std::string(target), item ? item->id : 0);
    if (steady_clock::now() < deadline_) continue;
    throw Refusal{.status = 408,
                  .error = "the time was over before " + Quoted(target) +
                           (item || found.window ? " was as waited for" : " was there"),
                  .hint = "the item tree at the end is in the answer",
                  .nearest = found.nearest,
                  .tree = tree_,
                  .item = item ? std::optional(*item) : std::nullopt,
                  .window = found.window.has_value(),
                  .text = found.window ? tree_->windows[*found.window].text : std::nullopt};
  }
}

Done Actions::WaitFor(const std::function<std::string()>& unmet) {
  while (true) {
    Look();
    const std::string waited_for = unmet();
    if (waited_for.empty()) return Finish("");
    if (steady_clock::now() >= deadline_) TimedOut(waited_for);
  }
}

Done Actions::WaitStill(int frames) {
  Look();
  for (int still = 0; still < frames;) {
    const TreePtr before = tree_;
    Look();
    still = tree_ != before && SameSight(*before, *tree_) ? still + 1 : 0;
    if (still < frames && steady_clock::now() >= deadline_) {
      TimedOut(std::to_string(frames) + " frames without a change");
    }
  }
  return Finish("");
}

}  // namespace proctor::hooks::ui
