#pragma once
// The routes of the item tree and of its actions.
//
//   GET  /api/ui?filter=&window=&kind=&visible=1&text=WINDOW
//   GET  /api/screenshot.png?target=WINDOW or ITEM
//   POST /api/ui/click        {target, button, count, modifiers}
//   POST /api/ui/hover|focus  {target}
//   POST /api/ui/drag         {target, to} or {target, dx, dy}
//   POST /api/ui/scroll       {target, dx, dy}
//   POST /api/ui/press        {keys}
//   POST /api/ui/type         {text}
//   POST /api/ui/set_value    {target, value}
//   POST /api/ui/menu         {path, window}
//   POST /api/ui/window       {target, action, x, y}
//   POST /api/ui/wait         {target, state, value} or {still} (frames)
//   POST /api/ui/record       {on}; what a person does from then on is written down
//   GET  /api/ui/record       {recording, steps, python}
//
// Every POST takes timeout_ms as well (5000; at most 600000).

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "hooks/http.h"
#include "hooks/ui/camera.h"
#include "hooks/ui/stage.h"

namespace proctor::hooks::ui {

using AddRouteFn = std::function<void(const char* method, const char* pattern, Handler handler)>;

/// An action or a wait as it went, for whoever keeps a trace.
struct Played {
  std::string action;  ///< "click", "set_value", …
  std::string target;  ///< the path that it was resolved to; as given where it was refused
  std::chrono::steady_clock::time_point begun;
  uint64_t frame = 0;   ///< that drew the effect
  uint64_t frames = 0;  ///< that it took; 0 where it was refused
  std::string error = {};
};
using OnPlayed = std::function<void(const Played&)>;

/// What a check of that name says, as newly as it can be had without waiting; "" for ok. Nothing:
/// there is no such check.
using AskCheck = std::function<std::optional<std::string>(const std::string& name)>;

/// What the routes need of the program's hooks.
struct UiWorld {
  Stage& stage;
  Camera& camera;
  OnPlayed on_played;
  AskCheck ask_check;
};
void AddUiRoutes(const AddRouteFn& add, const UiWorld& world);

}  // namespace proctor::hooks::ui
