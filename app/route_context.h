#pragma once

#include <fmt/format.h>

#include <atomic>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

#include "app/routes.h"
#include "hooks/hooks.h"

namespace proctor {

/// What the dashboard's route handlers share; lives as long as the routes. Called from
/// the server's threads.
struct RouteContext {
  explicit RouteContext(RouteOptions given) : options(std::move(given)) {}

  RouteOptions options;
  std::atomic<uint64_t> next_request = 1;
  State empty;  ///< before the engine has published one

  hooks::HttpAnswer Post(Event event) {
    options.post(std::move(event));
    return {.status = 202, .body = fmt::format(R"({{"id":{}}})", next_request++)};
  }
};
using SharedRouteContext = std::shared_ptr<RouteContext>;

/// The state, or a stand-in before there is one.
struct StateView {
  std::shared_ptr<const State> held;
  const State& state;
  uint64_t version;
};
inline StateView ViewOf(const RouteContext& context) {
  auto [held, version] = context.options.states.Read();
  const State& state = held ? *held : context.empty;
  return {std::move(held), state, version};
}

/// The body as a JSON object; an empty body is an empty object, anything else is none.
inline std::optional<nlohmann::json> ObjectOf(const hooks::HttpRequest& request) {
  if (request.body.empty()) return nlohmann::json::object();
  auto body = nlohmann::json::parse(request.body, nullptr, false);
  if (!body.is_object()) return std::nullopt;
  return body;
}

inline hooks::HttpAnswer BadBody(std::string_view hint) {
  return hooks::ErrorAnswer(400, "the body is not what this route takes", hint);
}

/// 404, with the lanes that there are.
inline hooks::HttpAnswer NoLane(const State& state, std::string_view lane) {
  return hooks::ErrorAnswer(404, fmt::format("no lane {}", lane),
                            fmt::format("there are the lanes 0 to {}; GET /api/subjects lists them",
                                        state.lanes.size() - 1));
}

/// /api/batch/…: what is asked of the batch (batch_routes.cc).
void AddBatchRoutes(hooks::Hooks& hooks, const SharedRouteContext& context);

}  // namespace proctor
