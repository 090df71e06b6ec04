#include "core/runners/interpreters.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <optional>

namespace proctor {
namespace {

namespace fs = std::filesystem;

std::string Get(const Environment& environment, std::string_view name) {
  for (const auto& [key, value] : environment) {
    if (key == name) return value;
  }
  return {};
}

void AddOnce(std::vector<std::string>& list, std::filesystem::path path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return;
  // bin/python3 and /usr/bin/python3 are often one file; a virtual environment's
  // links are not resolved, because what they are called by is what they do.
  for (const std::string& other : list) {
    if (other == path) return;
  }
  list.push_back(path.string());
}

/// Whether a line of a .pth file may make packages importable from elsewhere: a folder does,
/// and so may a statement that speaks of the import system, as editable installs do.
bool AddsPackages(std::string_view line) {
  if (line.empty() || line.starts_with('#')) return false;
  if (!line.starts_with("import ") && !line.starts_with("import\t")) return true;
  constexpr std::array<std::string_view, 5> kWords = {"sys.path", "addsitedir", "meta_path",
                                                      "editable", "finder"};
  return std::any_of(kWords.begin(), kWords.end(),
                     [&](std::string_view word) { return line.find(word) != line.npos; });
}

bool AddsFolders(const fs::path& pth) {
  if (pth.extension() != ".pth") return false;
  std::ifstream lines(pth);
  if (!lines) return true;
  for (std::string line; std::getline(lines, line);) {
    if (line.ends_with('\r')) line.pop_back();
    if (AddsPackages(line)) return true;
  }
  return false;
}

/// Whether pytest may come from this folder of packages.
bool FolderMayHavePytest(const fs::path& folder) {
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    const fs::path& path = entry.path();
    if (path.filename() == "pytest" || path.filename() == "pytest.py") return true;
    if (AddsFolders(path) || path.extension() == ".egg-link" || path.extension() == ".egg") {
      return true;
    }
    if (path.filename() == "sitecustomize.py" || path.filename() == "usercustomize.py") return true;
  }
  return false;
}

/// The folders of packages under a prefix, of any version: lib/python3*/site-packages
/// and dist-packages.
bool PrefixMayHavePytest(const fs::path& prefix) {
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(prefix / "lib", error)) {
    if (!entry.path().filename().string().starts_with("python3")) continue;
    for (const char* name : {"site-packages", "dist-packages"}) {
      if (FolderMayHavePytest(entry.path() / name)) return true;
    }
  }
  return false;
}

/// pyenv, asdf and mise put a script called python3 first on PATH, which takes a tenth of a
/// second to find the real one. Where none of what it chooses from has pytest, it is no use.
/// Nothing where the interpreter is no such script.
std::optional<bool> ShimMayHavePytest(const fs::path& interpreter) {
  std::error_code error;
  const fs::path folder = interpreter.parent_path();
  if (folder.filename() != "shims") return std::nullopt;
  for (const char* place : {"versions", "installs/python"}) {
    const fs::path versions = folder.parent_path() / place;
    if (!fs::is_directory(versions, error)) continue;
    for (const fs::directory_entry& version : fs::directory_iterator(versions, error)) {
      // A virtual environment of pyenv's has its own pyvenv.cfg, and may see others' packages.
      if (fs::exists(version.path() / "pyvenv.cfg", error)) return true;
      if (PrefixMayHavePytest(version.path())) return true;
    }
    return false;
  }
  return std::nullopt;
}

}  // namespace

bool MayHavePytest(const fs::path& interpreter, const Environment& environment) {
  std::error_code error;
  const fs::path binary = fs::canonical(interpreter, error);
  // What is no plain installation (a virtual environment, a wrapper script, somebody's
  // PYTHONPATH) is not judged from outside.
  if (error || !Get(environment, "PYTHONPATH").empty()) return true;
  if (const std::optional<bool> shim = ShimMayHavePytest(interpreter)) return *shim;
  const fs::path prefix = binary.parent_path().parent_path();
  const bool is_virtual = fs::exists(interpreter.parent_path().parent_path() / "pyvenv.cfg", error);
  if (is_virtual || !fs::is_directory(prefix / "lib", error)) return true;
  if (!binary.filename().string().starts_with("python3")) return true;
  const fs::path home = Get(environment, "HOME");
  return PrefixMayHavePytest(prefix) || PrefixMayHavePytest(prefix / "local") ||
         (!home.empty() && PrefixMayHavePytest(home / ".local"));
}

std::vector<std::string> InterpreterCandidates(const Config& config, const SuiteConfig& suite,
                                               const Environment& environment) {
  if (!suite.python.empty()) {
    const bool is_path = suite.python.find('/') != std::string::npos;
    return {is_path ? (config.directory / suite.python).lexically_normal().string() : suite.python};
  }
  std::vector<std::string> found;
  const std::string virtual_env = Get(environment, "VIRTUAL_ENV");
  if (!virtual_env.empty()) AddOnce(found, std::filesystem::path(virtual_env) / "bin/python");
  AddOnce(found, config.directory / ".venv/bin/python");
  std::string_view path = "";
  const std::string all = Get(environment, "PATH");
  for (path = all; !path.empty();) {
    const size_t end = std::min(path.find(':'), path.size());
    AddOnce(found, std::filesystem::path(path.substr(0, end)) / "python3");
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  AddOnce(found, "/usr/bin/python3");
  std::stable_partition(found.begin(), found.end(), [&](const std::string& interpreter) {
    return MayHavePytest(interpreter, environment);
  });
  return found;
}

}  // namespace proctor
