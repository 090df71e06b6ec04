#pragma once
// Who may call: the rules for the bearer token, Host and Origin. Pure functions.
//
// The token keeps other users of the machine out, Host keeps out a web page whose
// name was rebound to 127.0.0.1, Origin any other web page.

#include <optional>
#include <string>
#include <string_view>

#include "hooks/http.h"

namespace proctor::hooks {

/// Compares in a time that depends on the lengths alone.
bool SameToken(std::string_view given, std::string_view expected);

/// 256 random bits in hexadecimal digits. Empty where the system gives none.
std::string RandomToken();

/// Whether a Host header names this machine's loopback: 127.0.0.1, localhost or
/// [::1], with any port or none.
bool IsLoopbackHost(std::string_view host);

/// Whether an Origin is the server's own: http on a loopback name and its port.
bool IsOwnOrigin(std::string_view origin, int port);

struct Door {
  std::string token;
  int port = 0;
};

/// The refusal, or nothing where the request may pass.
std::optional<HttpAnswer> Refuse(const HttpRequest& request, Access access, const Door& door);

}  // namespace proctor::hooks
