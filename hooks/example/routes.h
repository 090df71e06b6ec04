#pragma once
// The demo's routes for tests. Each answers once its effect is in.

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace proctor::hooks {
class Hooks;
struct HttpAnswer;
struct HttpRequest;
}  // namespace proctor::hooks

namespace proctor::demo {

class Demo;

enum class FaultMode { Off, On };

/// /api/demo/…: read and change what the panels show.
void AddDemoRoutes(hooks::Hooks& hooks, Demo& demo);
/// POST /api/fault/NAME: break in a given way. Off, it only tells how to turn it on.
void AddFaultRoutes(hooks::Hooks& hooks, Demo& demo, FaultMode mode);

/// The request's body; an empty object where it is empty. Throws BadRequest.
nlohmann::json BodyOf(const hooks::HttpRequest& request);
hooks::HttpAnswer Answer(int status, const nlohmann::ordered_json& body);
hooks::HttpAnswer FrameLoopHangs();

/// The body is not what the route takes; becomes a 400.
struct BadRequest {
  std::string error;
  std::string hint;
};

}  // namespace proctor::demo
