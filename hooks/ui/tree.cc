#include "hooks/ui/tree.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <utility>

#include "hooks/ui/nearest.h"

namespace proctor::hooks::ui {
namespace {

constexpr size_t kMostNearest = 3;
constexpr size_t kIdDigits = 8;
constexpr std::string_view kAnyDepth = "**";
constexpr Kind kKinds[] = {Kind::Item,  Kind::Button, Kind::Checkbox, Kind::Radio, Kind::Input,
                           Kind::Combo, Kind::Tab,    Kind::Tree,     Kind::Menu,  Kind::MenuItem};

/// The parts of a path between its unescaped slashes.
std::vector<std::string> Parts(std::string_view path) {
  std::vector<std::string> parts(1);
  for (size_t i = 0; i < path.size(); ++i) {
    if (path[i] == '\\' && i + 1 < path.size() && path[i + 1] == '/') {
      parts.back() += "\\/";
      ++i;
    } else if (path[i] == '/') {
      parts.emplace_back();
    } else {
      parts.back() += path[i];
    }
  }
  return parts;
}

/// "Delete[1]" is {"Delete", 1}.
std::pair<std::string_view, std::optional<size_t>> SplitIndex(std::string_view target) {
  if (!target.ends_with(']')) return {target, std::nullopt};
  const size_t open = target.rfind('[');
  if (open == std::string_view::npos || open == 0) return {target, std::nullopt};
  const std::string_view digits = target.substr(open + 1, target.size() - open - 2);
  size_t index = 0;
  const auto [end, error] = std::from_chars(digits.begin(), digits.end(), index);
  if (error != std::errc() || end != digits.end()) return {target, std::nullopt};
  return {target.substr(0, open), index};
}

std::optional<uint32_t> AsId(std::string_view target) {
  if (target.size() != kIdDigits + 1 || target[0] != '#') return std::nullopt;
  uint32_t id = 0;
  const auto [end, error] = std::from_chars(target.begin() + 1, target.end(), id, 16);
  if (error != std::errc() || end != target.end()) return std::nullopt;
  return id;
}

/// How well the end of a path fits a target; a higher one wins.
enum class Fit { None, ShownEnd, ExactEnd, ShownWhole, ExactWhole };

enum class Same { No, Shown, Exact };

/// How the whole target fits each end of a path: [p] is the path from its part p on. "**" fits
/// any number of parts. `shown` is what is shown of the last part, where it differs. Filled from
/// the end, so that a target with many "**" costs no more than one with many names.
std::vector<Same> Fits(const std::vector<std::string>& target, const std::vector<std::string>& path,
                       std::string_view shown) {
  const size_t end = path.size();
  std::vector<Same> rest(end + 1, Same::No);  // how the target after part t fits
  rest[end] = Same::Exact;
  for (size_t t = target.size(); t-- > 0;) {
    std::vector<Same> now(end + 1, Same::No);
    for (size_t p = end + 1; p-- > 0;) {
      if (target[t] == kAnyDepth) {
        now[p] = p == end ? rest[p] : std::max(rest[p], now[p + 1]);
      } else if (p < end && target[t] == path[p]) {
        now[p] = rest[p + 1];
      } else if (p < end && target[t] == (p + 1 == end ? shown : ShownName(path[p]))) {
        now[p] = std::min(Same::Shown, rest[p + 1]);
      }
    }
    rest = std::move(now);
  }
  return rest;
}

Fit FitOf(const std::vector<std::string>& target, const std::vector<std::string>& path,
          std::string_view shown) {
  const std::vector<Same> fits = Fits(target, path, shown);
  if (fits[0] != Same::No) return fits[0] == Same::Exact ? Fit::ExactWhole : Fit::ShownWhole;
  Same end = Same::No;
  for (size_t from = 1; from < path.size(); ++from) end = std::max(end, fits[from]);
  if (end == Same::No) return Fit::None;
  return end == Same::Exact ? Fit::ExactEnd : Fit::ShownEnd;
}

std::string Escaped(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '/') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

/// A path without the index that tells it from its duplicates.
std::string_view BasePath(const Item& item) {
  return item.duplicate ? SplitIndex(item.path).first : std::string_view(item.path);
}

std::vector<size_t> BestItems(const Tree& tree, std::string_view target) {
  const std::vector<std::string> wanted = Parts(target);
  if (wanted.back().empty()) return {};
  std::vector<size_t> best;
  Fit best_fit = Fit::None;
  for (size_t i = 0; i < tree.items.size(); ++i) {
    const Item& item = tree.items[i];
    // Most items differ in their last character: cheaper than taking paths apart.
    const std::string shown = Escaped(item.label);
    const std::string_view base = BasePath(item);
    if (!base.ends_with(wanted.back()) && shown != wanted.back()) continue;
    const Fit fit = FitOf(wanted, Parts(base), shown);
    if (fit == Fit::None || fit < best_fit) continue;
    if (fit > best_fit) best.clear();
    best_fit = fit;
    best.push_back(i);
  }
  return best;
}

std::optional<size_t> BestWindow(const Tree& tree, std::string_view target) {
  const std::vector<std::string> wanted = Parts(target);
  std::optional<size_t> best;
  Fit best_fit = Fit::None;
  for (size_t i = 0; i < tree.windows.size(); ++i) {
    const Fit fit = FitOf(wanted, Parts(tree.windows[i].path), Escaped(tree.windows[i].title));
    if (fit <= best_fit) continue;
    best = i;
    best_fit = fit;
  }
  return best;
}

}  // namespace

Rect Rect::Intersection(const Rect& other) const {
  const float left = std::max(x, other.x);
  const float top = std::max(y, other.y);
  return {left, top, std::max(0.0f, std::min(right(), other.right()) - left),
          std::max(0.0f, std::min(bottom(), other.bottom()) - top)};
}

std::string_view ToString(Kind kind) {
  switch (kind) {
    case Kind::Item:
      return "item";
    case Kind::Button:
      return "button";
    case Kind::Checkbox:
      return "checkbox";
    case Kind::Radio:
      return "radio";
    case Kind::Input:
      return "input";
    case Kind::Combo:
      return "combo";
    case Kind::Tab:
      return "tab";
    case Kind::Tree:
      return "tree";
    case Kind::Menu:
      return "menu";
    case Kind::MenuItem:
      return "menu_item";
  }
  return "item";
}

std::optional<Kind> KindNamed(std::string_view name) {
  for (const Kind kind : kKinds) {
    if (ToString(kind) == name) return kind;
  }
  return std::nullopt;
}

std::string KindNames() {
  std::string names;
  for (const Kind kind : kKinds) names += (names.empty() ? "" : ", ") + std::string(ToString(kind));
  return names;
}

std::string_view ToString(WindowKind kind) {
  switch (kind) {
    case WindowKind::Window:
      return "window";
    case WindowKind::Child:
      return "child";
    case WindowKind::Popup:
      return "popup";
    case WindowKind::Modal:
      return "modal";
    case WindowKind::Menu:
      return "menu";
    case WindowKind::Tooltip:
      return "tooltip";
  }
  return "window";
}

std::string StableName(std::string_view label) {
  const size_t mark = label.find("###");
  return Escaped(mark == std::string_view::npos ? label : label.substr(mark));
}

std::string_view ShownName(std::string_view label) {
  return label.substr(0, label.find("##"));
}

void NumberDuplicates(Tree& tree) {
  std::map<std::string, std::vector<size_t>> sharers;
  for (size_t i = 0; i < tree.items.size(); ++i) sharers[tree.items[i].path].push_back(i);
  for (const auto& [path, items] : sharers) {
    if (items.size() == 1) continue;
    for (size_t n = 0; n < items.size(); ++n) {
      Item& item = tree.items[items[n]];
      item.duplicate = true;
      item.path = path + "[" + std::to_string(n) + "]";
    }
  }
}

Found Find(const Tree& tree, std::string_view target) {
  Found found;
  if (target.size() > kMostTargetBytes || Parts(target).size() > kMostTargetParts) return found;
  if (const auto id = AsId(target)) {
    for (size_t i = 0; i < tree.items.size(); ++i) {
      if (tree.items[i].id == *id) found.items.push_back(i);
    }
    return found;
  }
  found.items = BestItems(tree, target);
  if (found.items.empty()) {
    const auto [base, index] = SplitIndex(target);
    if (index) {
      const std::vector<size_t> sharers = BestItems(tree, base);
      if (*index < sharers.size()) found.items.push_back(sharers[*index]);
    }
  }
  if (!found.items.empty()) return found;
  found.window = BestWindow(tree, target);
  if (found.window) return found;
  std::vector<std::string_view> known;
  for (const Item& item : tree.items) known.push_back(item.path);
  for (const Window& window : tree.windows) known.push_back(window.path);
  found.nearest = Nearest(target, known, kMostNearest);
  return found;
}

}  // namespace proctor::hooks::ui
