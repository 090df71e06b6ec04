#include <fstream>
#include <string>
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

/// Percent format: a script whose cells begin with "# %%". What pytest would take is no notebook.
bool IsPercentScript(const fs::path& file) {
  if (file.extension() != ".py" || IsTestFile(file.filename().string())) return false;
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("# %%")) return true;
  }
  return false;
}

/// What is found in a directory, as far as it is searched.
struct Findings {
  bool tests = false;
  bool notebooks = false;
};

Findings LookInto(const fs::path& directory) {
  Findings found;
  std::error_code error;
  fs::recursive_directory_iterator it(directory, fs::directory_options::skip_permission_denied,
                                      error);
  int entries = 0;
  for (; !error && it != fs::recursive_directory_iterator(); it.increment(error)) {
    const std::string name = it->path().filename();
    std::error_code gone;
    const bool is_directory = it->is_directory(gone);
    found.tests |= !is_directory && (IsTestFile(name) || (it.depth() == 0 && IsMarker(name)));
    if (found.tests) return found;
    found.notebooks |= !is_directory && it->path().extension() == ".ipynb";
    if (is_directory && (it.depth() >= kMaxDepth || !MaySearch(name))) {
      it.disable_recursion_pending();
    }
    if (++entries > kMaxEntries) return found;
  }
  return found;
}

std::optional<Runner> RunnerFor(const fs::path& path) {
  std::error_code error;
  if (fs::is_directory(path, error)) {
    const Findings found = LookInto(path);
    if (found.tests) return Runner::Pytest;
    return found.notebooks ? std::optional(Runner::Notebook) : std::nullopt;
  }
  if (!fs::is_regular_file(path, error)) return std::nullopt;
  if (path.extension() == ".ipynb" || IsPercentScript(path)) return Runner::Notebook;
  return path.extension() == ".py" ? std::optional(Runner::Pytest) : std::nullopt;
}

}  // namespace

std::optional<Config> DetectSuite(const fs::path& path) {
  std::error_code error;
  const fs::path whole = fs::absolute(path).lexically_normal();
  const std::optional<Runner> runner = RunnerFor(whole);
  if (!runner) return std::nullopt;
  Config config;
  SuiteConfig suite;
  suite.runner = *runner;
  if (fs::is_directory(whole, error)) {
    config.directory = whole.has_filename() ? whole : whole.parent_path();
  } else {
    config.directory = whole.parent_path();
    suite.paths = {whole.filename()};
  }
  suite.name = ToString(suite.runner);
  config.suites.push_back(std::move(suite));
  if (*runner == Runner::Notebook) GiveEachFileAKernel(config);
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
