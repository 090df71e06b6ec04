#include <string_view>
#include <system_error>

#include "core/config/config.h"

namespace proctor {
namespace {

namespace fs = std::filesystem;

/// How far and how long a directory without any marker is searched for test files.
constexpr int kMaxDepth = 4;
constexpr int kMaxEntries = 20'000;

bool IsTestFile(std::string_view name) {
  return name.ends_with(".py") && (name.starts_with("test_") || name.ends_with("_test.py"));
}

bool IsMarker(std::string_view name) {
  return name == "conftest.py" || name == "pytest.ini" || name == "pyproject.toml";
}

bool MaySearch(std::string_view directory) {
  return !directory.starts_with(".") && directory != "node_modules" && directory != "__pycache__" &&
         directory != "venv" && directory != "build";
}

bool HoldsTests(const fs::path& directory) {
  std::error_code error;
  fs::recursive_directory_iterator it(directory, fs::directory_options::skip_permission_denied,
                                      error);
  int entries = 0;
  for (; !error && it != fs::recursive_directory_iterator(); it.increment(error)) {
    const std::string name = it->path().filename();
    std::error_code gone;
    const bool is_directory = it->is_directory(gone);
    if (!is_directory && IsTestFile(name)) return true;
    if (!is_directory && it.depth() == 0 && IsMarker(name)) return true;
    if (is_directory && (it.depth() >= kMaxDepth || !MaySearch(name))) {
      it.disable_recursion_pending();
    }
    if (++entries > kMaxEntries) return false;
  }
  return false;
}

}  // namespace

std::optional<Config> DetectSuite(const fs::path& path) {
  std::error_code error;
  const fs::path whole = fs::absolute(path).lexically_normal();
  Config config;
  SuiteConfig suite;
  if (fs::is_directory(whole, error)) {
    if (!HoldsTests(whole)) return std::nullopt;
    config.directory = whole.has_filename() ? whole : whole.parent_path();
  } else if (fs::is_regular_file(whole, error) && whole.extension() == ".py") {
    config.directory = whole.parent_path();
    suite.paths = {whole.filename()};
  } else {
    return std::nullopt;
  }
  suite.name = ToString(suite.runner);
  config.suites.push_back(std::move(suite));
  return config;
}

std::optional<fs::path> FindConfig(const fs::path& path) {
  std::error_code error;
  for (fs::path at = fs::absolute(path).lexically_normal();; at = at.parent_path()) {
    const fs::path file = at / "proctor.toml";
    if (fs::exists(file, error)) return file;
    if (at == at.parent_path()) return std::nullopt;
  }
}

}  // namespace proctor
