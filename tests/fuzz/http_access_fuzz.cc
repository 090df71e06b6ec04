// Paths against route patterns, and the door: Host, Origin, token.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "hooks/access.h"
#include "hooks/routes.h"

using namespace proctor::hooks;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const size_t cut = input.find('\n');
  const std::string_view first = input.substr(0, cut);
  const std::string_view second = cut == std::string_view::npos ? "" : input.substr(cut + 1);

  MatchPattern("/api/tests/{id*}", first);
  MatchPattern(first, second);

  // Nobody gets in by a header alone, whatever stands in it.
  const Door door{.token = "0123456789abcdef0123456789abcdef", .port = 8080};
  HttpRequest request{.method = "POST", .path = "/api/ui/click"};
  request.headers["host"] = std::string(first);
  request.headers["authorization"] = std::string(second);
  const bool has_token = second.find(door.token) != std::string_view::npos;
  if (!Refuse(request, Access::Token, door) && !(has_token && IsLoopbackHost(first))) std::abort();

  // What passes as the server's own origin names this machine.
  const bool own = IsOwnOrigin(first, door.port);
  const bool local = first.find("127.0.0.1") != std::string_view::npos ||
                     first.find("[::1]") != std::string_view::npos || first.size() >= 16;
  if (own && !local) std::abort();
  return 0;
}
