#pragma once
// A recording: what a person did to the program, as steps, and as the Python test that
// does it again. Plain data; the recorder makes it.

#include <string>
#include <vector>

namespace proctor::hooks::ui {

struct RecordedStep {
  /// Each is a method of the Python client's Locator, App or Window.
  enum class Do {
    Click,
    Check,
    Uncheck,
    Open,
    Close,
    Fill,
    Select,
    DragTo,
    DragBy,
    Press,  ///< of the app: no target
    Menu,   ///< of the app: `text` is the path, `target` the window where that is needed
    CloseWindow,
    CollapseWindow,
    ExpandWindow,
    MoveWindow,
    ResizeWindow,
  };
  Do what = Do::Click;
  std::string target = {};     ///< the path of the item or the window
  std::string text = {};       ///< what was filled, selected, pressed; where it was dragged
  std::string button = {};     ///< of a click; "" for the left one
  std::string modifiers = {};  ///< of a click: "Ctrl+Shift"
  int count = 1;               ///< of a click; 2: a double click
  int x = 0, y = 0;            ///< of a drag by, a move, a resize

  bool operator==(const RecordedStep&) const = default;
};

/// A call on `app`, such as `app.locator("Window/Save").click()`.
std::string ToPython(const RecordedStep& step);
/// A complete test function.
std::string ToPython(const std::vector<RecordedStep>& steps);
/// GET /api/ui/record.
std::string ToJson(bool recording, const std::vector<RecordedStep>& steps);

}  // namespace proctor::hooks::ui
