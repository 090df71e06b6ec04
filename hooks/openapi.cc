#include "hooks/openapi.h"

#include <nlohmann/json.hpp>

#include <string_view>

namespace proctor::hooks {
namespace {

using Json = nlohmann::ordered_json;

void AddPathParameter(std::string_view path, Json& parameters) {
  const size_t open = path.find('{');
  if (open == std::string_view::npos) return;
  const size_t close = path.find('}', open);
  parameters.push_back({{"name", path.substr(open + 1, close - open - 1)},
                        {"in", "path"},
                        {"required", true},
                        {"schema", {{"type", "string"}}}});
}

Json Describe(const RouteInfo& route) {
  Json operation = {{"summary", route.summary}};
  if (route.open) operation["security"] = Json::array();
  Json parameters = Json::array();
  AddPathParameter(route.path, parameters);
  for (const char* name : route.query) {
    parameters.push_back({{"name", name}, {"in", "query"}, {"schema", {{"type", "string"}}}});
  }
  if (!parameters.empty()) operation["parameters"] = std::move(parameters);
  if (route.body != nullptr) {
    operation["requestBody"] = {
        {"content", {{"application/json", {{"example", Json::parse(route.body)}}}}}};
  }
  operation["responses"] = {{route.success, {{"description", "see summary"}}}};
  return operation;
}

}  // namespace

std::vector<RouteInfo> HooksRoutes() {
  return {
      {"get", "/api/gui_health", "The health of the frame loop", {}, nullptr, "200", true},
      {"post", "/api/gui_health/reset", "Forget what degraded the program"},
      {"get", "/api/guard", "Panels that are fenced off, and new ImGui contexts since the reset"},
      {"get", "/livez", "Whether the process answers", {}, nullptr, "200", true},
      {"get", "/readyz", "Whether the program is healthy", {}, nullptr, "200", true},
      {"get", "/metrics", "Prometheus metrics", {}, nullptr, "200", true},
      {"post", "/api/shutdown", "End the program", {}, nullptr, "202"},
      {"get",
       "/api/ui",
       "Windows and items of the next frame; text names a window whose text is wanted",
       {"filter", "window", "kind", "visible", "text"}},
      {"get", "/api/screenshot.png", "What is shown, or one window or item of it", {"target"}},
      {"post",
       "/api/ui/click",
       "Click an item",
       {},
       R"({"target": "Window/Save", "button": "left", "count": 1, "modifiers": "Ctrl"})"},
      {"post", "/api/ui/hover", "Put the mouse on an item", {}, R"({"target": "Window/Save"})"},
      {"post", "/api/ui/focus", "Focus an item or window", {}, R"({"target": "Window/Name"})"},
      {"post",
       "/api/ui/drag",
       "Drag an item onto another (to), or by an offset in pixels (dx, dy)",
       {},
       R"({"target": "Window/a", "to": "Window/b"})"},
      {"post",
       "/api/ui/scroll",
       "Turn the wheel over an item or window",
       {},
       R"({"target": "Window", "dx": 0, "dy": -3})"},
      {"post", "/api/ui/press", "Press a chord", {}, R"({"keys": "Ctrl+S"})"},
      {"post", "/api/ui/type", "Type into what has the focus", {}, R"({"text": "Ada"})"},
      {"post",
       "/api/ui/set_value",
       "Fill an input or slider, choose in a combo, check, open",
       {},
       R"({"target": "Window/Name", "value": "Ada"})"},
      {"post", "/api/ui/menu", "Choose in a menu", {}, R"({"path": "File/Save", "window": ""})"},
      {"post",
       "/api/ui/window",
       "close, raise, collapse, expand, resize or move a window",
       {},
       R"({"target": "Window", "action": "resize", "x": 400, "y": 300})"},
      {"post",
       "/api/ui/wait",
       "Wait for a state of an item or window, for frames without a change (still), or for a check",
       {},
       R"({"target": "Window/Save", "state": "enabled", "timeout_ms": 5000})"},
      {"post",
       "/api/ui/record",
       "Write down what a person does from now on, as Python test code; or end that",
       {},
       R"({"on": false})"},
      {"get", "/api/ui/record", "The steps so far, and the test"},
      {"get", "/api/actions", "The named actions that the program adds"},
      {"post",
       "/api/actions/{name}",
       "Run a named action of the program; the body is its arguments",
       {"timeout_ms"},
       R"({"amount": 1})"},
      {"get", "/api/state", "All the state that the program lets be read", {"timeout_ms"}},
      {"get", "/api/state/{name}", "One piece of that state", {"timeout_ms"}},
      {"get",
       "/api/trace",
       "What happened when, in Chrome's trace format; opens in Perfetto",
       {"since", "cat"}},
      {"get", "/api/frames", "The timing of the last frames", {"last"}},
      {"get", "/api/openapi.json", "This description"},
  };
}

std::string OpenApiJson(const std::string& app, const std::string& version,
                        const std::vector<RouteInfo>& routes) {
  Json paths = Json::object();
  for (const RouteInfo& route : routes) paths[route.path][route.method] = Describe(route);
  const Json api = {
      {"openapi", "3.1.0"},
      {"info", {{"title", app}, {"version", version}}},
      {"components", {{"securitySchemes", {{"token", {{"type", "http"}, {"scheme", "bearer"}}}}}}},
      {"security", Json::array({{{"token", Json::array()}}})},
      {"paths", paths}};
  return api.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace proctor::hooks
