#include "hooks/openapi.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <string_view>

namespace proctor::hooks {
namespace {

using Json = nlohmann::ordered_json;

/// Every path parameter of a path.
void AddPathParameters(std::string_view path, Json& parameters) {
  for (size_t open = path.find('{'); open != std::string_view::npos; open = path.find('{', open)) {
    const size_t close = path.find('}', open);
    parameters.push_back({{"name", path.substr(open + 1, close - open - 1)},
                          {"in", "path"},
                          {"required", true},
                          {"schema", {{"type", "string"}}}});
    open = close;
  }
}

std::vector<std::string_view> SplitAt(std::string_view text, char at) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const size_t end = std::min(text.find(at), text.size());
    parts.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

Json ReferenceTo(std::string_view schema) {
  return {{"$ref", "#/components/schemas/" + std::string(schema)}};
}

/// "string", "number|null", or the name of a schema; "[]" after it: a list of such.
Json TypeOf(std::string_view text) {
  if (text.ends_with("[]")) {
    return {{"type", "array"}, {"items", TypeOf(text.substr(0, text.size() - 2))}};
  }
  if (text.front() >= 'A' && text.front() <= 'Z') {
    const size_t end = text.find('|');
    if (end == std::string_view::npos) return ReferenceTo(text);
    return {{"oneOf", {ReferenceTo(text.substr(0, end)), TypeOf(text.substr(end + 1))}}};
  }
  const std::vector<std::string_view> types = SplitAt(text, '|');
  return {{"type", types.size() == 1 ? Json(types.front()) : Json(types)}};
}

enum class Others { Refused, Allowed };

/// The schema of an object, from its members as RouteInfo gives them.
Json ObjectSchema(std::string_view members, Others others) {
  Json properties = Json::object();
  Json required = Json::array();
  for (const std::string_view member : SplitAt(members, ' ')) {
    const size_t colon = std::min(member.find(':'), member.size());
    std::string_view name = member.substr(0, colon);
    if (name.ends_with('!')) {
      name.remove_suffix(1);
      required.push_back(name);
    }
    const bool any = colon == member.size();
    properties[std::string(name)] = any ? Json(true) : TypeOf(member.substr(colon + 1));
  }
  Json schema = {{"type", "object"}, {"properties", std::move(properties)}};
  if (!required.empty()) schema["required"] = std::move(required);
  if (others == Others::Refused) schema["additionalProperties"] = false;
  return schema;
}

Json Schemas() {
  constexpr std::pair<const char*, const char*> kSchemas[] = {
      {"Error", "error!:string hint!:string nearest:string[] tree:Tree"},
      {"Rect", "x!:number y!:number w!:number h!:number"},
      {"Item",
       "path!:string id!:string label!:string kind!:string rect!:Rect enabled!:boolean "
       "visible!:boolean clipped!:boolean covered_by!:string|null checked!:boolean|null "
       "opened!:boolean|null value!:string|null focused!:boolean active!:boolean "
       "duplicate!:boolean window:string"},
      {"Window",
       "path!:string id!:string title!:string kind!:string rect!:Rect collapsed!:boolean "
       "focused!:boolean scroll!:object scroll_max!:object text:string"},
      {"Tree",
       "frame!:integer modal!:string|null windows!:Window[] items!:Item[] duplicates!:string[]"},
      {"Done",
       "target!:string|null frame!:integer frames!:integer took_ms!:number item!:Item|null "
       "window!:Window|null"},
      {"Failure",
       "kind!:string message!:string expression:string|null file:string|null line:integer|null "
       "window:string|null frame:integer|null time:string|null backtrace:string[]"},
      {"Health",
       "healthy!:boolean state!:string degraded_reason!:string|null last_assert!:Failure|null "
       "first_error!:Failure|null asserts!:integer recovered!:integer io_pool_alive!:boolean|null "
       "checks!:object frame!:integer frame_age_ms!:number|null frame_ms!:object app!:string "
       "version!:string pid!:integer generation!:integer uptime_s!:number"},
      {"Guard", "fenced!:string[] new_contexts!:integer given_up!:boolean"},
      {"Recording", "recording!:boolean steps!:object[] python!:string"},
      {"Ran", "action!:string result! took_ms!:number"},
      {"Read", "name!:string value!"},
      {"State", "state!:object errors!:object error:string hint:string"}};
  Json schemas = Json::object();
  for (const auto& [name, members] : kSchemas) {
    schemas[name] = ObjectSchema(members, Others::Allowed);
  }
  return schemas;
}

Json JsonContent(Json schema) {
  return {{"application/json", {{"schema", std::move(schema)}}}};
}

Json Responses(const RouteInfo& route) {
  Json good = {{"description", "see summary"}};
  if (route.answer != nullptr) good["content"] = JsonContent(ReferenceTo(route.answer));
  Json responses = {{route.success, std::move(good)}};
  std::vector<std::string> statuses = {"403"};
  if (!route.open) statuses.push_back("401");
  if (route.body != nullptr) statuses.insert(statuses.end(), {"400", "411", "413", "415"});
  statuses.insert(statuses.end(), route.errors.begin(), route.errors.end());
  for (const std::string& status : statuses) {
    responses[status] = {{"description", "what happened, and what to do"},
                         {"content", JsonContent(ReferenceTo("Error"))}};
  }
  return responses;
}

Json Describe(const RouteInfo& route) {
  Json operation = {{"summary", route.summary}};
  if (route.open) operation["security"] = Json::array();
  Json parameters = Json::array();
  AddPathParameters(route.path, parameters);
  for (const char* name : route.query) {
    parameters.push_back({{"name", name}, {"in", "query"}, {"schema", {{"type", "string"}}}});
  }
  if (!parameters.empty()) operation["parameters"] = std::move(parameters);
  if (route.body != nullptr) {
    Json content = {{"example", Json::parse(route.body)}};
    if (route.members != nullptr) content["schema"] = ObjectSchema(route.members, Others::Refused);
    operation["requestBody"] = {{"content", {{"application/json", std::move(content)}}}};
  }
  operation["responses"] = Responses(route);
  return operation;
}

/// A pattern as OpenAPI writes it: without the "*" of a parameter that takes the rest.
std::string WithoutStars(std::string pattern) {
  std::erase(pattern, '*');
  return pattern;
}

/// Makes the document tell of all that is served, and of that alone.
void Compare(const std::vector<std::pair<std::string, std::string>>& served, Json& paths) {
  std::set<std::pair<std::string, std::string>> known;
  for (const auto& [method, pattern] : served) {
    const std::string path = WithoutStars(pattern);
    known.emplace(path, method);
    Json& operation = paths[path][method];
    if (!operation.is_null()) continue;
    operation = Describe({method.c_str(), path.c_str(), "A route of the program's own"});
    operation["x-undescribed"] = true;
  }
  for (auto& [path, methods] : paths.items()) {
    for (auto& [method, operation] : methods.items()) {
      if (!known.contains({path, method})) operation["x-absent"] = true;
    }
  }
}

}  // namespace

std::string OpenApiJson(const std::string& app, const std::string& version,
                        const std::vector<RouteInfo>& routes,
                        const std::vector<std::pair<std::string, std::string>>& served) {
  Json paths = Json::object();
  for (const RouteInfo& route : routes) paths[route.path][route.method] = Describe(route);
  if (!served.empty()) Compare(served, paths);
  const Json api = {{"openapi", "3.1.0"},
                    {"info", {{"title", app}, {"version", version}}},
                    {"components",
                     {{"securitySchemes", {{"token", {{"type", "http"}, {"scheme", "bearer"}}}}},
                      {"schemas", Schemas()}}},
                    {"security", Json::array({{{"token", Json::array()}}})},
                    {"paths", paths}};
  return api.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace proctor::hooks
