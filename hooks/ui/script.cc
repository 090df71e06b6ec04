#include "hooks/ui/script.h"

#include <cstdio>
#include <nlohmann/json.hpp>
#include <string_view>

namespace proctor::hooks::ui {
namespace {

using Do = RecordedStep::Do;

/// As a Python string in double quotes.
std::string Literal(std::string_view text) {
  std::string literal = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      literal += {'\\', c};
    } else if (c == '\n') {
      literal += "\\n";
    } else if (c == '\t') {
      literal += "\\t";
    } else if (byte < 0x20 || byte == 0x7f) {
      char escaped[8];
      std::snprintf(escaped, sizeof escaped, "\\x%02x", byte);
      literal += escaped;
    } else {
      literal += c;
    }
  }
  return literal + "\"";
}

std::string OnItem(const RecordedStep& step, std::string_view call) {
  return "app.locator(" + Literal(step.target) + ")." + std::string(call);
}

std::string OnWindow(const RecordedStep& step, std::string_view call) {
  return "app.window(" + Literal(step.target) + ")." + std::string(call);
}

std::string Place(const RecordedStep& step) {
  return "(" + std::to_string(step.x) + ", " + std::to_string(step.y) + ")";
}

std::string ClickCall(const RecordedStep& step) {
  const bool plain = step.button.empty() && step.modifiers.empty();
  if (plain && step.count == 2) return "double_click()";
  std::string arguments;
  const auto add = [&](const std::string& argument) {
    arguments += (arguments.empty() ? "" : ", ") + argument;
  };
  if (!step.button.empty()) add("button=" + Literal(step.button));
  if (step.count > 1) add("count=" + std::to_string(step.count));
  if (!step.modifiers.empty()) add("modifiers=" + Literal(step.modifiers));
  return "click(" + arguments + ")";
}

std::string_view Name(Do what) {
  switch (what) {
    case Do::Click:
      return "click";
    case Do::Check:
      return "check";
    case Do::Uncheck:
      return "uncheck";
    case Do::Open:
      return "open";
    case Do::Close:
      return "close";
    case Do::Fill:
      return "fill";
    case Do::Select:
      return "select";
    case Do::DragTo:
      return "drag_to";
    case Do::DragBy:
      return "drag_by";
    case Do::Press:
      return "press";
    case Do::Menu:
      return "menu";
    case Do::CloseWindow:
      return "close_window";
    case Do::CollapseWindow:
      return "collapse_window";
    case Do::ExpandWindow:
      return "expand_window";
    case Do::MoveWindow:
      return "move_window";
    case Do::ResizeWindow:
      return "resize_window";
  }
  return "click";
}

}  // namespace

std::string ToPython(const RecordedStep& step) {
  switch (step.what) {
    case Do::Click:
      return OnItem(step, ClickCall(step));
    case Do::Check:
    case Do::Uncheck:
    case Do::Open:
    case Do::Close:
      return OnItem(step, std::string(Name(step.what)) + "()");
    case Do::Fill:
    case Do::Select:
      return OnItem(step, std::string(Name(step.what)) + "(" + Literal(step.text) + ")");
    case Do::DragTo:
      return OnItem(step, "drag_to(app.locator(" + Literal(step.text) + "))");
    case Do::DragBy:
      return OnItem(step, "drag_by" + Place(step));
    case Do::Press:
      return "app.press(" + Literal(step.text) + ")";
    case Do::Menu:
      return "app.menu(" + Literal(step.text) +
             (step.target.empty() ? "" : ", window=" + Literal(step.target)) + ")";
    case Do::CloseWindow:
      return OnWindow(step, "close()");
    case Do::CollapseWindow:
      return OnWindow(step, "collapse()");
    case Do::ExpandWindow:
      return OnWindow(step, "expand()");
    case Do::MoveWindow:
      return OnWindow(step, "move" + Place(step));
    case Do::ResizeWindow:
      return OnWindow(step, "resize" + Place(step));
  }
  return "";
}

std::string ToPython(const std::vector<RecordedStep>& steps) {
  std::string code = "def test_recorded(live_gui):\n";
  if (steps.empty()) return code + "    \"\"\"Nothing was recorded.\"\"\"\n";
  code += "    app = live_gui\n";
  for (const RecordedStep& step : steps) code += "    " + ToPython(step) + "\n";
  return code;
}

std::string ToJson(bool recording, const std::vector<RecordedStep>& steps) {
  using Json = nlohmann::ordered_json;
  Json list = Json::array();
  for (const RecordedStep& step : steps) {
    list.push_back(
        {{"action", Name(step.what)},
         {"target", step.target.empty() ? Json(nullptr) : Json(step.target)},
         {"text", step.text.empty() && step.what != Do::Fill ? Json(nullptr) : Json(step.text)},
         {"python", ToPython(step)}});
  }
  const Json body = {
      {"recording", recording}, {"steps", std::move(list)}, {"python", ToPython(steps)}};
  return body.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace proctor::hooks::ui
