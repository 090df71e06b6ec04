#include <doctest/doctest.h>

#include <optional>
#include <string>

#include "hooks/access.h"

namespace proctor::hooks {
namespace {

const Door kDoor = {.token = "secret-token", .port = 8123};

HttpRequest Request(std::map<std::string, std::string> headers) {
  return {.method = "GET", .path = "/x", .headers = std::move(headers)};
}

int StatusOf(const std::optional<HttpAnswer>& refusal) {
  return refusal ? refusal->status : 200;
}

int Knock(Access access, std::map<std::string, std::string> headers) {
  return StatusOf(Refuse(Request(std::move(headers)), access, kDoor));
}

}  // namespace

TEST_CASE("a token passes only when it is the whole token") {
  CHECK(SameToken("abc", "abc"));
  CHECK_FALSE(SameToken("abd", "abc"));
  CHECK_FALSE(SameToken("ab", "abc"));
  CHECK_FALSE(SameToken("abcd", "abc"));
  CHECK_FALSE(SameToken("", "abc"));
  CHECK_FALSE(SameToken("", ""));  // a server without a token lets nobody in
}

TEST_CASE("random tokens are 256 bits and differ") {
  const std::string one = RandomToken();
  CHECK(one.size() == 64);
  CHECK(one.find_first_not_of("0123456789abcdef") == std::string::npos);
  CHECK(one != RandomToken());
}

TEST_CASE("Host names the loopback, in any case and with any port") {
  for (const char* host :
       {"127.0.0.1", "127.0.0.1:8123", "localhost", "LocalHost:1", "[::1]:80", "[::1]"}) {
    CAPTURE(host);
    CHECK(IsLoopbackHost(host));
  }
  for (const char* host : {"", "example.org", "127.0.0.1.example.org", "localhost.example.org:80",
                           "127.0.0.1:80:80", "localhost:", "::1", "0.0.0.0", "127.0.0.1@evil"}) {
    CAPTURE(host);
    CHECK_FALSE(IsLoopbackHost(host));
  }
}

TEST_CASE("only the server's own origin is not foreign") {
  CHECK(IsOwnOrigin("http://127.0.0.1:8123", 8123));
  CHECK(IsOwnOrigin("http://localhost:8123", 8123));
  for (const char* origin :
       {"null", "http://127.0.0.1:8888", "http://localhost", "https://localhost:8123",
        "http://example.org:8123", "http://localhost:8123.example.org"}) {
    CAPTURE(origin);
    CHECK_FALSE(IsOwnOrigin(origin, 8123));
  }
}

TEST_CASE("an open route asks for no token but for a loopback Host") {
  CHECK(Knock(Access::Open, {{"host", "127.0.0.1:8123"}}) == 200);
  CHECK(Knock(Access::Open, {{"host", "rebound.example.org"}}) == 403);
  CHECK(Knock(Access::Open, {}) == 403);
}

TEST_CASE("a token route refuses a missing, wrong or oddly sent token") {
  const std::string host = "127.0.0.1:8123";
  CHECK(Knock(Access::Token, {{"host", host}}) == 401);
  CHECK(Knock(Access::Token, {{"host", host}, {"authorization", "Bearer wrong-token!"}}) == 401);
  CHECK(Knock(Access::Token, {{"host", host}, {"authorization", "secret-token"}}) == 401);
  CHECK(Knock(Access::Token, {{"host", host}, {"authorization", "Basic secret-token"}}) == 401);
  CHECK(Knock(Access::Token, {{"host", host}, {"authorization", "Bearer secret-token"}}) == 200);
  CHECK(Knock(Access::Token, {{"host", host}, {"authorization", "bearer secret-token"}}) == 200);
}

TEST_CASE("a foreign Origin is refused on every route, token or not") {
  const std::string host = "127.0.0.1:8123";
  for (Access access : {Access::Open, Access::Token}) {
    CHECK(Knock(access, {{"host", host},
                         {"origin", "http://example.org"},
                         {"authorization", "Bearer secret-token"}}) == 403);
    CHECK(Knock(access, {{"host", host},
                         {"origin", "http://127.0.0.1:8123"},
                         {"authorization", "Bearer secret-token"}}) == 200);
  }
}

TEST_CASE("a refusal says what to do") {
  const auto refusal = Refuse(Request({{"host", "localhost"}}), Access::Token, kDoor);
  REQUIRE(refusal);
  CHECK(refusal->body.find(R"("error":)") != std::string::npos);
  CHECK(refusal->body.find("Authorization: Bearer") != std::string::npos);
  CHECK(refusal->body.find("secret-token") == std::string::npos);
}

}  // namespace proctor::hooks
