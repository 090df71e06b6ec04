#include "core/run/plan.h"

#include <algorithm>
#include <filesystem>

namespace proctor {
namespace {

namespace fs = std::filesystem;

fs::path Resolve(const fs::path& base, const std::string& path) {
  fs::path whole = (base / path).lexically_normal();
  return whole.has_filename() ? whole : whole.parent_path();
}

bool IsInside(const fs::path& inner, const fs::path& outer) {
  return std::mismatch(outer.begin(), outer.end(), inner.begin(), inner.end()).first == outer.end();
}

/// "tests/test_a.py::TestX" lies where "tests/test_a.py" lies.
fs::path FilePart(const std::string& path) {
  return path.substr(0, path.find("::"));
}

void AddOnce(std::vector<std::string>& paths, std::string path) {
  if (std::find(paths.begin(), paths.end(), path) == paths.end()) paths.push_back(std::move(path));
}

}  // namespace

std::vector<std::string> SelectPaths(const Config& config, const SuiteConfig& suite,
                                     const Selection& selection) {
  std::vector<std::string> paths;
  for (const std::string& written : suite.paths) {
    const fs::path own = Resolve(config.directory, written);
    if (selection.paths.empty()) AddOnce(paths, own.string());
    for (const std::string& selected : selection.paths) {
      const fs::path wanted = Resolve(config.directory, FilePart(selected).string());
      if (IsInside(wanted, own)) {
        AddOnce(paths, wanted.string() + selected.substr(FilePart(selected).string().size()));
      } else if (IsInside(own, wanted)) {
        AddOnce(paths, own.string());
      }
    }
  }
  return paths;
}

}  // namespace proctor
