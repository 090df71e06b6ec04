#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "core/config/config.h"
#include "core/model/effect.h"
#include "core/process/live_lines.h"
#include "core/process/output_log.h"
#include "core/process/output_reader.h"
#include "core/process/tether_client.h"

struct uv_loop_s;

namespace proctor {

class KernelHost;
class LaneDisplay;
class ProgramWatch;
class StackTaker;

/// Where subjects live, given by the engine; outlives the runner.
struct SubjectWorld {
  uv_loop_s* loop;
  TetherClient* tether;
  std::function<void(Event)> post;
  Environment environment;  ///< of every child
  KernelHost* kernels;      ///< where generations that are kernels are known
};

/// Performs what Update() wants done with one lane's subject: starts generations,
/// each with port, workspace, token and display, asks and signals and ends them,
/// and reports what becomes of them. Lives on the loop.
class SubjectRunner {
 public:
  SubjectRunner(SubjectWorld world, std::shared_ptr<const Config> config, int lane);
  ~SubjectRunner();
  SubjectRunner(const SubjectRunner&) = delete;
  SubjectRunner& operator=(const SubjectRunner&) = delete;

  /// Where the logs of the batch's generations and their fresh workspaces go. A
  /// display of the lane's own is started already now.
  void BeginBatch(std::filesystem::path log_dir, std::filesystem::path workspace_root);
  /// The same without the display: for subjects that are started between batches.
  void UseFolders(std::filesystem::path log_dir, std::filesystem::path workspace_root);
  /// Asks what is left between batches, displays and tools, to end. Before the tether goes.
  void Stop();

  void Perform(const SpawnSubject&);
  void Perform(const RaiseSubject&);
  void Perform(const SendProbe&);
  void Perform(const AbandonProbe&);
  void Perform(const AskSubjectToStop&);
  void Perform(const SignalSubject&);
  void Perform(const EndSubjectTree&);
  void Perform(const MeasureSubject&);
  void Perform(const TakeStacks&);

  /// True: the event was about a process of this runner's.
  bool OnTether(const TetherEvent& event);

  /// What a test is told beside the state.
  struct Particulars {
    std::string display;     ///< the lane's own as ":N"; empty: the user's is used
    std::string health_url;  ///< where the generation's health is asked for
    std::string kernel;      ///< its id under /api/kernels; empty: it is none
  };
  Particulars Describe(GenerationId generation) const;

 private:
  struct Process;

  void Launch(const SpawnSubject& order);
  Result<void, std::string> Prepare(Process& process) const;
  Result<void, std::string> TakePort(Process& process) const;
  Result<void, std::string> PrepareKernel(Process& process) const;
  void OnSpawned(Process& process, int pid);
  std::function<void()> Interrupter(ChildId child) const;
  std::string Fill(const std::string& text, const Process& process) const;
  std::filesystem::path CrashFileOf(const Process& process) const;
  Environment EnvironmentOf(const Process& process) const;
  void Watch(Process& process, FdPair output);
  void OnOutput(Process& process, std::string_view chunk);
  void OnExit(Process& process, const ExitStatus& status);
  std::function<void(std::string)> TellStacks(GenerationId generation) const;
  LaneDisplay* FreeDisplay();
  void WatchProgram();
  Process* Find(GenerationId generation);
  Process* Find(ChildId child);
  void Refuse(const SpawnSubject& order, std::string reason);

  SubjectWorld world_;
  std::shared_ptr<const Config> config_;
  const SubjectConfig& subject_;
  const int lane_;
  std::filesystem::path log_dir_, workspace_root_;
  std::unique_ptr<ProgramWatch> watch_;  ///< null without spares
  std::unique_ptr<StackTaker> stacks_;
  const bool own_displays_;  ///< else the user's is used
  /// Each is used by one generation at a time, and by another when that has ended.
  std::vector<std::unique_ptr<LaneDisplay>> displays_;
  std::map<uint64_t, std::unique_ptr<Process>> processes_;  ///< by generation, until the tree ended
};

}  // namespace proctor
