#include "app/gui_routes.h"

#include <nlohmann/json.hpp>

#include "app/workbench.h"
#include "hooks/hooks.h"

namespace proctor {
namespace {

using hooks::ErrorAnswer;
using hooks::HttpAnswer;
using hooks::HttpRequest;

/// The string member of that name in the body; none where it is not there.
std::optional<std::string> Member(const HttpRequest& request, const char* name) {
  const auto body = nlohmann::json::parse(request.body, nullptr, false);
  if (!body.is_object() || !body.contains(name) || !body[name].is_string()) return std::nullopt;
  return body[name].get<std::string>();
}

HttpAnswer Unheard() {
  return ErrorAnswer(503, "the window did not draw a frame in time",
                     "see /api/gui_health; it is hung or closing");
}

HttpAnswer Done(const char* name, const std::string& value) {
  const nlohmann::json body = {{name, value}};
  return {.body = body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)};
}

HttpAnswer Select(const HttpRequest& request, hooks::Hooks& hooks,
                  const Latest<const State>& states, const std::shared_ptr<Workbench>& bench) {
  const auto id = Member(request, "test");
  if (!id) return ErrorAnswer(400, "no test named", R"(send {"test": "<test id>"})");
  const auto state = states.Read().value;
  if (!state || !FindTest(*state, *id)) {
    return ErrorAnswer(404, "no test " + *id, "GET /api/tests lists them");
  }
  const bool drawn =
      hooks.RunOnFrame([bench, state, test = *id] { PickTest(bench->desk, *state, test); });
  return drawn ? Done("selected", *id) : Unheard();
}

HttpAnswer Filter(const HttpRequest& request, hooks::Hooks& hooks,
                  const std::shared_ptr<Workbench>& bench) {
  const auto text = Member(request, "text");
  if (!text) return ErrorAnswer(400, "no text", R"(send {"text": "<words>"}; "" shows all)");
  const bool drawn = hooks.RunOnFrame([bench, words = *text] { bench->tree.filter.text = words; });
  return drawn ? Done("filter", *text) : Unheard();
}

}  // namespace

void AddGuiRoutes(hooks::Hooks& hooks, const Latest<const State>& states,
                  std::shared_ptr<Workbench> bench) {
  hooks.AddRoute("POST", "/api/gui/select", hooks::Access::Token,
                 [&hooks, &states, bench](const HttpRequest& request) {
                   return Select(request, hooks, states, bench);
                 });
  hooks.AddRoute(
      "POST", "/api/gui/filter", hooks::Access::Token,
      [&hooks, bench](const HttpRequest& request) { return Filter(request, hooks, bench); });
}

}  // namespace proctor
