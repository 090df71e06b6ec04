#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/config/config.h"
#include "core/model/effect.h"
#include "core/process/live_lines.h"
#include "core/process/output_log.h"
#include "core/process/output_reader.h"
#include "core/process/stream_writer.h"
#include "core/process/tether_client.h"

struct uv_loop_s;

namespace proctor {

/// Where a worker lives, given by the engine; outlives the worker.
struct WorkerWorld {
  uv_loop_s* loop;
  TetherClient* tether;
  std::function<void(Event)> post;
  std::filesystem::path python_path;  ///< the folder that holds the package `proctor`
  Environment environment;            ///< of every child
};

/// One pytest process: starts it, turns what it says into events, and tells it what
/// to do. Lives on the loop. It knows nothing of tests; Update() does.
class PytestWorker {
 public:
  /// Starts to find an interpreter that can import pytest, by starting each in
  /// turn: the one that has none says so at once.
  PytestWorker(WorkerWorld& world, const Config& config, SpawnWorker order,
               std::filesystem::path log_file);
  ~PytestWorker();
  PytestWorker(const PytestWorker&) = delete;
  PytestWorker& operator=(const PytestWorker&) = delete;

  WorkerId id() const { return order_.worker; }
  size_t suite() const { return order_.suite; }
  bool ended() const { return ended_; }  ///< nothing of it is left
  /// The interpreter that was found; good for the next worker of the suite.
  const std::string& interpreter() const { return interpreter_; }

  /// Of no effect once the worker is gone.
  void Send(std::string line);
  void DumpStacks();
  void Kill();

  /// True: the event was about this worker's process.
  bool OnTether(const TetherEvent& event);

 private:
  void TryNextInterpreter();
  void Spawn(const std::string& python);
  void Watch(FdPair output, FdPair stacks);
  std::vector<std::string> Arguments(const std::string& python) const;
  Environment ChildEnvironment() const;
  void OnControl(std::string_view chunk);
  void TakeLine(std::string_view line);
  void Drain();
  void SpeakNonsense(std::string_view line, const std::string& why);
  void OnOutput(std::string_view chunk);
  void ShowEarly();
  void OnExit(const ExitStatus& status);
  bool HasNoPytest() const;

  WorkerWorld& world_;
  const Config& config_;
  const SuiteConfig& suite_;
  const SpawnWorker order_;
  const std::filesystem::path log_file_;

  std::vector<std::string> candidates_;  ///< interpreters still to be tried, the next one first
  std::vector<std::string> tried_;
  std::string interpreter_;
  ChildId child_;
  bool greeted_ = false;
  bool nonsense_ = false;
  bool spawned_ = false;
  bool exited_ = false;  ///< WorkerExited was posted
  bool ended_ = false;

  // Copies of what the readers read, to take in the last words when it has exited.
  Fd control_copy_, output_copy_;
  std::unique_ptr<StreamWriter> writer_;
  std::string line_;  ///< what has come of a message that is not ended yet
  LiveLines live_;
  std::string early_;  ///< said before its greeting; an interpreter without pytest is not shown
  std::unique_ptr<OutputReader> control_reader_, output_reader_, stacks_reader_;
  std::unique_ptr<OutputLog> log_;
};

}  // namespace proctor
