// The sandbox-runtime's settings, read more strictly than it reads them itself.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "core/kernel/srt_settings.h"

using namespace proctor;
using nlohmann::json;

namespace {

json Least() {
  return {
      {"network", {{"allowedDomains", json::array()}, {"deniedDomains", json::array()}}},
      {"filesystem",
       {{"denyRead", json::array()}, {"allowWrite", json::array()}, {"denyWrite", json::array()}}}};
}

/// What is wrong with the least settings and one member more, or another one; empty: nothing.
std::string ErrorWith(const char* pointer, const json& value) {
  json settings = Least();
  settings[json::json_pointer(pointer)] = value;
  const auto parsed = ParseSrtSettings(settings.dump());
  return parsed ? std::string() : parsed.error();
}

bool Contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("the least settings that srt takes deny all that they can") {
  const auto settings = ParseSrtSettings(Least().dump());
  REQUIRE(settings);
  CHECK_FALSE(settings->all_unix_sockets);
  CHECK_FALSE(settings->files_unrestricted);
  CHECK(settings->allow_write.empty());
  CHECK(settings->bwrap == "bwrap");
  CHECK(settings->socat == "socat");
  CHECK(settings->ripgrep == "rg");
}

TEST_CASE("settings of every kind are taken") {
  const auto settings = ParseSrtSettings(R"({
    "network": {"allowedDomains": ["example.com", "*.example.com:443", "localhost:80", "[::1]:443"],
      "deniedDomains": ["*", "*:25", "[2001:db8::1]"], "allowUnixSockets": ["/run/docker.sock"],
      "allowAllUnixSockets": true, "allowLocalBinding": false, "httpProxyPort": 8080,
      "socksProxyPort": 65535, "mitmProxy": {"socketPath": "/s", "domains": ["a.b"]},
      "tlsTerminate": {"maxTunnels": 4}, "filterRequest": 5, "ambiguousRequestTarget": "asSpelled"},
    "filesystem": {"denyRead": ["~/.ssh"], "allowWrite": [".", {"path": "/a*b", "literal": true}],
      "denyWrite": ["/b"], "disabled": true},
    "ignoreViolations": {"*": ["/usr/bin"], "any command": []}, "enableWeakerNestedSandbox": true,
    "credentials": {"files": [{"path": "~/.netrc", "mode": "mask", "decode": "jwt"}]},
    "mandatoryDenySearchDepth": 3, "ripgrep": {"command": "/opt/rg", "args": ["-a"]},
    "bwrapPath": "/opt/bwrap", "socatPath": "/opt/socat", "git": {"safeDirectories": ["/x"]}})");
  REQUIRE_MESSAGE(settings, settings.error());
  CHECK(settings->all_unix_sockets);
  CHECK(settings->files_unrestricted);
  CHECK(settings->allow_write == std::vector<std::string>{".", "/a*b"});
  CHECK(settings->deny_write == std::vector<std::string>{"/b"});
  CHECK(settings->bwrap == "/opt/bwrap");
  CHECK(settings->socat == "/opt/socat");
  CHECK(settings->ripgrep == "/opt/rg");
}

TEST_CASE("an unknown setting is refused, and the nearest is named") {
  CHECK(Contains(ErrorWith("/network/allowedDomain", json::array()),
                 "network.allowedDomain is no setting that srt knows, and it would leave it out: "
                 "did you mean 'allowedDomains'?"));
  CHECK(
      Contains(ErrorWith("/filesystem/allowWrites", json::array()), "did you mean 'allowWrite'?"));
  CHECK(Contains(ErrorWith("/netwrk", json::object()), "did you mean 'network'?"));
  CHECK(Contains(ErrorWith("/sandbox", true), "known are "));
  CHECK(Contains(ErrorWith("/network!", json::object()), "network! is no setting"));
  CHECK(Contains(
      ErrorWith("/credentials", {{"files", {{{"path", "/a"}, {"mode", "deny"}, {"mod", 1}}}}}),
      "credentials.files[0].mod is no setting"));
}

TEST_CASE("a missing setting is named") {
  for (const char* pointer :
       {"/network", "/filesystem", "/network/allowedDomains", "/network/deniedDomains",
        "/filesystem/denyRead", "/filesystem/allowWrite", "/filesystem/denyWrite"}) {
    const json without = Least().patch({{{"op", "remove"}, {"path", pointer}}});
    const auto parsed = ParseSrtSettings(without.dump());
    CAPTURE(pointer);
    REQUIRE_FALSE(parsed);
    CHECK(Contains(parsed.error(), " is missing, and srt asks for it"));
  }
  CHECK(Contains(ErrorWith("/ripgrep", json::object()), "ripgrep.command is missing"));
}

TEST_CASE("a setting of a wrong type is named, with what it is and what it should be") {
  CHECK(ErrorWith("/network", json::array()) == "network is [], no object");
  CHECK(ErrorWith("/filesystem/allowWrite", "/tmp") ==
        "filesystem.allowWrite is \"/tmp\", no list");
  CHECK(ErrorWith("/network/allowAllUnixSockets", "yes") ==
        "network.allowAllUnixSockets is \"yes\", not true or false");
  CHECK(Contains(ErrorWith("/network/httpProxyPort", 0), "not a port number"));
  CHECK(Contains(ErrorWith("/network/httpProxyPort", "8080"), "not a port number"));
  CHECK(Contains(ErrorWith("/filesystem/denyRead", {"/a", 5}), "filesystem.denyRead[1] is 5, not"));
  CHECK(Contains(ErrorWith("/filesystem/denyRead", {""}), "not a path"));
  CHECK(Contains(ErrorWith("/filesystem/denyRead", {{{"path", "/a"}, {"literal", false}}}),
                 "not a path"));
  CHECK(Contains(ErrorWith("/network/ambiguousRequestTarget", "guess"), "not one of refuse, "));
  CHECK(Contains(ErrorWith("/mandatoryDenySearchDepth", 1.5), "not a whole number"));
  CHECK(Contains(ErrorWith("/bwrapPath", json::array()), "bwrapPath is [], not text"));
  CHECK(Contains(ErrorWith("/ignoreViolations", {{"a", "b"}}),
                 "ignoreViolations.a is \"b\", no list"));
  CHECK(Contains(ErrorWith("/bwrapPath", std::vector<int>(100, 1)), "array of "));
}

TEST_CASE("a domain that no pattern may be is refused") {
  for (const char* domain :
       {"", "*", "*.com", "https://example.com", "example.com/path", "com", ".example.com",
        "example.com.", "*.a..b", "exa*mple.com", "example.com:0", "example.com:65536", "a:b:c",
        "2001:db8::1", "[::1", "[x]"}) {
    CAPTURE(domain);
    CHECK(Contains(ErrorWith("/network/allowedDomains", {domain}),
                   "network.allowedDomains[0] is \""));
  }
  CHECK(Contains(ErrorWith("/network/deniedDomains", {"*:0"}), "not a domain"));
}

TEST_CASE("what is no JSON is an error") {
  for (const char* text : {"", " ", "[]", "null", "{", "{'a': 1}", "// {}", "\xff"}) {
    const auto parsed = ParseSrtSettings(text);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error() == "it is no JSON object");
  }
}
