#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/base/result.h"
#include "core/model/outcome.h"

namespace proctor {

/// The command line as data. What is not given keeps its default; what proctor.toml
/// says is in the Config, and Overrides stand above it.

struct Overrides {
  std::filesystem::path config;  ///< --config; empty: found by path
  std::optional<RestartWhen> restart;
  std::optional<int> lanes;
};

enum class Show { Text, Dashboard };

/// `proctor [DIR]` and `proctor run [DIR or PATH…]`.
struct RunCommand {
  std::vector<std::string> paths;
  Overrides overrides;
  std::string keyword;
  Show show = Show::Text;
  bool start_at_once = true;                  ///< false: the dashboard waits for its user
  std::filesystem::path junit, json, events;  ///< empty: not written
  bool color = true;
  int port = 0;  ///< of the hook server; 0: a free one
};

/// `proctor resume [BATCH]`, with the options of `run`.
struct ResumeCommand {
  std::string batch;  ///< a prefix of its id; empty: the latest that was not finished
  RunCommand run;
};

struct HistoryCommand {
  int limit = 20;
};

struct ShowCommand {
  std::string batch;  ///< a prefix of its id; empty: the latest
  bool color = true;
};

/// `proctor bisect TEST [DIR]`.
struct BisectCommand {
  std::string test;  ///< its id, or the end of it
  RunCommand run;    ///< where, and by what configuration
};

/// `proctor kernels`.
struct KernelsCommand {
  int port = 0;  ///< of the hook server; 0: a free one
};

/// `proctor sweep`.
struct SweepCommand {
  bool yes = false;  ///< false: only tells what it would do
};

/// Said, and done with: --help, --version.
struct Said {
  std::string text;
};

using Invocation = std::variant<RunCommand, ResumeCommand, HistoryCommand, ShowCommand,
                                BisectCommand, KernelsCommand, SweepCommand, Said>;

/// Errors: what is wrong with the command line, for stderr; the exit code is 4.
Result<Invocation, std::string> ParseCommandLine(int argc, const char* const* argv);

}  // namespace proctor
