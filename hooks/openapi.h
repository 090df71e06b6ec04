#pragma once
// The description of a program's routes: GET /api/openapi.json, in OpenAPI 3.1.

#include <string>
#include <utility>
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
  /// Of the body: "name:type", parted by spaces; a "!" after the name: it must be there; types
  /// parted by "|": any of them. Others are refused. Null: not told.
  const char* members = nullptr;
  const char* answer = nullptr;          ///< the schema of a good answer, by its name
  std::vector<const char*> errors = {};  ///< statuses, next to those of the door
};

/// The routes that every program with the hooks has.
std::vector<RouteInfo> HooksRoutes();

/// The document. `served`, as method and pattern: what of it was not described is in the document
/// all the same, as "x-undescribed", and what was described but is not served is marked "x-absent".
std::string OpenApiJson(const std::string& app, const std::string& version,
                        const std::vector<RouteInfo>& routes,
                        const std::vector<std::pair<std::string, std::string>>& served = {});

}  // namespace proctor::hooks
