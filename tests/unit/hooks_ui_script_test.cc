#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "hooks/ui/script.h"

namespace proctor::hooks::ui {
namespace {

using Do = RecordedStep::Do;

}  // namespace

TEST_CASE("a recording is a complete test function") {
  CHECK(ToPython({{.what = Do::Click, .target = "Form/Save"}, {.what = Do::Press, .text = "F5"}}) ==
        "def test_recorded(live_gui):\n"
        "    app = live_gui\n"
        "    app.locator(\"Form/Save\").click()\n"
        "    app.press(\"F5\")\n");
  CHECK(ToPython(std::vector<RecordedStep>{}) ==
        "def test_recorded(live_gui):\n    \"\"\"Nothing was recorded.\"\"\"\n");
}

TEST_CASE("what stands in quotes is what Python reads back") {
  const auto filled = [](const std::string& text) {
    return ToPython(RecordedStep{.what = Do::Fill, .target = "a", .text = text});
  };
  CHECK(filled("say \"hi\"") == "app.locator(\"a\").fill(\"say \\\"hi\\\"\")");
  CHECK(filled("a\\/b") == "app.locator(\"a\").fill(\"a\\\\/b\")");
  CHECK(filled("one\n\ttwo") == "app.locator(\"a\").fill(\"one\\n\\ttwo\")");
  CHECK(filled("\x01\x7f") == "app.locator(\"a\").fill(\"\\x01\\x7f\")");
  CHECK(filled("Löwe") == "app.locator(\"a\").fill(\"Löwe\")");
}

TEST_CASE("a click says how often, with which button and which modifiers") {
  RecordedStep step{.what = Do::Click, .target = "a", .count = 2};
  CHECK(ToPython(step) == "app.locator(\"a\").double_click()");
  step.modifiers = "Ctrl+Shift";
  CHECK(ToPython(step) == "app.locator(\"a\").click(count=2, modifiers=\"Ctrl+Shift\")");
  step.button = "right";
  step.count = 1;
  CHECK(ToPython(step) == "app.locator(\"a\").click(button=\"right\", modifiers=\"Ctrl+Shift\")");
}

TEST_CASE("windows, menus and drags have words of their own") {
  CHECK(ToPython(RecordedStep{.what = Do::MoveWindow, .target = "w", .x = -3, .y = 40}) ==
        "app.window(\"w\").move(-3, 40)");
  CHECK(ToPython(RecordedStep{.what = Do::CloseWindow, .target = "w"}) ==
        "app.window(\"w\").close()");
  CHECK(ToPython(RecordedStep{.what = Do::Menu, .text = "File/Save"}) == "app.menu(\"File/Save\")");
  CHECK(ToPython(RecordedStep{.what = Do::Menu, .target = "Main", .text = "File/Save"}) ==
        "app.menu(\"File/Save\", window=\"Main\")");
  CHECK(ToPython(RecordedStep{.what = Do::DragTo, .target = "a", .text = "b"}) ==
        "app.locator(\"a\").drag_to(app.locator(\"b\"))");
}

TEST_CASE("the answer of the route tells steps and code, whatever bytes were typed") {
  const auto json = nlohmann::json::parse(
      ToJson(true, {{.what = Do::Fill, .target = "a"}, {.what = Do::Press, .text = "\xff"}}));
  CHECK(json["recording"] == true);
  CHECK(json["steps"][0]["action"] == "fill");
  CHECK(json["steps"][0]["text"] == "");
  CHECK(json["steps"][1]["target"] == nullptr);
  CHECK(json["python"].get<std::string>().starts_with("def test_recorded(live_gui):"));
}

}  // namespace proctor::hooks::ui
