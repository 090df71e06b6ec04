#include "core/process/environment.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

extern char** environ;

namespace proctor {
namespace {

constexpr std::string_view kUsualPath = "/usr/local/bin:/usr/bin:/bin";

}  // namespace

std::string_view ValueOf(const Environment& environment, std::string_view name,
                         std::string_view otherwise) {
  const auto found = std::find_if(environment.begin(), environment.end(),
                                  [&](const auto& entry) { return entry.first == name; });
  return found == environment.end() ? otherwise : std::string_view(found->second);
}

Environment OwnEnvironment() {
  Environment environment;
  for (char** entry = environ; *entry; ++entry) {
    const std::string_view text = *entry;
    const size_t equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    environment.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  return environment;
}

void Unset(Environment& environment, std::string_view name) {
  std::erase_if(environment, [&](const auto& entry) { return entry.first == name; });
}

void Set(Environment& environment, std::string_view name, std::string value) {
  Unset(environment, name);
  environment.emplace_back(name, std::move(value));
}

std::string FindOnPath(const Environment& environment, const std::string& program) {
  std::string_view path = ValueOf(environment, "PATH", kUsualPath);
  while (!path.empty()) {
    const std::string_view directory = path.substr(0, path.find(':'));
    std::string file = std::string(directory) + "/" + program;
    if (access(file.c_str(), X_OK) == 0) return file;
    path.remove_prefix(std::min(path.size(), directory.size() + 1));
  }
  return {};
}

bool IsOnPath(const Environment& environment, const std::string& program) {
  return !FindOnPath(environment, program).empty();
}

}  // namespace proctor
