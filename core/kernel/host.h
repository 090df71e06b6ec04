#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/result.h"
#include "core/kernel/kernelspec.h"
#include "core/kernel/session.h"
#include "core/process/tether_client.h"

struct uv_loop_s;

namespace proctor {

/// What kernel to start, and how.
struct KernelOrder {
  std::string kernel = "python3";
  std::vector<std::pair<std::string, std::string>> env;  ///< on top of Proctor's own
  std::filesystem::path cwd;                             ///< empty: a fresh directory of its own
  std::string sandbox = "none";                          ///< see ParseSandbox()
  int spares = 0;                                        ///< 0 or 1: started and ready beside it
  std::chrono::milliseconds ready_timeout{60000};
};

/// A kernel of the host's at one moment.
struct KernelView {
  std::string id;      ///< "k1", "k2" …; a generation's: "g3"
  std::string kernel;  ///< the kernelspec's name
  std::string display_name, language;
  int pid = 0;              ///< 0: not started, ended, or attached
  int starts = 0;           ///< processes so far: 1, 2 after a restart
  uint64_t generation = 0;  ///< of the subject; 0: none
  bool attached = false;    ///< somebody else's: it is never ended from here
  bool read_only = false;
  std::string sandbox;
  std::filesystem::path cwd, connection_file, log;
  std::string start_error;  ///< why it could not be started; empty: it could
  bool spare_ready = false;
  std::shared_ptr<const SessionView> session;  ///< null before there is one
};

struct KernelList {
  std::vector<KernelView> kernels;  ///< in the order in which they came
  std::vector<Kernelspec> installed;
};

/// The kernels that Proctor runs or is attached to. Lives on the loop: made, driven and ended
/// there; what is marked "any thread" is handed to it. Start and end go through the tether, so
/// that no kernel outlives Proctor.
class KernelHost {
 public:
  struct World {
    uv_loop_s* loop;
    TetherClient* tether;
    std::vector<std::pair<std::string, std::string>> environment;  ///< of every child
    std::filesystem::path folder;  ///< connection files, sockets, logs, workspaces; is made
  };
  explicit KernelHost(World world);
  ~KernelHost();
  KernelHost(const KernelHost&) = delete;
  KernelHost& operator=(const KernelHost&) = delete;

  // ---- the loop's thread ----

  /// True: the event was about a process of the host's own.
  bool OnTether(const TetherEvent& event);
  /// Closes all sessions; before the tether goes, which ends the processes.
  void Stop();

  /// A generation's kernel, whose process is the SubjectRunner's.
  struct Adopted {
    uint64_t generation = 0;
    Kernelspec spec;
    KernelConnection connection;
    std::filesystem::path cwd, connection_file, log;
    std::string sandbox;
    int pid = 0;
    std::function<void()> send_sigint;  ///< see KernelClientOptions
    /// After each change of its view, with it; any thread, and never once the host has gone.
    std::function<void(const SessionView&)> on_change;
    std::chrono::milliseconds ready_timeout{60000};
  };
  /// Errors: the sockets cannot be made.
  Result<std::shared_ptr<KernelSession>, std::string> Adopt(Adopted kernel);
  /// Its process ended. The latest dead ones stay in the list, closed, so that whoever asked
  /// something of one can be told.
  void NoteEnd(uint64_t generation, const std::string& why);

  // ---- any thread ----

  /// Runs it on the loop's thread, soon; dropped once the host has stopped.
  void RunOnLoop(std::function<void()> work);

  /// Begins to start one; its id at once. What comes of it stands in kernels().
  std::string Start(KernelOrder order);
  /// Another's kernel, by its connection file. Errors: a sentence.
  Result<std::string, std::string> Attach(const std::filesystem::path& connection_file,
                                          bool read_only);
  /// A fresh process under the same id, on the same connection file; a spare takes its place
  /// at once where there is one. What was queued or in flight ends as KernelDied. Errors: a
  /// sentence: unknown, attached, a generation's (its lane restarts it).
  Result<void, std::string> Restart(const std::string& id);
  /// shutdown_request → half the grace → SIGTERM → the other half → the whole tree is ended.
  /// An attached one is let go of. Afterwards it is in the list no more. Errors: as Restart().
  Result<void, std::string> Shutdown(const std::string& id,
                                     std::chrono::milliseconds grace = std::chrono::seconds(2));
  std::shared_ptr<KernelSession> Find(const std::string& id) const;  ///< null: there is none

  /// A copy of all there is now.
  std::shared_ptr<const KernelList> kernels() const;
  /// One of kernels(), for less; none: there is none of that id.
  std::optional<KernelView> View(const std::string& id) const;
  uint64_t version() const;  ///< counts changes of kernels()
  /// Waits for a version newer than `seen`, which it answers; never on the loop's thread.
  uint64_t AwaitNewer(uint64_t seen, std::chrono::milliseconds timeout) const;
  /// The same, with the list; never on the loop's thread.
  std::shared_ptr<const KernelList> WaitNewer(uint64_t seen, std::chrono::milliseconds timeout,
                                              uint64_t* version) const;

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

/// What both the host and a SubjectRunner need to start a kernel's process. Files are written,
/// nothing is started. Errors: a sentence: no such kernel, a sandbox that cannot be had.
struct KernelLaunch {
  Kernelspec spec;
  KernelConnection connection;
  std::filesystem::path connection_file;
  std::vector<std::string> argv;
  std::vector<std::pair<std::string, std::string>> env;  ///< of the kernelspec, to be added
  std::vector<std::string> unset;                        ///< to be taken out: JPY_PARENT_PID
};
Result<KernelLaunch, std::string> PrepareKernel(const std::string& kernel,
                                                const std::string& sandbox,
                                                const std::filesystem::path& sandbox_base,
                                                const std::filesystem::path& folder,
                                                const std::filesystem::path& workspace,
                                                const std::filesystem::path& cwd,
                                                const KernelEnvironment& environment);

}  // namespace proctor
