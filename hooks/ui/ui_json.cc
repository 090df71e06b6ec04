#include "hooks/ui/ui_json.h"

#include <algorithm>
#include <cctype>
#include <optional>
#include <utility>

#include "hooks/json_text.h"

namespace proctor::hooks::ui {
namespace {

void AddRect(ObjectText& text, const Rect& rect) {
  text.Open("rect").Add("x", rect.x).Add("y", rect.y);
  text.Add("w", rect.width).Add("h", rect.height).Close();
}

std::string IdText(uint32_t id) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text = "#00000000";
  for (size_t place = text.size(); id != 0; id >>= 4) text[--place] = kDigits[id & 0xf];
  return text;
}

/// None where it is empty.
std::optional<std::string_view> Told(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional<std::string_view>(text);
}

/// Behind `begun`; `tree` is null where the item's window goes without saying.
std::string ItemText(const Item& item, const Tree* tree, std::string begun = {}) {
  ObjectText text = ObjectText::Behind(std::move(begun));
  text.Add("path", item.path)
      .Add("id", IdText(item.id))
      .Add("label", item.label)
      .Add("kind", ToString(item.kind));
  AddRect(text, item.rect);
  text.Add("enabled", item.enabled)
      .Add("visible", item.visible())
      .Add("clipped", item.visible_rect != item.rect)
      .Add("covered_by", Told(item.covered_by))
      .Add("checked", item.checked)
      .Add("opened", item.opened)
      .Add("value", item.value)
      .Add("focused", item.focused)
      .Add("active", item.active)
      .Add("duplicate", item.duplicate);
  if (tree != nullptr) text.Add("window", tree->windows[item.window].path);
  return text.Done();
}

std::string WindowText(const Window& window) {
  ObjectText text;
  text.Add("path", window.path)
      .Add("id", IdText(window.id))
      .Add("title", window.title)
      .Add("kind", ToString(window.kind));
  AddRect(text, window.rect);
  text.Add("collapsed", window.collapsed)
      .Add("focused", window.focused)
      .Open("scroll")
      .Add("x", window.scroll_x)
      .Add("y", window.scroll_y)
      .Close()
      .Open("scroll_max")
      .Add("x", window.scroll_max_x)
      .Add("y", window.scroll_max_y)
      .Close();
  if (window.text) text.Add("text", *window.text);
  return text.Done();
}

bool ContainsFolded(std::string_view text, std::string_view part) {
  const auto same = [](unsigned char a, unsigned char b) {
    return std::tolower(a) == std::tolower(b);
  };
  return std::search(text.begin(), text.end(), part.begin(), part.end(), same) != text.end();
}

bool Wanted(const Item& item, const Tree& tree, const Filter& filter) {
  if (filter.visible_only && !item.visible()) return false;
  if (!filter.kind.empty() && filter.kind != ToString(item.kind)) return false;
  if (!filter.path.empty() && !ContainsFolded(item.path, filter.path)) return false;
  if (filter.window.empty()) return true;
  const Window& own = tree.windows[item.window];
  const Window& root = tree.windows[own.root];
  return own.path == filter.window || root.path == filter.window || root.title == filter.window;
}

}  // namespace

std::string ToJson(const Tree& tree, const Filter& filter) {
  constexpr size_t kUsualItem = 384;  // bytes
  std::string items;
  items.reserve(tree.items.size() * kUsualItem);
  ArrayText duplicates;
  for (const Item& item : tree.items) {
    if (Wanted(item, tree, filter)) {
      items += items.empty() ? '[' : ',';
      items = ItemText(item, &tree, std::move(items));
    }
    if (!item.duplicate || !item.path.ends_with("[0]")) continue;
    duplicates.Add(Quoted(std::string_view(item.path).substr(0, item.path.size() - 3)));
  }
  ArrayText windows;
  for (const Window& window : tree.windows) windows.Add(WindowText(window));
  if (items.empty()) items = "[";
  items += ']';
  return ObjectText(items.size() + kUsualItem)
      .Add("frame", tree.frame)
      .Add("modal", Told(tree.modal))
      .Raw("windows", windows.Done())
      .Raw("items", items)
      .Raw("duplicates", duplicates.Done())
      .Done();
}

std::string ToJson(const Done& done) {
  return ObjectText()
      .Add("target", Told(done.target))
      .Add("frame", done.frame)
      .Add("frames", done.frames)
      .Add("took_ms", done.took_ms)
      .Raw("item", done.item ? ItemText(*done.item, nullptr) : "null")
      .Raw("window", done.window ? WindowText(*done.window) : "null")
      .Done();
}

HttpAnswer ToAnswer(const Refusal& refusal) {
  ArrayText nearest;
  for (const std::string& path : refusal.nearest) nearest.Add(Quoted(path));
  ObjectText body;
  body.Add("error", refusal.error).Add("hint", refusal.hint).Raw("nearest", nearest.Done());
  if (refusal.item) body.Raw("item", ItemText(*refusal.item, nullptr));
  if (refusal.window) body.Add("window", true);
  if (refusal.text) body.Add("text", *refusal.text);
  if (refusal.tree) body.Raw("tree", ToJson(*refusal.tree, {}));
  return {.status = refusal.status, .body = body.Done()};
}

}  // namespace proctor::hooks::ui
