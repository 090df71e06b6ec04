#include "hooks/http.h"

#include "hooks/json_text.h"

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
  return {.status = status, .body = ObjectText().Add("error", error).Add("hint", hint).Done()};
}

}  // namespace proctor::hooks
