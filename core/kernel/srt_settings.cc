#include "core/kernel/srt_settings.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "core/config/suggest.h"

namespace proctor {
namespace {

using nlohmann::json;

/// What srt's own schema takes (dist/sandbox/sandbox-config.js of the package). A word is a type,
/// a list holds the type of its elements, an object its members: "name!" must be there, "*" are
/// names of any kind.
constexpr std::string_view kSchema = R"json({
  "network!": {
    "allowedDomains!": ["domain"], "deniedDomains!": ["denied domain"],
    "deniedDomainReasons": {"*": "text"}, "strictAllowlist": "flag",
    "deniedResolvedAddresses": ["text"],
    "allowUnixSockets": ["text"], "allowAllUnixSockets": "flag", "allowLocalBinding": "flag",
    "allowMachLookup": ["text"], "httpProxyPort": "port", "socksProxyPort": "port",
    "allowPlaintextHeaderSet": "flag", "stripResponseHeaders": ["text"],
    "refuseOpaqueTunnels": "flag", "requireHostMatch": "flag",
    "ambiguousRequestTarget": "one of refuse, asSpelled, normalize",
    "mitmProxy": {"socketPath!": "text", "domains!": ["domain"]},
    "filterRequest": "any",
    "tlsTerminate": {"caCertPath": "text", "caKeyPath": "text", "excludeDomains": ["text"],
      "extraCaCertPaths": ["text"], "maxTunnels": "number", "handshakeTimeoutMs": "number"},
    "parentProxy": {"http": "text", "https": "text", "noProxy": "text"}
  },
  "filesystem!": {
    "disabled": "flag", "denyRead!": ["path"], "allowRead": ["path"], "allowWrite!": ["path"],
    "denyWrite!": ["path"], "allowGitConfig": "flag"
  },
  "credentials": {
    "files": [{"path!": "text", "mode!": "one of deny, mask", "extract": "text",
      "onExtractNoMatch": "one of warn, deny, error", "decode": "one of jwt",
      "maskClaims": ["text"], "maskDuplicates": "flag", "injectHosts": ["text"]}],
    "envVars": [{"name!": "text", "mode!": "one of deny, mask", "extract": "text",
      "onExtractNoMatch": "one of warn, deny, error", "decode": "one of jwt",
      "maskClaims": ["text"], "injectHosts": ["text"]}],
    "allowPlaintextInject": "flag",
    "awsPairs": [{"accessKeyIdVar!": "text", "secretAccessKeyVar!": "text",
      "sessionTokenVar": "text"}],
    "sigv4": {"streaming": "one of deny, passthrough", "presigned": "one of deny, passthrough",
      "sigv4a": "one of deny, passthrough"}
  },
  "ignoreViolations": {"*": ["text"]},
  "enableWeakerNestedSandbox": "flag", "enableWeakerNetworkIsolation": "flag",
  "allowNestedUserNamespaces": "flag", "allowAppleEvents": "flag",
  "ripgrep": {"command!": "text", "args": ["text"], "argv0": "text"},
  "mandatoryDenySearchDepth": "number", "allowPty": "flag",
  "seccomp": {"applyPath": "text", "argv0": "text"},
  "bwrapPath": "text", "socatPath": "text", "javaAgentJarPath": "text",
  "windows": {"sandboxUser": "text", "sublayerGuid": "text", "wfpSublayerGuid": "text",
    "proxyPortRange": ["port"], "srtWin": {"path!": "text"},
    "backend": "one of mxc, srt-win"},
  "git": {"safeDirectories": ["text"]}
})json";

using Checked = Result<void, std::string>;

bool IsPort(std::string_view digits) {
  const bool numeric = !digits.empty() && digits.size() <= 5 && digits[0] != '0' &&
                       digits.find_first_not_of("0123456789") == std::string_view::npos;
  return numeric && std::stoi(std::string(digits)) <= 65535;
}

bool IsBracketedIpv6(std::string_view text) {
  const size_t close = text.find(']');
  if (!text.starts_with('[') || close == std::string_view::npos) return false;
  const std::string_view rest = text.substr(close + 1);
  in6_addr address;
  return inet_pton(AF_INET6, std::string(text.substr(1, close - 1)).c_str(), &address) == 1 &&
         (rest.empty() || (rest[0] == ':' && IsPort(rest.substr(1))));
}

/// "example.com", "*.example.com", "localhost", "[::1]", each also with ":443"; "*.com" is too
/// much.
bool IsDomainPattern(std::string_view text) {
  if (text.starts_with('[')) return IsBracketedIpv6(text);
  const size_t colon = text.rfind(':');
  if (colon != std::string_view::npos && IsPort(text.substr(colon + 1)))
    text = text.substr(0, colon);
  if (text == "localhost") return true;
  const bool wild = text.starts_with("*.");
  if (wild) text.remove_prefix(2);
  const bool dots_fit = text.find('.') != std::string_view::npos && !text.starts_with('.') &&
                        !text.ends_with('.') &&
                        (!wild || text.find("..") == std::string_view::npos);
  return dots_fit && text.find_first_of(":/*") == std::string_view::npos;
}

/// "*" and "*:443" as well.
bool IsDeniedDomain(std::string_view text) {
  return text == "*" || (text.starts_with("*:") && IsPort(text.substr(2))) || IsDomainPattern(text);
}

/// "/a/path", or the object that says that its "*" are to be taken as they stand.
bool IsPathEntry(const json& value) {
  if (value.is_string()) return !value.get_ref<const std::string&>().empty();
  return value.is_object() && value.size() == 2 && value.contains("path") &&
         value["path"].is_string() && !value["path"].get_ref<const std::string&>().empty() &&
         value.contains("literal") && value["literal"] == true;
}

bool IsPortNumber(const json& value) {
  return value.is_number_integer() && value >= 1 && value <= 65535;
}

bool IsOneOf(const json& value, std::string_view words) {
  return value.is_string() &&
         fmt::format(", {},", words).find(fmt::format(", {},", value.get<std::string>())) !=
             std::string::npos;
}

/// What a value ought to be in words; nothing: it is that.
std::optional<std::string> Misfit(const json& value, const std::string& type) {
  const auto fits = [&](bool fit, std::string_view words) {
    return fit ? std::nullopt : std::optional<std::string>(words);
  };
  if (type == "text") return fits(value.is_string(), "text");
  if (type == "flag") return fits(value.is_boolean(), "true or false");
  if (type == "number") return fits(value.is_number_integer() && value >= 1, "a whole number");
  if (type == "port") return fits(IsPortNumber(value), "a port number from 1 to 65535");
  if (type == "path") {
    return fits(IsPathEntry(value), "a path, or {\"path\": \"…\", \"literal\": true}");
  }
  if (type.starts_with("one of ")) return fits(IsOneOf(value, type.substr(7)), type);
  if (type == "domain" || type == "denied domain") {
    const auto fit = type == "domain" ? IsDomainPattern : IsDeniedDomain;
    return fits(value.is_string() && fit(value.get_ref<const std::string&>()),
                "a domain such as \"example.com\", \"*.example.com\" or \"example.com:443\"");
  }
  return std::nullopt;
}

std::string Shown(const json& value) {
  const std::string text = value.dump(-1, ' ', false, json::error_handler_t::replace);
  return text.size() <= 60 ? text : fmt::format("{} of {} bytes", value.type_name(), text.size());
}

Checked Check(const json& value, const json& type, const std::string& where);

Checked CheckList(const json& value, const json& type, const std::string& where) {
  if (!value.is_array()) return Failure{fmt::format("{} is {}, no list", where, Shown(value))};
  for (size_t i = 0; i < value.size(); ++i) {
    auto checked = Check(value[i], type[0], fmt::format("{}[{}]", where, i));
    if (!checked) return checked;
  }
  return {};
}

Checked Unknown(const std::string& key, const std::string& where, const json& members) {
  std::vector<std::string> names;
  for (const auto& member : members.items()) {
    names.push_back(member.key().substr(0, member.key().find('!')));
  }
  const std::vector<std::string_view> known(names.begin(), names.end());
  return Failure{fmt::format("{} is no setting that srt knows, and it would leave it out: {}",
                             where.empty() ? key : where + "." + key, Suggest(key, known))};
}

Checked CheckMembers(const json& value, const json& members, const std::string& where) {
  for (const auto& entry : value.items()) {
    const std::string& key = entry.key();
    auto type = members.find("*");
    if (type == members.end()) type = members.find(key + "!");
    if (type == members.end()) type = members.find(key);
    if (type == members.end() || key.ends_with('!')) return Unknown(key, where, members);
    auto checked = Check(entry.value(), *type, where.empty() ? key : where + "." + key);
    if (!checked) return checked;
  }
  for (const auto& member : members.items()) {
    if (!member.key().ends_with('!')) continue;
    const std::string name = member.key().substr(0, member.key().size() - 1);
    if (value.contains(name)) continue;
    return Failure{fmt::format("{} is missing, and srt asks for it; it may be empty",
                               where.empty() ? name : where + "." + name)};
  }
  return {};
}

Checked Check(const json& value, const json& type, const std::string& where) {
  if (type.is_array()) return CheckList(value, type, where);
  if (type.is_object()) {
    if (value.is_object()) return CheckMembers(value, type, where);
    return Failure{fmt::format("{} is {}, no object", where, Shown(value))};
  }
  const auto misfit = Misfit(value, type.get<std::string>());
  if (!misfit) return {};
  return Failure{fmt::format("{} is {}, not {}", where, Shown(value), *misfit)};
}

std::vector<std::string> Paths(const json& list) {
  std::vector<std::string> paths;
  for (const json& entry : list) {
    paths.push_back((entry.is_object() ? entry["path"] : entry).get<std::string>());
  }
  return paths;
}

}  // namespace

Result<SrtSettings, std::string> ParseSrtSettings(std::string_view text) {
  static const json schema = json::parse(kSchema);
  const json file = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!file.is_object()) return Failure{std::string("it is no JSON object")};
  if (auto checked = CheckMembers(file, schema, ""); !checked) return Failure{checked.error()};
  const json& network = file["network"];
  const json& files = file["filesystem"];
  SrtSettings settings{.all_unix_sockets = network.value("allowAllUnixSockets", false),
                       .files_unrestricted = files.value("disabled", false),
                       .allow_write = Paths(files["allowWrite"]),
                       .deny_write = Paths(files["denyWrite"])};
  settings.bwrap = file.value("bwrapPath", settings.bwrap);
  settings.socat = file.value("socatPath", settings.socat);
  if (file.contains("ripgrep")) settings.ripgrep = file["ripgrep"]["command"].get<std::string>();
  return settings;
}

}  // namespace proctor
