#include "hooks/access.h"

#include <sys/random.h>

#include <array>
#include <charconv>
#include <cstddef>

namespace proctor::hooks {
namespace {

constexpr std::string_view kBearer = "bearer ";

bool IsDigits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

struct HostAndPort {
  std::string host;
  std::string port;  ///< "" where none is given
};

/// Splits "name:port" and "[v6]:port"; nothing for what is neither.
std::optional<HostAndPort> Split(std::string_view text) {
  const size_t bracket = text.rfind(']');
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || (bracket != std::string_view::npos && colon < bracket)) {
    return HostAndPort{Lower(text), ""};
  }
  if (!IsDigits(text.substr(colon + 1))) return std::nullopt;
  return HostAndPort{Lower(text.substr(0, colon)), std::string(text.substr(colon + 1))};
}

bool IsLoopbackName(std::string_view host) {
  return host == "127.0.0.1" || host == "localhost" || host == "[::1]";
}

std::string_view BearerOf(std::string_view authorization) {
  if (authorization.size() < kBearer.size()) return {};
  if (Lower(authorization.substr(0, kBearer.size())) != kBearer) return {};
  return authorization.substr(kBearer.size());
}

}  // namespace

bool SameToken(std::string_view given, std::string_view expected) {
  if (expected.empty() || given.size() != expected.size()) return false;
  volatile unsigned char difference = 0;  // volatile: the loop must not end early
  for (size_t i = 0; i < given.size(); ++i) {
    difference = difference | static_cast<unsigned char>(given[i] ^ expected[i]);
  }
  return difference == 0;
}

std::string RandomToken() {
  std::array<unsigned char, 32> bytes;
  if (getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) return {};
  std::string token;
  for (unsigned char byte : bytes) {
    token += "0123456789abcdef"[byte >> 4];
    token += "0123456789abcdef"[byte & 15];
  }
  return token;
}

bool IsLoopbackHost(std::string_view host) {
  const auto parts = Split(host);
  return parts && IsLoopbackName(parts->host);
}

bool IsOwnOrigin(std::string_view origin, int port) {
  constexpr std::string_view kScheme = "http://";
  if (origin.substr(0, kScheme.size()) != kScheme) return false;
  const auto parts = Split(origin.substr(kScheme.size()));
  if (!parts || !IsLoopbackName(parts->host)) return false;
  return parts->port == std::to_string(port) || (parts->port.empty() && port == 80);
}

std::optional<HttpAnswer> Refuse(const HttpRequest& request, Access access, const Door& door) {
  if (!IsLoopbackHost(request.header("host"))) {
    return ErrorAnswer(403, "the Host header does not name this machine's loopback",
                       "call http://127.0.0.1:" + std::to_string(door.port));
  }
  const std::string origin = request.header("origin");
  if (!origin.empty() && !IsOwnOrigin(origin, door.port)) {
    return ErrorAnswer(403, "requests from web pages of another origin are refused",
                       "leave the Origin header out");
  }
  if (access == Access::Open) return std::nullopt;
  if (SameToken(BearerOf(request.header("authorization")), door.token)) return std::nullopt;
  return ErrorAnswer(401, "this route takes the bearer token",
                     "send \"Authorization: Bearer <token>\"; the token stands in the discovery "
                     "file and in PROCTOR_TOKEN");
}

}  // namespace proctor::hooks
