#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "app/kernel_check.h"
#include "app/session.h"
#include "core/config/unsupported.h"

namespace proctor {
namespace {

namespace fs = std::filesystem;

Trouble Usage(std::string text) {
  return {ExitCode::Usage, std::move(text)};
}

/// "tests/test_a.py::test_x" lies where "tests/test_a.py" lies.
fs::path Absolute(const std::string& path) {
  const fs::path whole = fs::absolute(path).lexically_normal();
  return whole.has_filename() ? whole : whole.parent_path();
}

fs::path FilePart(const fs::path& path) {
  const std::string text = path.string();
  return text.substr(0, text.find("::"));
}

Result<Config, Trouble> Load(const fs::path& file) {
  Result<Config, ConfigError> config = LoadConfig(file);
  if (!config) return Failure{Usage(config.error().Text())};
  return *config;
}

/// Without a proctor.toml every path is a suite's own, and there is no subject.
Result<Config, Trouble> Detect(const std::vector<fs::path>& paths) {
  std::optional<Config> config = DetectSuite(FilePart(paths.front()));
  if (!config) {
    return Failure{Trouble{
        ExitCode::NoTests,
        fmt::format("there is no proctor.toml in {} or above it, and nothing there is recognised "
                    "as a test suite; name a directory with test_*.py files or notebooks, or "
                    "write a proctor.toml",
                    paths.front().string())}};
  }
  config->suites.front().paths.clear();
  for (const fs::path& path : paths) {
    std::optional<Config> own = DetectSuite(FilePart(path));
    const Runner runner = own ? own->suites.front().runner : config->suites.front().runner;
    const auto same = std::find_if(config->suites.begin(), config->suites.end(),
                                   [&](const SuiteConfig& s) { return s.runner == runner; });
    if (same != config->suites.end()) {
      same->paths.push_back(path.string());
      continue;
    }
    own->suites.front().paths = {path.string()};
    config->suites.push_back(own->suites.front());
    if (runner == Runner::Notebook) GiveEachFileAKernel(*config);
  }
  return *config;
}

Result<Config, Trouble> ConfigFor(const RunCommand& command, const std::vector<fs::path>& paths) {
  if (!command.overrides.config.empty()) return Load(command.overrides.config);
  const std::optional<fs::path> file = FindConfig(FilePart(paths.front()));
  return file ? Load(*file) : Detect(paths);
}

std::string TextOf(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void Override(Config& config, const Overrides& overrides) {
  if (overrides.lanes) config.batch.lanes = *overrides.lanes;
  if (!overrides.restart) return;
  // What is asked for here is for the whole batch; files and tests that name their own keep it.
  if (config.subject) config.subject->restart.when = *overrides.restart;
  for (SuiteConfig& suite : config.suites) suite.restart.reset();
}

}  // namespace

Result<Target, Trouble> FindTarget(const RunCommand& command) {
  std::vector<fs::path> paths;
  for (const std::string& path : command.paths) paths.push_back(Absolute(path));
  if (paths.empty()) paths.push_back(Absolute("."));
  for (const fs::path& path : paths) {
    if (fs::exists(FilePart(path))) continue;
    return Failure{Usage(fmt::format("there is no {}", path.string()))};
  }
  Result<Config, Trouble> config = ConfigFor(command, paths);
  if (!config) return Failure{config.error()};
  Override(*config, command.overrides);
  if (config->suites.empty()) {
    return Failure{
        Usage(fmt::format("{}: there is no [[suite]], and nothing beside it is "
                          "recognised as one",
                          config->file.string()))};
  }
  if (const auto why = WhyUnsupported(*config)) return Failure{Usage(*why)};
  if (const auto why = WhyNoKernel(*config)) return Failure{Usage(*why)};
  Target target;
  target.selection.keyword = command.keyword;
  // The directory of the proctor.toml itself selects everything.
  const bool everything = std::all_of(
      paths.begin(), paths.end(), [&](const fs::path& path) { return path == config->directory; });
  if (!config->file.empty() && !command.paths.empty() && !everything) {
    for (const fs::path& path : paths) target.selection.paths.push_back(path.string());
  }
  target.config = std::make_shared<const Config>(std::move(*config));
  return target;
}

std::function<Result<std::shared_ptr<const Config>, std::string>()> ReloadOf(
    const RunCommand& command, const Target& target) {
  const fs::path file = target.config->file;
  if (file.empty()) return {};
  using Reloaded = Result<std::shared_ptr<const Config>, std::string>;
  return [command, file, known = TextOf(file)]() mutable -> Reloaded {
    const std::string text = TextOf(file);
    if (text == known) return std::shared_ptr<const Config>();
    const Result<Target, Trouble> found = FindTarget(command);
    if (!found) return Failure{found.error().text};
    known = text;
    return found->config;
  };
}

Result<Places, Trouble> FindPlaces() {
  std::error_code error;
  const fs::path self = fs::read_symlink("/proc/self/exe", error);
  Places places;
  places.bin_dir = self.parent_path();
  places.tether = places.bin_dir / "proctor-tether";
  for (const fs::path& candidate : {places.bin_dir / "../share/proctor/python",
                                    fs::path(PROCTOR_SOURCE_DIR) / "hooks/python"}) {
    if (!fs::exists(candidate / "proctor/worker.py", error)) continue;
    places.python_path = fs::canonical(candidate, error);
    return places;
  }
  return Failure{Trouble{ExitCode::Internal,
                         fmt::format("the Python package of Proctor is missing: it was looked for "
                                     "in {}/../share/proctor/python; install Proctor again",
                                     places.bin_dir.string())}};
}

}  // namespace proctor
