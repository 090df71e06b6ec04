#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "app/cli.h"
#include "core/base/result.h"
#include "core/config/config.h"
#include "core/engine.h"

namespace proctor {

namespace hooks {
class Hooks;
}

/// What a command cannot go on without, as an exit code and a sentence for stderr.
struct Trouble {
  ExitCode code = ExitCode::Usage;
  std::string text;
};

/// The config that counts for a run, with the command line's overrides, and what
/// of its suites the paths select.
struct Target {
  std::shared_ptr<const Config> config;
  Selection selection;
  std::shared_ptr<const State> resume = nullptr;  ///< the batch that goes on; null: a new one
};
Result<Target, Trouble> FindTarget(const RunCommand& command);

/// For EngineOptions::reload: reads the target's proctor.toml again where its text has changed.
/// Empty where the target has none.
std::function<Result<std::shared_ptr<const Config>, std::string>()> ReloadOf(
    const RunCommand& command, const Target& target);

/// The batch that `proctor resume` goes on with, by its own configuration. Errors: there
/// is none, or nothing of it is left to run.
Result<Target, Trouble> FindBatchToResume(const ResumeCommand& command);

/// Where the parts that Proctor is made of lie, found from the program's own place:
/// beside it in a build tree, under share/ when it is installed.
struct Places {
  std::filesystem::path bin_dir, tether, python_path;
};
Result<Places, Trouble> FindPlaces();

/// The engine and the hook server, wired to each other, as long as a run lasts.
class Session {
 public:
  static Result<std::unique_ptr<Session>, Trouble> Start(const RunCommand& command,
                                                         const Target& target,
                                                         std::function<void()> wake);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  Engine& engine();
  /// To the engine. A request for a batch that selects nothing itself means what the
  /// command line selected.
  void Post(Event event);
  hooks::Hooks& hooks();

 private:
  struct Parts;
  explicit Session(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

/// `proctor run` without a window: returns the exit code.
int RunInTerminal(const RunCommand& command, const Target& target, Session& session);

/// `proctor bisect`: returns the exit code. Errors: what kept it from beginning.
Result<int, Trouble> RunBisect(const BisectCommand& command);

/// `proctor kernels`: until its stdin is closed, a signal comes or a shutdown is asked for.
/// Returns the exit code. Errors: what kept it from beginning.
Result<int, Trouble> HostKernels(const KernelsCommand& command);

/// `proctor sweep`: returns the exit code.
int Sweep(const SweepCommand& command);

/// `proctor history` and `proctor show`.
int ShowHistory(const HistoryCommand& command);
int ShowBatch(const ShowCommand& command);

}  // namespace proctor
