#pragma once
// What a test does to the program, by real input: each action waits until its target
// can take it (there, visible, still, enabled, not covered; scrolled into view and
// raised where needed), plays it one step a frame, and answers when the effect was
// drawn. Runs on the thread of the request; throws Refusal.

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hooks/ui/stage.h"
#include "hooks/ui/tree.h"

struct ImVec2;

namespace proctor::hooks::ui {

/// Why an action was not done, or not confirmed.
struct Refusal {
  /// 404 unknown, 408 not in time, 409 ambiguous or impossible, 422 wrong target, 504 no frame
  int status = 400;
  std::string error;
  std::string hint;
  std::vector<std::string> nearest = {};  ///< paths that may have been meant
  TreePtr tree = nullptr;                 ///< the last one seen, where waiting ended
  std::optional<Item> item = {};          ///< the target as it was when a wait for it ended
  bool window = false;                    ///< it was a window that was waited for
  std::optional<std::string> text = {};   ///< what that showed, where text was awaited
};

/// What an action did.
struct Done {
  std::string target;   ///< the path that the target was resolved to; "" without one
  uint64_t frame = 0;   ///< the frame that drew the effect
  uint64_t frames = 0;  ///< how many it took, with that one
  double took_ms = 0;
  std::optional<Item> item;           ///< the target afterwards; none where it is gone
  std::optional<Window> window = {};  ///< the same, where it is a window that was changed
};

enum class Button { Left = 0, Right = 1, Middle = 2 };

struct Click {
  Button button = Button::Left;
  int count = 1;               ///< 2: a double click
  std::vector<int> modifiers;  ///< ImGuiKey values, held meanwhile
};

/// What an item can be waited for.
enum class Condition {
  Visible,
  Hidden,  ///< not there, or clipped away
  Enabled,
  Disabled,
  Checked,
  Unchecked,
  Opened,
  Closed,
  Focused,
  Value,         ///< its value is the text
  TextContains,  ///< its window's text, its label or its value contains the text
};

/// Whether the stage is held: input needs it, waiting does not.
enum class Hold { Yes, No };

/// One action, or one wait: make an object for each.
class Actions {
 public:
  /// Errors: 408 where another action holds the stage for too long.
  Actions(Stage& stage, Hold hold, std::chrono::milliseconds timeout);

  /// What kind of item the target is.
  Kind KindOf(std::string_view target) { return Locate(target).kind; }
  Done DoClick(std::string_view target, const Click& click);
  Done Hover(std::string_view target);
  /// To another item, or by an offset in pixels.
  struct DragTo {
    std::optional<std::string> target;
    float dx = 0, dy = 0;
  };
  Done Drag(std::string_view target, const DragTo& to);
  Done Scroll(std::string_view target, float dx, float dy);  ///< in wheel steps
  Done Press(const std::vector<int>& keys);
  Done Type(std::string_view text);
  Done Focus(std::string_view target);
  /// Replaces what an input, slider or drag holds.
  Done Fill(std::string_view target, std::string_view text);
  /// Checkbox, radio button, checkable menu item, tab.
  Done Check(std::string_view target, bool checked);
  /// Tree node, menu.
  Done Open(std::string_view target, bool opened);
  /// Chooses in a combo.
  Done Select(std::string_view target, std::string_view option);
  /// "File/Open Recent/a.txt", in `window` ("": any).
  Done Menu(std::string_view window, std::string_view path);

  enum class WindowOp { Close, Raise, Collapse, Expand, Resize, Move };
  /// `x` and `y` are the size or place for Resize and Move.
  Done DoWindow(std::string_view target, WindowOp op, float x, float y);

  Done Wait(std::string_view target, Condition condition, std::string_view text);
  /// Until `unmet`, asked after each frame, names nothing more that is waited for.
  Done WaitFor(const std::function<std::string()>& unmet);
  /// Until nothing changed in that many frames.
  Done WaitStill(int frames);

 private:
  /// A new frame's tree. Errors: 504 where none is drawn.
  const Tree& Look(const std::string& text_of = {});
  const Tree& Play(std::vector<Step> steps);
  [[noreturn]] void TimedOut(std::string_view what) const;
  /// The item, as soon as there is one; several: a refusal.
  const Item& Locate(std::string_view target);
  /// The item, able to take input, with the mouse on it.
  const Item& Aim(std::string_view target);
  const Item* Choose(std::string_view target, const Found& found) const;
  /// What keeps the item from taking input; "" where nothing does.
  std::string Obstacle(const Item& item) const;
  std::string InTheWay(const Item& item) const;
  /// Scrolls or raises what an obstacle can be overcome by.
  void MakeWay(const Item& item);
  void ClosePopupsOver(uint32_t window);
  ImVec2 PlaceToDrop(uint32_t end, std::string_view target, const Item& item) const;
  [[noreturn]] void RefuseWindow(const Window& window, WindowOp op) const;
  /// The open list of a combo; null where it is closed.
  const Window* ListOf(const Item& combo) const;
  /// The option's item in the open list, as soon as it is there.
  Item LocateOption(const Item& combo, std::string_view option);
  void CheckFilled(const Item& before, std::string_view text);
  void PlayClick(const Click& click);
  /// Looks until the condition holds for the item with this id; it may be gone.
  void Until(uint32_t id, const std::function<bool(const Item*)>& holds, std::string_view what);
  const Item* ById(uint32_t id) const;
  const Window* WindowById(uint32_t id) const;
  const Window& LocateWindow(std::string_view target);
  Done Finish(std::string_view target, uint32_t id = 0);

  Stage& stage_;
  const std::chrono::steady_clock::time_point begun_;
  const Deadline deadline_;
  std::optional<Stage::Control> control_;
  TreePtr tree_;         ///< the last one seen
  std::string awaited_;  ///< what is being waited for, for the error when time is over
  uint64_t first_frame_ = 0;
};

}  // namespace proctor::hooks::ui
