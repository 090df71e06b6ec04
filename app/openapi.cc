#include "app/openapi.h"

#include <nlohmann/json.hpp>

#include <string_view>
#include <vector>

namespace proctor {
namespace {

using Json = nlohmann::ordered_json;

struct Described {
  const char* method;
  const char* path;
  const char* summary;
  std::vector<const char*> query = {};
  const char* body = nullptr;  ///< an example; null: takes none
  const char* success = "200";
  bool open = false;  ///< takes no token
};

std::vector<Described> Routes() {
  return {
      {"get", "/api/gui_health", "The health of the frame loop", {}, nullptr, "200", true},
      {"post", "/api/gui_health/reset", "Forget what degraded the dashboard"},
      {"get", "/livez", "Whether the process answers", {}, nullptr, "200", true},
      {"get", "/readyz", "Whether the dashboard is healthy", {}, nullptr, "200", true},
      {"get", "/metrics", "Prometheus metrics", {}, nullptr, "200", true},
      {"post", "/api/shutdown", "Stop the batch and close", {}, nullptr, "202"},
      {"get",
       "/api/batch",
       "The batch: phase, counts, lanes. With wait_ms, waits until the version is newer than since",
       {"wait_ms", "since"}},
      {"get", "/api/tests", "Tests, page by page", {"outcome", "file", "text", "offset", "limit"}},
      {"get", "/api/tests/{id}", "One test with its details and output"},
      {"get", "/api/subjects", "Lanes, generations and file notes"},
      {"get", "/api/kernels", "Jupyter kernels"},
      {"get",
       "/api/events",
       "Journalled events after a number, as a JSON array; as server-sent events with "
       "Accept: text/event-stream",
       {"since", "limit"}},
      {"post",
       "/api/batch/run",
       "Run a batch",
       {},
       R"({"paths": [], "tests": [], "keyword": ""})",
       "202"},
      {"post",
       "/api/batch/rerun",
       "Run again: what failed, or all of the last selection",
       {},
       R"({"failed": true})",
       "202"},
      {"post",
       "/api/batch/stop",
       "Stop after the running test, or now",
       {},
       R"({"mode": "after_test"})",
       "202"},
      {"post", "/api/batch/pause", "Not there yet", {}, nullptr, "501"},
      {"post", "/api/batch/resume", "Not there yet", {}, nullptr, "501"},
      {"post", "/api/batch/step", "Not there yet", {}, nullptr, "501"},
      {"post",
       "/api/subjects/{lane}/restart",
       "Give the lane a fresh generation",
       {},
       nullptr,
       "202"},
      {"post",
       "/api/subjects/{lane}/kill",
       "End the lane's generation with SIGKILL",
       {},
       nullptr,
       "202"},
      {"post",
       "/api/restart_policy",
       "When a fresh generation is started",
       {},
       R"({"when": "unhealthy"})",
       "202"},
      {"post", "/api/kernels/{id}/execute", "Not there yet", {}, nullptr, "501"},
      {"post", "/api/kernels/{id}/interrupt", "Not there yet", {}, nullptr, "501"},
      {"post", "/api/kernels/{id}/restart", "Not there yet", {}, nullptr, "501"},
      {"post", "/api/gui/select", "Select a test in the window", {}, R"({"test": "<test id>"})"},
      {"post", "/api/gui/filter", "Fill the window's filter box", {}, R"({"text": ""})"},
      {"get", "/api/openapi.json", "This description"},
  };
}

void AddPathParameter(std::string_view path, Json& parameters) {
  const size_t open = path.find('{');
  if (open == std::string_view::npos) return;
  const size_t close = path.find('}', open);
  parameters.push_back({{"name", path.substr(open + 1, close - open - 1)},
                        {"in", "path"},
                        {"required", true},
                        {"schema", {{"type", "string"}}}});
}

Json Describe(const Described& route) {
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

std::string OpenApiJson() {
  Json paths = Json::object();
  for (const Described& route : Routes()) paths[route.path][route.method] = Describe(route);
  const Json api = {
      {"openapi", "3.0.3"},
      {"info", {{"title", "Proctor"}, {"version", "0.1.0"}}},
      {"components", {{"securitySchemes", {{"token", {{"type", "http"}, {"scheme", "bearer"}}}}}}},
      {"security", Json::array({{{"token", Json::array()}}})},
      {"paths", paths}};
  return api.dump();
}

}  // namespace proctor
