#pragma once

#include <string>

namespace proctor {

/// The body of GET /api/openapi.json: every route of the dashboard, in OpenAPI 3.
std::string OpenApiJson();

}  // namespace proctor
