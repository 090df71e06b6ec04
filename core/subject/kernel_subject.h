#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "core/base/result.h"
#include "core/config/config.h"
#include "core/kernel/host.h"
#include "core/model/effect.h"
#include "core/process/spawn_spec.h"

namespace proctor {

/// What a SubjectRunner does with a generation that is a kernel: how it is started, and how it
/// is asked for its health and its end, by Jupyter's protocol instead of HTTP. Lives on the loop;
/// its answers come from the kernel's own thread.
class KernelSubject {
 public:
  /// Where the generation lives.
  struct Place {
    GenerationId generation;
    std::filesystem::path config_dir;  ///< what a sandbox's settings file is relative to
    std::filesystem::path folder;      ///< for connection file and sockets
    std::filesystem::path workspace, cwd, log;
  };

  /// Writes what it is started by. Errors: a sentence.
  static Result<std::unique_ptr<KernelSubject>, std::string> Prepare(
      KernelHost& host, std::function<void(Event)> post, const SubjectConfig& subject, Place place,
      const Environment& environment);
  /// Forgets what has not been answered.
  ~KernelSubject();
  KernelSubject(const KernelSubject&) = delete;
  KernelSubject& operator=(const KernelSubject&) = delete;

  const std::vector<std::string>& argv() const { return launch_.argv; }
  /// What the kernelspec wants of the environment, put into it.
  void AddTo(Environment& environment) const;

  /// The process runs. `send_sigint` interrupts it; any thread. Errors: no sockets.
  Result<void, std::string> Connect(int pid, std::function<void()> send_sigint);

  /// Ready: answered when the kernel is. Health: when its heartbeat comes. Evidence: when it
  /// does, and nothing that was asked of the kernel before still runs. -> ProbeAnswered
  void Probe(const SendProbe& probe, Millis timeout);
  void Abandon();
  void AskToStop(Millis grace);  ///< -> SubjectAskedToStop
  void NoteEnd(const std::string& why);

  std::string id() const;  ///< under /api/kernels

 private:
  struct Waiting;
  KernelSubject(KernelHost& host, std::function<void(Event)> post, Place place, KernelLaunch launch,
                const SubjectConfig& subject);

  KernelHost& host_;
  const std::function<void(Event)> post_;
  const Place place_;
  const KernelLaunch launch_;
  const std::string sandbox_;
  const Millis ready_timeout_;
  std::shared_ptr<Waiting> waiting_;  ///< shared with the kernel's thread
  std::shared_ptr<KernelSession> session_;
};

}  // namespace proctor
