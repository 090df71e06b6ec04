#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/result.h"
#include "core/model/outcome.h"

namespace proctor {

/// proctor.toml as data: what is the subject, and which suites run against it.
/// Made once by LoadConfig and never changed. Whether the engine can do what is
/// asked (a kernel, two lanes) is the engine's to judge.

enum class SubjectKind { Process, Kernel };
enum class Display { Auto, Virtual, Inherit };
/// What a notebook's cells give is compared with what is stored in it.
enum class Compare { None, Text, All };
enum class Runner { Pytest, Notebook, Gtest, Doctest, Catch2, Ctest, Command };

using EnvironmentEntries = std::vector<std::pair<std::string, std::string>>;

/// Texts that may hold {port} {workspace} {generation} {lane}; see Expand().
using Template = std::string;

struct ReadyConfig {
  Template url;  ///< empty: ready as soon as it runs
  std::chrono::milliseconds timeout{15000};
};

struct HealthConfig {
  Template url;  ///< empty: not probed, alive is all that is known
  std::chrono::milliseconds every{250};
  std::chrono::milliseconds timeout{1000};  ///< for one answer
  int misses = 3;                           ///< that many in a row make it unhealthy
  std::string healthy = "/healthy";         ///< these four are JSON pointers into the answer
  std::string reason = "/degraded_reason";
  std::string detail = "/last_assert";
  std::string frame = "/frame";
  std::chrono::milliseconds hang_after{2000};
};

struct StopConfig {
  Template url;                           ///< empty: the ladder begins with SIGTERM
  std::chrono::milliseconds grace{2000};  ///< for each rung
};

/// At most `restarts` within `period`.
struct RestartBudget {
  int restarts = 5;
  std::chrono::milliseconds period{30000};
};

struct RestartConfig {
  RestartWhen when = RestartWhen::Unhealthy;
  int spares = 0;
  RestartBudget budget;
};

struct SubjectConfig {
  std::string name;  ///< default: the command's file name
  SubjectKind kind = SubjectKind::Process;
  std::vector<Template> command;                      ///< never empty for a process
  std::filesystem::path cwd;                          ///< absolute
  std::vector<std::pair<std::string, Template>> env;  ///< on top of Proctor's own
  int port = 0;                                       ///< 0: a free one for each generation
  std::optional<std::filesystem::path> workspace;     ///< absolute; none: fresh for each generation
  Display display = Display::Auto;
  std::string kernel;            ///< Kernel: the kernelspec's name
  std::string sandbox = "none";  ///< Kernel: none, bwrap, or srt:FILE; see core/kernel/sandbox.h

  ReadyConfig ready;
  HealthConfig health;
  StopConfig stop;
  RestartConfig restart;
};

struct BatchConfig {
  int lanes = 1;  ///< "auto" in the file: the number of processors
};

struct SuiteConfig {
  std::string name;  ///< unique; default: the runner's name
  Runner runner = Runner::Pytest;
  std::vector<std::string> paths = {"."};  ///< as written; relative to Config::directory
  std::vector<std::string> args;
  std::string python;  ///< empty: to be found
  EnvironmentEntries env;
  std::chrono::milliseconds timeout{120000};  ///< for one test
  std::optional<RestartWhen> restart;         ///< the suite's own policy; none: the subject's
  bool alone = false;                         ///< on one lane, with no other file beside it
  Compare compare = Compare::None;            ///< Notebook
  EnvironmentEntries sanitize;                ///< Notebook: pattern and what stands for it
  bool write_back = false;                    ///< Notebook: outputs go into the file
};

struct Config {
  std::filesystem::path file;       ///< empty when there is no proctor.toml
  std::filesystem::path directory;  ///< absolute; what paths are relative to
  std::optional<SubjectConfig> subject;
  BatchConfig batch;
  std::vector<SuiteConfig> suites;
};

struct ConfigError {
  std::filesystem::path file;
  int line = 0;         ///< 0: the file as a whole
  std::string message;  ///< what is wrong, and what would be right

  /// "proctor.toml:12: unknown key 'tiemout' in [subject.ready]; did you mean 'timeout'?"
  std::string Text() const;
};

/// Reads a proctor.toml. A file without a [[suite]] gets the one that
/// DetectSuite() finds beside it, if any.
Result<Config, ConfigError> LoadConfig(const std::filesystem::path& file);

/// The same from text; `file` is what errors name and what paths are relative to.
Result<Config, ConfigError> ParseConfig(std::string_view text, const std::filesystem::path& file);

/// For notebooks: where no subject is named, a python3 kernel; a fresh one for each file.
void GiveEachFileAKernel(Config& config);

/// What lanes = "auto" stands for: the processors of this machine.
int AutoLanes();

/// What to run where no proctor.toml says it: a .py file, or a directory that
/// looks like pytest's; else notebooks. Empty when nothing there is recognised.
std::optional<Config> DetectSuite(const std::filesystem::path& path);

/// The proctor.toml that counts for a path: its own, else the nearest one above.
std::optional<std::filesystem::path> FindConfig(const std::filesystem::path& path);

/// The words of the file; RestartWhen's are model/outcome.h's.
std::string_view ToString(Runner runner);
std::string_view ToString(Compare compare);

/// "15s", "250ms", "2m", "1.5s", "1h"; empty for anything else.
std::optional<std::chrono::milliseconds> ParseDuration(std::string_view text);

/// What stands for {name} in a Template.
using PlaceholderValues = std::vector<std::pair<std::string_view, std::string>>;

/// Puts the values in. "{{" is a literal brace, and so is one that does not open
/// a {name}. A name without a value stays as it is: LoadConfig has refused those
/// that there are not.
std::string Expand(std::string_view text, const PlaceholderValues& values);

}  // namespace proctor
