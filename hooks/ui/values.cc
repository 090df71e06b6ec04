// Actions that give an item a value, each by what its kind takes.

#include <imgui_internal.h>

#include <utility>

#include "hooks/ui/actions.h"
#include "hooks/ui/steps.h"

namespace proctor::hooks::ui {
namespace {

using std::chrono::steady_clock;

constexpr std::string_view kComboPopup = "##Combo_";

}  // namespace

Done Actions::Fill(std::string_view target, std::string_view text) {
  const Item item = Aim(target);
  if (item.kind != Kind::Input) {
    throw Refusal{.status = 422,
                  .error = Quoted(item.path) + " is a " + std::string(ToString(item.kind)) +
                           " and takes no text",
                  .hint = "fill is for text inputs, sliders and drags"};
  }
  // With Ctrl a slider becomes a text input; to a text input it is any click.
  PlayClick({.modifiers = {ImGuiMod_Ctrl}});
  std::vector<Step> steps = ChordSteps({ImGuiMod_Ctrl, ImGuiKey_A});
  if (text.empty()) {
    for (Step& step : ChordSteps({ImGuiKey_Delete})) steps.push_back(std::move(step));
  } else {
    steps.push_back(Characters(std::string(text)));
  }
  // A slider's number counts once its text input is left.
  const auto enter_in_slider = [id = item.id](bool down) {
    return [id, down] {
      if (down && GImGui->TempInputId != id) return;
      ImGui::GetIO().AddKeyEvent(ImGuiKey_Enter, down);
    };
  };
  steps.push_back(enter_in_slider(true));
  steps.push_back(enter_in_slider(false));
  Play(std::move(steps));
  return Finish(item.path, item.id);
}

Done Actions::Check(std::string_view target, bool checked) {
  const Item found = Locate(target);
  if (!found.checked) {
    throw Refusal{.status = 422,
                  .error = Quoted(found.path) + " is a " + std::string(ToString(found.kind)) +
                           " and cannot be checked",
                  .hint = "check is for checkboxes, radio buttons, menu items and tabs"};
  }
  if (*found.checked == checked) return Finish(found.path, found.id);
  const Item item = Aim(target);
  PlayClick({});
  // What closes with the click (a menu item) did what it was asked for.
  Until(
      item.id, [&](const Item* now) { return !now || now->checked == checked; },
      Quoted(item.path) + (checked ? " to be checked" : " to be unchecked"));
  return Finish(item.path, item.id);
}

Done Actions::Open(std::string_view target, bool opened) {
  const Item found = Locate(target);
  if (!found.opened) {
    throw Refusal{.status = 422,
                  .error = Quoted(found.path) + " is a " + std::string(ToString(found.kind)) +
                           " and cannot be opened",
                  .hint = "open is for tree nodes, headers and menus"};
  }
  if (*found.opened == opened) return Finish(found.path, found.id);
  const Item item = Aim(target);
  PlayClick({});
  Until(
      item.id, [&](const Item* now) { return now && now->opened == opened; },
      Quoted(item.path) + (opened ? " to be open" : " to be closed"));
  return Finish(item.path, item.id);
}

Done Actions::Select(std::string_view target, std::string_view option) {
  const Item combo = Aim(target);
  if (combo.kind != Kind::Combo) {
    throw Refusal{.status = 422,
                  .error = Quoted(combo.path) + " is a " + std::string(ToString(combo.kind)) +
                           " and has no options",
                  .hint = "select is for combos; click an item of a list box"};
  }
  const auto popup_of = [&]() -> const Window* {
    for (const Window& window : tree_->windows) {
      if (window.path.starts_with(kComboPopup)) return &window;
    }
    return nullptr;
  };
  if (!popup_of()) PlayClick({});
  std::string path;
  while (path.empty()) {
    std::vector<std::string> options;
    if (const Window* popup = popup_of()) {
      for (const Item& item : tree_->items) {
        if (&tree_->windows[item.window] != popup || item.kind == Kind::Combo) continue;
        if (item.label == option) path = item.path;
        options.push_back(item.label);
      }
    }
    if (!path.empty()) break;
    if (steady_clock::now() >= deadline_) {
      throw Refusal{.status = 404,
                    .error = Quoted(combo.path) + " has no option " + Quoted(option),
                    .hint = "its options are under 'nearest'",
                    .nearest = options,
                    .tree = tree_};
    }
    Look();
  }
  Aim(path);
  PlayClick({});
  Until(
      combo.id, [&](const Item*) { return popup_of() == nullptr; },
      "the options of " + Quoted(combo.path) + " to close");
  return Finish(combo.path, combo.id);
}

Done Actions::Menu(std::string_view window, std::string_view path) {
  std::vector<std::string> parts(1);
  for (size_t i = 0; i < path.size(); ++i) {
    if (path[i] == '/' && (i == 0 || path[i - 1] != '\\')) {
      parts.emplace_back();
    } else {
      parts.back() += path[i];
    }
  }
  std::string above = std::string(window);
  Item item;
  for (size_t i = 0; i < parts.size(); ++i) {
    const std::string target = above.empty() ? parts[i] : above + "/" + parts[i];
    item = Aim(target);
    const bool last = i + 1 == parts.size();
    if (last || item.opened != true) PlayClick({});
    if (last) break;
    Until(
        item.id, [](const Item* now) { return now && now->opened == true; },
        "the menu " + Quoted(item.path) + " to open");
    above = parts[i];
  }
  return Finish(item.path, item.id);
}

}  // namespace proctor::hooks::ui
