#include "hooks/ui/ui_routes.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <utility>

#include "hooks/ui/actions.h"
#include "hooks/ui/keys.h"
#include "hooks/ui/ui_json.h"

namespace proctor::hooks::ui {
namespace {

using Json = nlohmann::json;
using std::chrono::milliseconds;

constexpr milliseconds kTimeout{5000};
constexpr milliseconds kLongest{600000};
constexpr milliseconds kTreeTimeout{2000};

Refusal Bad(std::string error, std::string hint) {
  return {.status = 400, .error = std::move(error), .hint = std::move(hint)};
}

/// The JSON of a request, asked for by key. Every miss is a refusal that names the key.
class Body {
 public:
  explicit Body(const HttpRequest& request) {
    json_ = Json::parse(request.body.empty() ? "{}" : request.body, nullptr, false);
    if (!json_.is_object()) throw Bad("the body is no JSON object", "send an object of members");
  }
  bool Has(const char* key) const { return json_.contains(key) && !json_[key].is_null(); }
  std::string Text(const char* key) const {
    if (!Has(key)) throw Bad(std::string("'") + key + "' is missing", "it is a text");
    return Text(key, "");
  }
  std::string Text(const char* key, std::string otherwise) const {
    if (!Has(key)) return otherwise;
    if (!json_[key].is_string()) throw WrongType(key, "a text");
    return json_[key].get<std::string>();
  }
  double Number(const char* key, double otherwise) const {
    if (!Has(key)) return otherwise;
    if (!json_[key].is_number()) throw WrongType(key, "a number");
    return json_[key].get<double>();
  }
  const Json& Any(const char* key) const {
    if (!Has(key)) throw Bad(std::string("'") + key + "' is missing", "give it a value");
    return json_[key];
  }
  milliseconds Timeout() const {
    const double given = Number("timeout_ms", static_cast<double>(kTimeout.count()));
    if (!(given >= 0)) throw Bad("'timeout_ms' is negative", "it is in milliseconds");
    return std::min(
        kLongest,
        milliseconds(static_cast<int64_t>(std::min(given, static_cast<double>(kLongest.count())))));
  }

 private:
  static Refusal WrongType(const char* key, const char* wanted) {
    return Bad(std::string("'") + key + "' is not " + wanted, "see /api/openapi.json");
  }
  Json json_;
};

/// The value that a word stands for, out of a table of {word, value}.
template <typename Value, size_t N>
Value Word(const std::array<std::pair<std::string_view, Value>, N>& known, const std::string& word,
           const char* key) {
  std::string all;
  for (const auto& [name, value] : known) {
    if (name == word) return value;
    all += (all.empty() ? "" : ", ") + std::string(name);
  }
  throw Bad(std::string("'") + key + "' has no value '" + word + "'", "it is one of " + all);
}

std::vector<int> Keys(const std::string& chord) {
  std::string unknown;
  auto keys = ParseChord(chord, unknown);
  if (!keys) throw Bad("no key is named '" + unknown + "'", "write it as in 'Ctrl+Shift+S'");
  return *keys;
}

Done OnClick(Stage& stage, const Body& body) {
  constexpr std::array<std::pair<std::string_view, Button>, 3> kButtons = {
      {{"left", Button::Left}, {"right", Button::Right}, {"middle", Button::Middle}}};
  Click click;
  click.button = Word(kButtons, body.Text("button", "left"), "button");
  click.count = std::clamp(static_cast<int>(body.Number("count", 1)), 1, 3);
  const std::string modifiers = body.Text("modifiers", "");
  if (!modifiers.empty()) click.modifiers = Keys(modifiers);
  const std::string target = body.Text("target");
  return Actions(stage, Hold::Yes, body.Timeout()).DoClick(target, click);
}

Done OnDrag(Stage& stage, const Body& body) {
  Actions::DragTo to{.dx = static_cast<float>(body.Number("dx", 0)),
                     .dy = static_cast<float>(body.Number("dy", 0))};
  if (body.Has("to")) to.target = body.Text("to");
  const std::string target = body.Text("target");
  return Actions(stage, Hold::Yes, body.Timeout()).Drag(target, to);
}

/// By what the target is: a truth for what can be checked or opened, a text or number
/// for inputs, a text for combos.
Done OnSetValue(Stage& stage, const Body& body) {
  const std::string target = body.Text("target");
  const Json& value = body.Any("value");
  const bool textual = value.is_string() || value.is_number();
  if (!textual && !value.is_boolean()) {
    throw Bad("'value' is not a text, a number, or true or false", "see /api/openapi.json");
  }
  const std::string text = value.is_string() ? value.get<std::string>() : value.dump();
  const Kind kind = Actions(stage, Hold::No, body.Timeout()).KindOf(target);
  Actions actions(stage, Hold::Yes, body.Timeout());
  switch (kind) {
    case Kind::Input:
      if (textual) return actions.Fill(target, text);
      break;
    case Kind::Combo:
      if (textual) return actions.Select(target, text);
      break;
    case Kind::Checkbox:
    case Kind::Radio:
    case Kind::MenuItem:
    case Kind::Tab:
      if (value.is_boolean()) return actions.Check(target, value.get<bool>());
      break;
    case Kind::Tree:
    case Kind::Menu:
      if (value.is_boolean()) return actions.Open(target, value.get<bool>());
      break;
    case Kind::Item:
    case Kind::Button:
      break;
  }
  throw Refusal{.status = 422,
                .error = "'" + target + "' is a " + std::string(ToString(kind)) +
                         " and does not take the value " + value.dump(),
                .hint =
                    "texts and numbers are for inputs and combos, true and false for what is "
                    "checked or opened"};
}

Done OnWindow(Stage& stage, const Body& body) {
  using Op = Actions::WindowOp;
  constexpr std::array<std::pair<std::string_view, Op>, 6> kOps = {{{"close", Op::Close},
                                                                    {"raise", Op::Raise},
                                                                    {"collapse", Op::Collapse},
                                                                    {"expand", Op::Expand},
                                                                    {"resize", Op::Resize},
                                                                    {"move", Op::Move}}};
  const std::string target = body.Text("target");
  const Op op = Word(kOps, body.Text("action"), "action");
  const auto x = static_cast<float>(body.Number("x", 0));
  const auto y = static_cast<float>(body.Number("y", 0));
  return Actions(stage, Hold::Yes, body.Timeout()).DoWindow(target, op, x, y);
}

Done OnWait(Stage& stage, const Body& body) {
  constexpr std::array<std::pair<std::string_view, Condition>, 11> kStates = {
      {{"visible", Condition::Visible},
       {"hidden", Condition::Hidden},
       {"enabled", Condition::Enabled},
       {"disabled", Condition::Disabled},
       {"checked", Condition::Checked},
       {"unchecked", Condition::Unchecked},
       {"opened", Condition::Opened},
       {"closed", Condition::Closed},
       {"focused", Condition::Focused},
       {"value", Condition::Value},
       {"text", Condition::TextContains}}};
  if (body.Has("still")) {
    const int frames = std::clamp(static_cast<int>(body.Number("still", 2)), 1, 1000);
    return Actions(stage, Hold::No, body.Timeout()).WaitStill(frames);
  }
  const std::string target = body.Text("target");
  const Condition state = Word(kStates, body.Text("state", "visible"), "state");
  const bool takes_text = state == Condition::Value || state == Condition::TextContains;
  const std::string text = takes_text ? body.Text("value") : "";
  return Actions(stage, Hold::No, body.Timeout()).Wait(target, state, text);
}

/// Until a check of the program's own is met.
Done OnWaitCheck(Stage& stage, const Body& body, const AskCheck& ask) {
  const std::string name = body.Text("check");
  return Actions(stage, Hold::No, body.Timeout()).WaitFor([&] {
    const std::optional<std::string> wrong = ask(name);
    if (!wrong)
      throw Refusal{.status = 404,
                    .error = "there is no check '" + name + "'",
                    .hint = "GET /api/gui_health lists the checks"};
    return wrong->empty() ? "" : "check '" + name + "' (" + *wrong + ")";
  });
}

HttpAnswer OnTree(Stage& stage, const HttpRequest& request) {
  const std::string text_of = request.param("text");
  const TreePtr tree = stage.Next(std::chrono::steady_clock::now() + kTreeTimeout, text_of);
  if (!tree) {
    return ErrorAnswer(503, "no frame was drawn within 2 s",
                       "the frame loop hangs, or draws no Dear ImGui yet: see /api/gui_health");
  }
  return {.body = ToJson(*tree, {.path = request.param("filter"),
                                 .window = request.param("window"),
                                 .kind = request.param("kind"),
                                 .visible_only = request.param("visible") == "1"})};
}

/// Where a target is in the picture; it is looked for once.
std::optional<Rect> RectOf(Stage& stage, const std::string& target) {
  const TreePtr tree = stage.Next(std::chrono::steady_clock::now() + kTreeTimeout);
  if (!tree) return std::nullopt;
  const Found found = Find(*tree, target);
  if (found.unique()) return tree->items[found.items.front()].visible_rect;
  if (found.items.empty() && found.window) return tree->windows[*found.window].rect;
  const bool several = !found.items.empty();
  throw Refusal{.status = several ? 409 : 404,
                .error = "'" + target + "' names " + (several ? "several items" : "nothing shown"),
                .hint = several ? "use a longer path, or an index" : "see GET /api/ui",
                .nearest = found.nearest};
}

HttpAnswer OnScreenshot(Stage& stage, Camera& camera, const HttpRequest& request) {
  const std::string target = request.param("target");
  std::optional<Rect> part;
  if (!target.empty()) part = RectOf(stage, target);
  auto image = camera.Take(std::chrono::steady_clock::now() + kTreeTimeout);
  if (!image) {
    return ErrorAnswer(503, "no frame was rendered that could be read within 2 s",
                       "the frame loop hangs (see /api/gui_health), or the program does not "
                       "render with OpenGL and gave no Options::capture");
  }
  if (part) {
    const auto pixels = [](float value) { return static_cast<int>(value); };
    *image = Cropped(*image, pixels(part->x), pixels(part->y), pixels(part->width),
                     pixels(part->height));
    if (image->empty()) {
      return ErrorAnswer(409, "'" + target + "' is out of sight", "scroll to it first, by hover");
    }
  }
  return {.content_type = "image/png", .body = ToPng(*image)};
}

using Handle = std::function<Done(Stage& stage, const Body& body)>;

constexpr std::pair<const char*, Done (*)(Stage&, const Body&)> kActions[] = {
    {"/api/ui/click", OnClick},
    {"/api/ui/hover",
     [](Stage& stage, const Body& body) {
       return Actions(stage, Hold::Yes, body.Timeout()).Hover(body.Text("target"));
     }},
    {"/api/ui/focus",
     [](Stage& stage, const Body& body) {
       return Actions(stage, Hold::Yes, body.Timeout()).Focus(body.Text("target"));
     }},
    {"/api/ui/drag", OnDrag},
    {"/api/ui/scroll",
     [](Stage& stage, const Body& body) {
       return Actions(stage, Hold::Yes, body.Timeout())
           .Scroll(body.Text("target"), static_cast<float>(body.Number("dx", 0)),
                   static_cast<float>(body.Number("dy", 0)));
     }},
    {"/api/ui/press",
     [](Stage& stage, const Body& body) {
       const std::vector<int> keys = Keys(body.Text("keys"));
       return Actions(stage, Hold::Yes, body.Timeout()).Press(keys);
     }},
    {"/api/ui/type",
     [](Stage& stage, const Body& body) {
       return Actions(stage, Hold::Yes, body.Timeout()).Type(body.Text("text"));
     }},
    {"/api/ui/set_value", OnSetValue},
    {"/api/ui/menu",
     [](Stage& stage, const Body& body) {
       return Actions(stage, Hold::Yes, body.Timeout())
           .Menu(body.Text("window", ""), body.Text("path"));
     }},
    {"/api/ui/window", OnWindow},
};

/// Both ways a frame is awaited: what came before the request is then over.
HttpAnswer OnRecord(Stage& stage, const HttpRequest& request) {
  const Json body = Json::parse(request.body.empty() ? "{}" : request.body, nullptr, false);
  const bool told = body.is_object() && body.contains("on") && body["on"].is_boolean();
  if (!told) return ErrorAnswer(400, "'on' is not true or false", R"(send {"on": true})");
  const bool on = body["on"].get<bool>();
  Recorder& recorder = stage.recorder();
  const auto frame = [&] { return stage.Next(std::chrono::steady_clock::now() + kTreeTimeout); };
  if (!frame()) {
    return ErrorAnswer(503, "no frame was drawn within 2 s, so nothing was changed",
                       "the frame loop hangs, or draws no Dear ImGui yet: see /api/gui_health");
  }
  if (on) {
    recorder.Start();
    frame();  // the first one recorded: what changes from then on is a step
  } else {
    recorder.Stop();
  }
  return {.body = ToJson(recorder.recording(), recorder.steps())};
}

std::string ActionName(std::string_view pattern) {
  return std::string(pattern.substr(pattern.rfind('/') + 1));
}

HttpAnswer Play(Stage& stage, const Handle& handle, const HttpRequest& request,
                const std::string& action, const OnPlayed& on_played) {
  Played played{.action = action, .begun = std::chrono::steady_clock::now()};
  try {
    const Body body(request);
    played.target = body.Text("target", body.Text("path", body.Text("keys", "")));
    const Done done = handle(stage, body);
    if (!done.target.empty()) played.target = done.target;
    played.frame = done.frame;
    played.frames = done.frames;
    on_played(played);
    return {.body = ToJson(done)};
  } catch (const Refusal& refusal) {
    played.error = refusal.error;
    on_played(played);
    return ToAnswer(refusal);
  }
}

}  // namespace

void AddUiRoutes(const AddRouteFn& add, const UiWorld& world) {
  Stage& stage = world.stage;
  Camera& camera = world.camera;
  add("GET", "/api/ui", [&stage](const HttpRequest& request) { return OnTree(stage, request); });
  add("GET", "/api/screenshot.png", [&stage, &camera](const HttpRequest& request) -> HttpAnswer {
    try {
      return OnScreenshot(stage, camera, request);
    } catch (const Refusal& refusal) {
      return ToAnswer(refusal);
    }
  });
  add("POST", "/api/ui/record",
      [&stage](const HttpRequest& request) { return OnRecord(stage, request); });
  add("GET", "/api/ui/record", [&stage](const HttpRequest&) -> HttpAnswer {
    return {.body = ToJson(stage.recorder().recording(), stage.recorder().steps())};
  });
  const auto add_action = [&](const char* pattern, const Handle& handle) {
    add("POST", pattern,
        [&stage, handle, action = ActionName(pattern),
         on_played = world.on_played](const HttpRequest& request) {
          return Play(stage, handle, request, action, on_played);
        });
  };
  for (const auto& [pattern, handle] : kActions) add_action(pattern, handle);
  add_action("/api/ui/wait", [ask = world.ask_check](Stage& on, const Body& body) {
    return body.Has("check") ? OnWaitCheck(on, body, ask) : OnWait(on, body);
  });
}

}  // namespace proctor::hooks::ui
