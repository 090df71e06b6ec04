#pragma once
// The item tree: the windows and items of one frame, as plain data. Nothing here
// knows ImGui; the collector makes a tree, routes and actions read it.
//
// A path names an item as a person would: "Window/Child/Tree node/Save". It is made
// of what stays the same from frame to frame:
//   "Save##2"      counts whole; "Save" finds it too where that is clear
//   "3 new###mail" counts as "###mail"; "3 new" finds it too
//   a "/" in a label is written "\/"
//   an item without a label counts as "#" and its kind: "Window/#combo"
// Where several items have one path, each has an index: "Window/Delete[1]".

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace proctor::hooks::ui {

/// In ImGui's coordinates: pixels from the main viewport's upper left corner.
struct Rect {
  float x = 0, y = 0, width = 0, height = 0;

  float right() const { return x + width; }
  float bottom() const { return y + height; }
  bool Contains(float px, float py) const {
    return px >= x && px < right() && py >= y && py < bottom();
  }
  bool empty() const { return width <= 0 || height <= 0; }
  Rect Intersection(const Rect& other) const;
  bool operator==(const Rect&) const = default;
};

enum class Kind {
  Item,    ///< something clickable that tells no more about itself: button, selectable, …
  Button,  ///< a framed button
  Checkbox,
  Radio,
  Input,  ///< text input, and what becomes one: slider, drag
  Combo,
  Tab,
  Tree,  ///< a tree node or collapsing header
  Menu,  ///< opens a menu
  MenuItem,
};
std::string_view ToString(Kind kind);
std::optional<Kind> KindNamed(std::string_view name);
std::string KindNames();  ///< all of them, for a person

struct Item {
  uint32_t id = 0;    ///< ImGui's
  std::string path;   ///< unique in its tree
  std::string label;  ///< as shown, without what follows "##"
  Kind kind = Kind::Item;
  Rect rect;          ///< whole, also where it is clipped
  Rect visible_rect;  ///< what its window's clipping leaves of it
  size_t window = 0;  ///< index into Tree::windows
  bool enabled = true;
  bool focused = false;              ///< has the keyboard's focus
  bool active = false;               ///< is being pressed or edited
  std::optional<bool> checked;       ///< none: cannot be checked (a tab: selected)
  std::optional<bool> opened;        ///< none: cannot be opened
  std::optional<std::string> value;  ///< as shown: of inputs, sliders, combos; else none
  std::string covered_by;            ///< the window over its middle; "" where it is free
  bool duplicate = false;            ///< shares its path but for the index

  bool visible() const { return !visible_rect.empty(); }
};

enum class WindowKind { Window, Child, Popup, Modal, Menu, Tooltip };
std::string_view ToString(WindowKind kind);

struct Window {
  uint32_t id = 0;
  std::string path;
  std::string title;  ///< as shown
  WindowKind kind = WindowKind::Window;
  Rect rect;
  bool collapsed = false;
  bool focused = false;
  float scroll_x = 0, scroll_y = 0, scroll_max_x = 0, scroll_max_y = 0;
  uint32_t popup_id = 0;            ///< ImGui's, of popups, menus and lists of combos
  size_t root = 0;                  ///< the window that a child belongs to; its own index else
  std::optional<std::string> text;  ///< what it shows, where that was asked for
};

struct Tree {
  uint64_t frame = 0;                    ///< the frame that drew it; counts as health's does
  std::vector<Window> windows;           ///< the rearmost first
  std::vector<Item> items;               ///< in the order of drawing
  std::optional<size_t> hovered_window;  ///< under the mouse, as ImGui sees it
  uint32_t hovered_id = 0;               ///< the item under the mouse; 0: none
  std::string modal;                     ///< path of the modal that blocks the rest; "" if none
};

/// What of a label goes into a path, "/" escaped.
std::string StableName(std::string_view label);
/// What of a label is shown.
std::string_view ShownName(std::string_view label);

/// Gives every item its index where paths are shared. Called once, when a tree is made.
void NumberDuplicates(Tree& tree);

/// What a target names.
struct Found {
  std::vector<size_t> items;         ///< one: it; several: ambiguous; none: see `window`
  std::optional<size_t> window;      ///< set where no item but a window has the name
  std::vector<std::string> nearest;  ///< paths, where nothing was found; at most three

  bool unique() const { return items.size() == 1; }
};

/// What is longer, or has more parts, names nothing: it is looked for in every frame.
inline constexpr size_t kMostTargetBytes = 4096;
inline constexpr size_t kMostTargetParts = 64;

/// A target is a path, or its end ("Save", "Form/Save"), or "#" and an id in hexadecimal
/// digits. "**" stands for any parts: "Window/**/Save". A whole path wins over an end, an exact
/// name over the shown one.
Found Find(const Tree& tree, std::string_view target);

}  // namespace proctor::hooks::ui
