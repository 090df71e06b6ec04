#pragma once
// The description of a program's routes: GET /api/openapi.json, in OpenAPI 3.1.

#include <string>
#include <vector>

namespace proctor::hooks {

/// One route, as people are told of it.
struct RouteInfo {
  const char* method;  ///< "get", "post", …
  const char* path;    ///< parts in braces are parameters
  const char* summary;
  std::vector<const char*> query = {};  ///< names of the query's parameters
  const char* body = nullptr;           ///< an example in JSON; null: takes none
  const char* success = "200";          ///< the status of a good answer
  bool open = false;                    ///< takes no token
};

/// The routes that every program with the hooks has.
std::vector<RouteInfo> HooksRoutes();

std::string OpenApiJson(const std::string& app, const std::string& version,
                        const std::vector<RouteInfo>& routes);

}  // namespace proctor::hooks
