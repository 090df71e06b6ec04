#include "hooks/http.h"

#include <nlohmann/json.hpp>

namespace proctor::hooks {

std::string HttpRequest::header(std::string_view name) const {
  std::string lower(name);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  const auto found = headers.find(lower);
  return found == headers.end() ? std::string() : found->second;
}

std::string HttpRequest::param(std::string_view name, std::string_view otherwise) const {
  const auto found = params.find(std::string(name));
  return found == params.end() ? std::string(otherwise) : found->second;
}

HttpAnswer ErrorAnswer(int status, std::string_view error, std::string_view hint) {
  const nlohmann::ordered_json body = {{"error", error}, {"hint", hint}};
  return {.status = status,
          .body = body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)};
}

}  // namespace proctor::hooks
