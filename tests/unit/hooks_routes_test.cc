#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "hooks/routes.h"

namespace proctor::hooks {
namespace {

using Matches = std::vector<std::string>;

Route Answering(std::string method, std::string pattern, int status) {
  return {.method = std::move(method),
          .pattern = std::move(pattern),
          .handler = [status](const HttpRequest&) { return HttpAnswer{.status = status}; }};
}

int Call(const RouteTable& table, const char* method, const char* path) {
  const Found found = table.Find(method, path);
  return found.route ? found.route->handler({}).status : 404;
}

}  // namespace

TEST_CASE("a pattern without variables matches itself alone") {
  CHECK(MatchPattern("/api/state", "/api/state") == Matches{});
  for (const char* path : {"/api/state/", "/api/stat", "/api", "/api/state/x", "", "//api/state"}) {
    CAPTURE(path);
    CHECK_FALSE(MatchPattern("/api/state", path));
  }
  CHECK(MatchPattern("/", "/") == Matches{});
}

TEST_CASE("a variable matches one segment that is not empty") {
  CHECK(MatchPattern("/api/{lane}/kill", "/api/3/kill") == Matches{"3"});
  CHECK(MatchPattern("/{a}/{b}", "/x/y") == Matches{"x", "y"});
  CHECK_FALSE(MatchPattern("/api/{lane}/kill", "/api//kill"));
  CHECK_FALSE(MatchPattern("/api/{lane}/kill", "/api/3/4/kill"));
  CHECK_FALSE(MatchPattern("/api/{lane}", "/api/"));
}

TEST_CASE("a final starred variable matches the rest, slashes too") {
  CHECK(MatchPattern("/t/{id*}", "/t/tests/a.py::x[1]") == Matches{"tests/a.py::x[1]"});
  CHECK(MatchPattern("/t/{id*}", "/t/one") == Matches{"one"});
  CHECK_FALSE(MatchPattern("/t/{id*}", "/t/"));
  CHECK_FALSE(MatchPattern("/t/{id*}", "/t"));
  CHECK_FALSE(MatchPattern("/t/{id*}", "/u/one"));
}

TEST_CASE("the first added of the matching routes answers") {
  RouteTable table;
  table.Add(Answering("GET", "/a/{x}", 201));
  table.Add(Answering("GET", "/a/b", 202));
  CHECK(Call(table, "GET", "/a/b") == 201);
}

TEST_CASE("a route of the same method and pattern replaces the earlier one") {
  RouteTable table;
  table.Add(Answering("GET", "/a", 201));
  table.Add(Answering("GET", "/a", 202));
  CHECK(Call(table, "GET", "/a") == 202);
}

TEST_CASE("a path that exists under another method is told so") {
  RouteTable table;
  table.Add(Answering("POST", "/a", 200));
  const Found found = table.Find("GET", "/a");
  CHECK_FALSE(found.route);
  CHECK(found.other_methods == std::vector<std::string>{"POST"});
  CHECK(table.Find("GET", "/b").other_methods.empty());
}

TEST_CASE("HEAD is answered by the route of GET") {
  RouteTable table;
  table.Add(Answering("GET", "/a", 204));
  CHECK(Call(table, "HEAD", "/a") == 204);
}

TEST_CASE("a path may have an answer and a stream, and the client chooses") {
  RouteTable table;
  table.Add({.method = "GET", .pattern = "/e", .handler = [](const HttpRequest&) {
               return HttpAnswer{};
             }});
  table.Add({.method = "GET", .pattern = "/e", .stream = [](const HttpRequest&, EventStream&) {}});
  CHECK(table.Find("GET", "/e").route->handler);
  CHECK(table.Find("GET", "/e", Wanted::Stream).route->stream);
  table.Add({.method = "GET", .pattern = "/s", .stream = [](const HttpRequest&, EventStream&) {}});
  CHECK(table.Find("GET", "/s").route->stream);
}

}  // namespace proctor::hooks
