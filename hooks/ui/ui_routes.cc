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
constexpr double kMostNumber = 1e6;

Refusal Bad(std::string error, std::string hint) {
  return {.status = 400, .error = std::move(error), .hint = std::move(hint)};
}

Refusal Closing() {
  return {.status = 503,
          .error = "the program is ending, and draws no frame any more",
          .hint = "start it again"};
}

/// The JSON of a request, asked for by key. Every miss is a refusal that names the key.
class Body {
 public:
  explicit Body(const HttpRequest& request) {
    json_ = Json::parse(request.body.empty() ? "{}" : request.body, nullptr, false);
    if (!json_.is_object()) throw Bad("the body is no JSON object", "send an object of members");
  }
  /// Refuses what none of the members, parted by spaces, is called.
  void AllowOnly(std::string_view members) const {
    std::vector<std::string_view> known = {"timeout_ms"};
    for (size_t at = 0; at < members.size();) {
      const size_t end = std::min(members.find(' ', at), members.size());
      known.push_back(members.substr(at, end - at));
      at = end + 1;
    }
    for (const auto& [key, value] : json_.items()) {
      if (std::find(known.begin(), known.end(), key) != known.end()) continue;
      std::string all;
      for (const std::string_view one : known) all += (all.empty() ? "" : ", ") + std::string(one);
      throw Bad("there is no member '" + key.substr(0, kMostTargetBytes) + "'", "it takes " + all);
    }
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
  /// A path, which is looked for in every frame.
  std::string Target(const char* key) const {
    std::string target = Text(key);
    if (target.size() > kMostTargetBytes) throw TooLong(key);
    return target;
  }
  std::string Target(const char* key, std::string otherwise) const {
    return Has(key) ? Target(key) : otherwise;
  }
  double Number(const char* key, double otherwise) const {
    if (!Has(key)) return otherwise;
    if (!json_[key].is_number()) throw WrongType(key, "a number");
    // Beyond that neither a pixel nor a float has a meaning.
    return std::clamp(json_[key].get<double>(), -kMostNumber, kMostNumber);
  }
  double Number(const char* key) const {
    if (!Has(key)) throw Bad(std::string("'") + key + "' is missing", "it is a number");
    return Number(key, 0);
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
  static Refusal TooLong(const char* key) {
    return Bad(
        std::string("'") + key + "' is longer than " + std::to_string(kMostTargetBytes) + " bytes",
        "give the end of the path");
  }
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
  const std::string target = body.Target("target");
  return Actions(stage, Hold::Yes, body.Timeout()).DoClick(target, click);
}

Done OnDrag(Stage& stage, const Body& body) {
  Actions::DragTo to{.dx = static_cast<float>(body.Number("dx", 0)),
                     .dy = static_cast<float>(body.Number("dy", 0))};
  if (!body.Has("to") && !body.Has("dx") && !body.Has("dy")) {
    throw Bad("there is nowhere to drag it to",
              "give 'to', another item, or 'dx' and 'dy', pixels");
  }
  if (body.Has("to")) to.target = body.Target("to");
  const std::string target = body.Target("target");
  return Actions(stage, Hold::Yes, body.Timeout()).Drag(target, to);
}

/// By what the target is: a truth for what can be checked or opened, a text or number
/// for inputs, a text for combos.
Done OnSetValue(Stage& stage, const Body& body) {
  const std::string target = body.Target("target");
  const Json& value = body.Any("value");
  const bool textual = value.is_string() || value.is_number();
  if (!textual && !value.is_boolean()) {
    throw Bad("'value' is not a text, a number, or true or false", "see /api/openapi.json");
  }
  const std::string text = value.is_string() ? value.get<std::string>() : value.dump();
  Actions actions(stage, Hold::Yes, body.Timeout());
  const Kind kind = actions.KindOf(target);
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
  const std::string target = body.Target("target");
  const Op op = Word(kOps, body.Text("action"), "action");
  const bool takes_pixels = op == Op::Resize || op == Op::Move;
  const auto x = takes_pixels ? static_cast<float>(body.Number("x")) : 0;
  const auto y = takes_pixels ? static_cast<float>(body.Number("y")) : 0;
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
  const std::string target = body.Target("target");
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
  const std::string kind = request.param("kind");
  if (!kind.empty() && !KindNamed(kind)) {
    throw Bad("there is no kind '" + kind.substr(0, kMostTargetBytes) + "'",
              "it is one of " + KindNames());
  }
  const TreePtr tree = stage.Next(std::chrono::steady_clock::now() + kTreeTimeout, text_of);
  if (!tree) {
    return ErrorAnswer(503, "no frame was drawn within 2 s",
                       "the frame loop hangs, or draws no Dear ImGui yet: see /api/gui_health");
  }
  return {.body = ToJson(*tree, {.path = request.param("filter"),
                                 .window = request.param("window"),
                                 .kind = kind,
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
      return ErrorAnswer(422, "'" + target + "' is out of sight", "scroll to it first, by hover");
    }
  }
  return {.content_type = "image/png", .body = ToPng(*image)};
}

using Handle = std::function<Done(Stage& stage, const Body& body)>;

struct ActionRoute {
  const char* pattern;
  std::string_view members;  ///< of its body, next to timeout_ms
  Done (*handle)(Stage& stage, const Body& body);
};

constexpr ActionRoute kActions[] = {
    {"/api/ui/click", "target button count modifiers", OnClick},
    {"/api/ui/hover", "target",
     [](Stage& stage, const Body& body) {
       return Actions(stage, Hold::Yes, body.Timeout()).Hover(body.Target("target"));
     }},
    {"/api/ui/focus", "target",
     [](Stage& stage, const Body& body) {
       return Actions(stage, Hold::Yes, body.Timeout()).Focus(body.Target("target"));
     }},
    {"/api/ui/drag", "target to dx dy", OnDrag},
    {"/api/ui/scroll", "target dx dy",
     [](Stage& stage, const Body& body) {
       if (!body.Has("dx") && !body.Has("dy")) {
         throw Bad("there is nothing to scroll by", "give 'dx' or 'dy', in steps of the wheel");
       }
       return Actions(stage, Hold::Yes, body.Timeout())
           .Scroll(body.Target("target"), static_cast<float>(body.Number("dx", 0)),
                   static_cast<float>(body.Number("dy", 0)));
     }},
    {"/api/ui/press", "keys",
     [](Stage& stage, const Body& body) {
       const std::vector<int> keys = Keys(body.Text("keys"));
       return Actions(stage, Hold::Yes, body.Timeout()).Press(keys);
     }},
    {"/api/ui/type", "text",
     [](Stage& stage, const Body& body) {
       return Actions(stage, Hold::Yes, body.Timeout()).Type(body.Text("text"));
     }},
    {"/api/ui/set_value", "target value", OnSetValue},
    {"/api/ui/menu", "path window",
     [](Stage& stage, const Body& body) {
       return Actions(stage, Hold::Yes, body.Timeout())
           .Menu(body.Target("window", ""), body.Target("path"));
     }},
    {"/api/ui/window", "target action x y", OnWindow},
};

/// Both ways a frame is awaited: what came before the request is then over.
HttpAnswer OnRecord(Stage& stage, const HttpRequest& request) {
  const Json body = Json::parse(request.body.empty() ? "{}" : request.body, nullptr, false);
  const bool told = body.is_object() && body.contains("on") && body["on"].is_boolean();
  if (!told) return ErrorAnswer(400, "'on' is not true or false", R"(send {"on": true})");
  Body(request).AllowOnly("on");
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

struct Playable {
  const Handle& handle;
  std::string_view members;
  const std::string& action;
};

HttpAnswer Play(Stage& stage, const Playable& what, const HttpRequest& request,
                const OnPlayed& on_played) {
  Played played{.action = what.action, .begun = std::chrono::steady_clock::now()};
  const auto refused = [&](const Refusal& refusal) {
    played.error = refusal.error;
    on_played(played);
    return ToAnswer(refusal);
  };
  try {
    const Body body(request);
    body.AllowOnly(what.members);
    played.target = body.Target("target", body.Target("path", body.Target("keys", "")));
    const Done done = what.handle(stage, body);
    if (!done.target.empty()) played.target = done.target;
    played.frame = done.frame;
    played.frames = done.frames;
    on_played(played);
    return {.body = ToJson(done)};
  } catch (const Refusal& refusal) {
    return refused(refusal);
  } catch (const StageClosed&) {
    return refused(Closing());
  }
}

/// What a handler throws is its answer.
Handler Answering(Handler handler) {
  return [handler = std::move(handler)](const HttpRequest& request) -> HttpAnswer {
    try {
      return handler(request);
    } catch (const Refusal& refusal) {
      return ToAnswer(refusal);
    } catch (const StageClosed&) {
      return ToAnswer(Closing());
    }
  };
}

}  // namespace

void AddUiRoutes(const AddRouteFn& add, const UiWorld& world) {
  Stage& stage = world.stage;
  Camera& camera = world.camera;
  add("GET", "/api/ui",
      Answering([&stage](const HttpRequest& request) { return OnTree(stage, request); }));
  add("GET", "/api/screenshot.png", Answering([&stage, &camera](const HttpRequest& request) {
        return OnScreenshot(stage, camera, request);
      }));
  add("POST", "/api/ui/record",
      Answering([&stage](const HttpRequest& request) { return OnRecord(stage, request); }));
  add("GET", "/api/ui/record", [&stage](const HttpRequest&) -> HttpAnswer {
    return {.body = ToJson(stage.recorder().recording(), stage.recorder().steps())};
  });
  const auto add_action = [&](const char* pattern, std::string_view members, const Handle& handle) {
    add("POST", pattern,
        [&stage, members, handle, action = ActionName(pattern),
         on_played = world.on_played](const HttpRequest& request) {
          return Play(stage, {handle, members, action}, request, on_played);
        });
  };
  for (const ActionRoute& route : kActions) {
    add_action(route.pattern, route.members, route.handle);
  }
  add_action("/api/ui/wait", "target state value still check",
             [ask = world.ask_check](Stage& on, const Body& body) {
               return body.Has("check") ? OnWaitCheck(on, body, ask) : OnWait(on, body);
             });
}

}  // namespace proctor::hooks::ui
