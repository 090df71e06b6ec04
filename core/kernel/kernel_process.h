#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "core/base/result.h"
#include "core/kernel/host.h"
#include "core/process/output_log.h"
#include "core/process/output_reader.h"
#include "core/process/tether_client.h"

namespace proctor {

/// A process that runs a kernel, from its start to the end of its tree. Lives on the loop and is
/// told what the tether says; it knows nothing of sessions.
class KernelProcess {
 public:
  struct Options {
    uv_loop_s* loop;
    TetherClient* tether;
    KernelLaunch launch;
    std::vector<std::pair<std::string, std::string>> environment;  ///< complete
    std::filesystem::path cwd, log;
    /// It ended, by itself or not: a half sentence, and the last lines of its output.
    std::function<void(std::string why, std::string tail)> on_exit;
    std::function<void()> on_gone;  ///< nothing of its tree is left; may destroy this
  };
  /// Starts it. Errors: a sentence; on_exit and on_gone come only where there is none.
  static Result<std::unique_ptr<KernelProcess>, std::string> Start(Options options);
  ~KernelProcess();
  KernelProcess(const KernelProcess&) = delete;
  KernelProcess& operator=(const KernelProcess&) = delete;

  int pid() const { return pid_; }  ///< 0 before the tether has told it
  ChildId child() const { return child_; }
  const KernelLaunch& launch() const { return options_.launch; }
  bool exited() const { return exited_; }

  /// Others are told from here on.
  void Rebind(std::function<void(std::string, std::string)> on_exit, std::function<void()> on_gone);
  /// What is left of the ladder: half the grace for what was asked of the kernel itself, then
  /// SIGTERM, the other half, then the whole tree is ended.
  void Stop(std::chrono::milliseconds grace);
  /// True: the event was about this process.
  bool OnTether(const TetherEvent& event);

 private:
  struct Timer;
  explicit KernelProcess(Options options);
  void OnExit(const std::string& why);
  void Climb();

  Options options_;
  ChildId child_;
  int pid_ = 0;
  bool exited_ = false;
  bool terminated_ = false;  ///< SIGTERM was sent
  std::chrono::milliseconds grace_{0};
  OutputLog log_;
  std::unique_ptr<OutputReader> reader_;
  Fd output_copy_;  ///< to take in its last words
  std::unique_ptr<Timer> timer_;
};

}  // namespace proctor
