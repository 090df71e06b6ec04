#include "core/kernel/kernelspec.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>

#include "core/config/suggest.h"
#include "core/kernel/small_file.h"
#include "core/process/environment.h"

namespace proctor {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr const char* kHowToInstall =
    "`apt install python3-ipykernel` or `pip install ipykernel` brings 'python3'";

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lower;
}

bool IsKernelName(std::string_view name) {
  const auto fits = [](unsigned char c) {
    return std::isalnum(c) || c == '.' || c == '_' || c == '-';
  };
  return !name.empty() && std::all_of(name.begin(), name.end(), fits);
}

/// The virtual environment's; empty: there is none.
fs::path EnvironmentPrefix(const KernelEnvironment& environment) {
  return ValueOf(environment, "VIRTUAL_ENV", ValueOf(environment, "CONDA_PREFIX"));
}

/// Empty: the user has none.
fs::path UserDataFolder(const KernelEnvironment& environment) {
  const std::string_view own = ValueOf(environment, "JUPYTER_DATA_DIR");
  if (!own.empty()) return own;
  const std::string_view data = ValueOf(environment, "XDG_DATA_HOME");
  if (!data.empty()) return fs::path(data) / "jupyter";
  const std::string_view home = ValueOf(environment, "HOME");
  return home.empty() ? fs::path() : fs::path(home) / ".local/share/jupyter";
}

/// kernel.json of each installed kernel by its name: the first folder that has it counts.
std::map<std::string, fs::path> KernelFiles(const KernelEnvironment& environment) {
  std::map<std::string, fs::path> files;
  for (const fs::path& folder : KernelFolders(environment)) {
    std::error_code error;
    std::vector<fs::path> found;
    for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
      found.push_back(it->path());
    }
    std::sort(found.begin(), found.end());  // of PYTHON3 beside python3 always the same one counts
    for (const fs::path& kernel : found) {
      const std::string name = Lower(kernel.filename().string());
      if (IsKernelName(name) && fs::is_regular_file(kernel / "kernel.json", error)) {
        files.emplace(name, kernel / "kernel.json");
      }
    }
  }
  return files;
}

bool IsList(const json& value) {
  return value.is_array() &&
         std::all_of(value.begin(), value.end(), [](const json& word) { return word.is_string(); });
}

Result<std::string, std::string> OptionalText(const json& file, const char* name) {
  const auto it = file.find(name);
  if (it == file.end() || it->is_null()) return std::string();
  if (!it->is_string()) return Failure{fmt::format("its \"{}\" is no text", name)};
  return it->get<std::string>();
}

Result<void, std::string> ReadArgv(const json& file, Kernelspec& spec) {
  const auto it = file.find("argv");
  if (it == file.end()) return Failure{std::string("it has no \"argv\"")};
  if (!IsList(*it) || it->empty()) {
    return Failure{std::string("its \"argv\" is no list of words, the program first")};
  }
  spec.argv = it->get<std::vector<std::string>>();
  const bool has_place = std::any_of(spec.argv.begin(), spec.argv.end(), [](const auto& word) {
    return word.find("{connection_file}") != std::string::npos;
  });
  if (has_place) return {};
  return Failure{std::string(
      "its \"argv\" has no {connection_file}, so the kernel would never learn where to listen")};
}

Result<void, std::string> ReadEnv(const json& file, Kernelspec& spec) {
  const auto it = file.find("env");
  if (it == file.end() || it->is_null()) return {};
  if (!it->is_object()) return Failure{std::string("its \"env\" is no object")};
  for (const auto& entry : it->items()) {
    if (!entry.value().is_string()) {
      return Failure{fmt::format("\"{}\" of its \"env\" is no text", entry.key())};
    }
    spec.env.emplace_back(entry.key(), entry.value().get<std::string>());
  }
  return {};
}

Result<void, std::string> ReadInterruptMode(const json& file, Kernelspec& spec) {
  const auto mode = OptionalText(file, "interrupt_mode");
  if (!mode) return Failure{mode.error()};
  const std::string word = Lower(*mode);
  spec.interrupt_mode = word == "message" ? InterruptMode::Message : InterruptMode::Signal;
  if (word.empty() || word == "signal" || word == "message") return {};
  return Failure{fmt::format("its interrupt_mode is '{}'; there are signal and message", *mode)};
}

/// A "$NAME" or "${NAME}" that a text begins with; empty: it begins with none.
struct Reference {
  std::string_view name;
  size_t length = 0;  ///< with what is around the name
};

Reference ReferenceAt(std::string_view text) {
  if (!text.starts_with('$')) return {};
  const size_t begin = text.starts_with("${") ? 2 : 1;
  size_t end = begin;
  const auto fits = [](unsigned char c) { return std::isalnum(c) || c == '_'; };
  while (end < text.size() && fits(static_cast<unsigned char>(text[end]))) ++end;
  const std::string_view name = text.substr(begin, end - begin);
  if (begin == 1) return {name, end};
  return text.substr(end).starts_with('}') ? Reference{name, end + 1} : Reference{};
}

/// References by the environment's values and "$$" by "$", as jupyter_client does it; what is
/// not set stays.
std::string Expand(std::string_view text, const KernelEnvironment& environment) {
  std::string expanded;
  while (!text.empty()) {
    const Reference reference = ReferenceAt(text);
    const auto known = std::find_if(environment.begin(), environment.end(), [&](const auto& entry) {
      return !entry.first.empty() && entry.first == reference.name;
    });
    if (known != environment.end()) {
      expanded += known->second;
      text.remove_prefix(reference.length);
    } else {
      expanded += text[0];
      text.remove_prefix(text.starts_with("$$") ? 2 : 1);
    }
  }
  return expanded;
}

/// One pass, so that a path with braces in it is not looked through again.
std::string Fill(std::string_view word, const std::map<std::string, std::string, std::less<>>& by) {
  std::string filled;
  while (!word.empty()) {
    const size_t end = word[0] == '{' ? word.find('}') : std::string_view::npos;
    const auto found = end == std::string_view::npos ? by.end() : by.find(word.substr(1, end - 1));
    filled += found == by.end() ? std::string(1, word[0]) : found->second;
    word.remove_prefix(found == by.end() ? 1 : end + 1);
  }
  return filled;
}

Result<Kernelspec, std::string> Load(const fs::path& file, const std::string& name,
                                     const KernelEnvironment& environment) {
  const auto text = ReadSmallFile(file);
  if (!text) return Failure{fmt::format("the kernel '{}' is of no use: {}", name, text.error())};
  auto spec = ParseKernelspec(*text, file.parent_path());
  if (!spec) {
    return Failure{fmt::format("the kernel '{}' is of no use: in '{}': {}", name, file.string(),
                               spec.error())};
  }
  for (auto& entry : spec->env) entry.second = Expand(entry.second, environment);
  const fs::path prefix = EnvironmentPrefix(environment);
  if (!prefix.empty()) spec->prefix = prefix;
  return spec;
}

}  // namespace

std::vector<fs::path> KernelFolders(const KernelEnvironment& environment) {
  std::vector<fs::path> folders;
  const auto add = [&](const fs::path& data) {
    const fs::path folder = (data / "kernels").lexically_normal();
    const bool there = std::find(folders.begin(), folders.end(), folder) != folders.end();
    if (!data.empty() && !there) folders.push_back(folder);
  };
  std::string_view path = ValueOf(environment, "JUPYTER_PATH");
  while (!path.empty()) {
    const size_t end = std::min(path.find(':'), path.size());
    add(path.substr(0, end));
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  add(UserDataFolder(environment));
  const fs::path prefix = EnvironmentPrefix(environment);
  if (!prefix.empty()) add(prefix / "share/jupyter");
  add("/usr/local/share/jupyter");
  add("/usr/share/jupyter");
  return folders;
}

Result<Kernelspec, std::string> ParseKernelspec(std::string_view text, const fs::path& folder) {
  const json file = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!file.is_object()) return Failure{std::string("it is no JSON object")};
  Kernelspec spec{.name = Lower(folder.filename().string()), .folder = folder};
  if (auto read = ReadArgv(file, spec); !read) return Failure{read.error()};
  if (auto read = ReadEnv(file, spec); !read) return Failure{read.error()};
  if (auto read = ReadInterruptMode(file, spec); !read) return Failure{read.error()};
  const auto display_name = OptionalText(file, "display_name");
  if (!display_name) return Failure{display_name.error()};
  const auto language = OptionalText(file, "language");
  if (!language) return Failure{language.error()};
  spec.display_name = display_name->empty() ? spec.name : *display_name;
  spec.language = *language;
  return spec;
}

std::string NoSuchKernel(std::string_view name, const std::vector<std::string_view>& installed,
                         const std::vector<fs::path>& folders) {
  if (installed.empty()) {
    std::string places;
    for (const fs::path& folder : folders) {
      places += fmt::format("{}'{}'", places.empty() ? "" : ", ", folder.string());
    }
    return fmt::format("no Jupyter kernel is installed, '{}' neither: {} (looked for in {})", name,
                       kHowToInstall, places);
  }
  const std::string hint = Suggest(Lower(name), installed);
  std::string text = fmt::format("no Jupyter kernel is called '{}'; {}", name, hint);
  if (!hint.starts_with("known")) text += fmt::format(" Installed are {}", Joined(installed));
  const bool has_python = std::count(installed.begin(), installed.end(), "python3") > 0;
  if (!has_python && Lower(name).starts_with("python")) text += fmt::format("; {}", kHowToInstall);
  return text;
}

std::vector<Kernelspec> InstalledKernels(const KernelEnvironment& environment) {
  std::vector<Kernelspec> installed;
  for (const auto& entry : KernelFiles(environment)) {
    auto spec = Load(entry.second, entry.first, environment);
    if (spec) installed.push_back(std::move(*spec));
  }
  return installed;
}

Result<Kernelspec, std::string> FindKernelspec(const KernelEnvironment& environment,
                                               std::string_view name) {
  const std::map<std::string, fs::path> files = KernelFiles(environment);
  const auto found = files.find(Lower(name));
  if (found != files.end()) return Load(found->second, found->first, environment);
  std::vector<std::string_view> installed;
  for (const auto& entry : files) installed.push_back(entry.first);
  return Failure{NoSuchKernel(name, installed, KernelFolders(environment))};
}

std::vector<std::string> KernelArguments(const Kernelspec& spec, const fs::path& connection_file) {
  const std::map<std::string, std::string, std::less<>> by = {
      {"connection_file", connection_file.string()},
      {"resource_dir", spec.folder.string()},
      {"prefix", spec.prefix.string()}};
  std::vector<std::string> argv;
  for (const std::string& word : spec.argv) argv.push_back(Fill(word, by));
  return argv;
}

}  // namespace proctor
