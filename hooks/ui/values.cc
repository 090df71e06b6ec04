// Actions that give an item a value, each by what its kind takes.

#include <imgui_internal.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <utility>

#include "hooks/ui/actions.h"
#include "hooks/ui/steps.h"

namespace proctor::hooks::ui {
namespace {

using std::chrono::steady_clock;

constexpr size_t kMostShown = 80;  ///< of a text, in an error

bool IsNumber(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.begin(), text.end(), number);
  return error == std::errc() && end == text.end();
}

/// As a slider for hexadecimal numbers may show it.
bool IsSameInAnyCase(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](unsigned char x, unsigned char y) {
    return std::tolower(x) == std::tolower(y);
  });
}

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
  CheckFilled(item, text);
  return Finish(item.path, item.id);
}

/// By what it shows now. A number may be held within limits and a text be shortened or changed by
/// the program: what it became is in the answer.
void Actions::CheckFilled(const Item& before, std::string_view text) {
  constexpr std::string_view kReplaced = "\xEF\xBF\xBD";
  const Item* const now = ById(before.id);
  if (now == nullptr || !now->value || !before.value) return;  // a password shows none
  const std::string_view value = *now->value;
  const bool replaced = value.find(kReplaced) != std::string_view::npos &&
                        text.find(kReplaced) == std::string_view::npos;
  const bool taken = value != *before.value || IsSameInAnyCase(value, text) || IsNumber(text);
  if (taken && !replaced) return;
  throw Refusal{.status = 422,
                .error = Quoted(before.path) + " did not take " +
                         Quoted(text.substr(0, kMostShown)) + ": it shows " + Quoted(value),
                .hint = replaced
                            ? "the program's ImGui keeps 16 bits for a character; compile it "
                              "with IMGUI_USE_WCHAR32"
                            : "a slider or drag takes numbers; a read-only field takes nothing",
                .tree = tree_};
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

const Window* Actions::ListOf(const Item& combo) const {
  const ImGuiID popup = ImHashStr("##ComboPopup", 0, combo.id);
  for (const Window& window : tree_->windows) {
    if (window.popup_id == popup) return &window;
  }
  return nullptr;
}

Item Actions::LocateOption(const Item& combo, std::string_view option) {
  while (true) {
    std::vector<std::string> options;
    if (const Window* list = ListOf(combo)) {
      for (const Item& item : tree_->items) {
        if (&tree_->windows[item.window] != list || item.kind == Kind::Combo) continue;
        if (item.label == option) return item;
        options.push_back(item.label);
      }
    }
    if (steady_clock::now() >= deadline_) {
      throw Refusal{.status = 404,
                    .error = Quoted(combo.path) + " has no option " + Quoted(option),
                    .hint = "its options are under 'nearest'",
                    .nearest = options,
                    .tree = tree_};
    }
    Look();
  }
}

Done Actions::Select(std::string_view target, std::string_view option) {
  const Item combo = Locate(target);
  if (combo.kind != Kind::Combo) {
    throw Refusal{.status = 422,
                  .error = Quoted(combo.path) + " is a " + std::string(ToString(combo.kind)) +
                           " and has no options",
                  .hint = "select is for combos; click an item of a list box"};
  }
  if (!ListOf(combo)) {
    Aim(target);
    PlayClick({});
  }
  Aim(LocateOption(combo, option).path);
  PlayClick({});
  Until(
      combo.id, [&](const Item*) { return ListOf(combo) == nullptr; },
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
