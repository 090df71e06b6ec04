#include "hooks/ui/ui_json.h"

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <vector>

namespace proctor::hooks::ui {
namespace {

using Json = nlohmann::ordered_json;

std::string Dumped(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json RectJson(const Rect& rect) {
  return {{"x", rect.x}, {"y", rect.y}, {"w", rect.width}, {"h", rect.height}};
}

std::string IdText(uint32_t id) {
  char text[16];
  std::snprintf(text, sizeof text, "#%08x", id);
  return text;
}

template <typename Value>
Json OrNull(const std::optional<Value>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json ItemJson(const Item& item, const Tree* tree) {
  Json json = {{"path", item.path},
               {"id", IdText(item.id)},
               {"label", item.label},
               {"kind", ToString(item.kind)},
               {"rect", RectJson(item.rect)},
               {"enabled", item.enabled},
               {"visible", item.visible()},
               {"clipped", item.visible_rect != item.rect},
               {"covered_by", item.covered_by.empty() ? Json(nullptr) : Json(item.covered_by)},
               {"checked", OrNull(item.checked)},
               {"opened", OrNull(item.opened)},
               {"value", OrNull(item.value)},
               {"focused", item.focused},
               {"active", item.active},
               {"duplicate", item.duplicate}};
  if (tree != nullptr) json["window"] = tree->windows[item.window].path;
  return json;
}

Json WindowJson(const Window& window) {
  Json json = {{"path", window.path},
               {"id", IdText(window.id)},
               {"title", window.title},
               {"kind", ToString(window.kind)},
               {"rect", RectJson(window.rect)},
               {"collapsed", window.collapsed},
               {"focused", window.focused},
               {"scroll", {{"x", window.scroll_x}, {"y", window.scroll_y}}},
               {"scroll_max", {{"x", window.scroll_max_x}, {"y", window.scroll_max_y}}}};
  if (window.text) json["text"] = *window.text;
  return json;
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

Json TreeJson(const Tree& tree, const Filter& filter) {
  Json items = Json::array();
  for (const Item& item : tree.items) {
    if (Wanted(item, tree, filter)) items.push_back(ItemJson(item, &tree));
  }
  Json windows = Json::array();
  for (const Window& window : tree.windows) windows.push_back(WindowJson(window));
  Json duplicates = Json::array();
  for (const Item& item : tree.items) {
    if (item.duplicate && item.path.ends_with("[0]")) {
      duplicates.push_back(item.path.substr(0, item.path.size() - 3));
    }
  }
  return {{"frame", tree.frame},
          {"modal", tree.modal.empty() ? Json(nullptr) : Json(tree.modal)},
          {"windows", std::move(windows)},
          {"items", std::move(items)},
          {"duplicates", std::move(duplicates)}};
}

}  // namespace

std::string ToJson(const Tree& tree, const Filter& filter) {
  return Dumped(TreeJson(tree, filter));
}

std::string ToJson(const Done& done) {
  return Dumped({{"target", done.target.empty() ? Json(nullptr) : Json(done.target)},
                 {"frame", done.frame},
                 {"frames", done.frames},
                 {"took_ms", done.took_ms},
                 {"item", done.item ? ItemJson(*done.item, nullptr) : Json(nullptr)}});
}

HttpAnswer ToAnswer(const Refusal& refusal) {
  Json json = {{"error", refusal.error}, {"hint", refusal.hint}, {"nearest", refusal.nearest}};
  if (refusal.tree) json["tree"] = TreeJson(*refusal.tree, {});
  return {.status = refusal.status, .body = Dumped(json)};
}

}  // namespace proctor::hooks::ui
