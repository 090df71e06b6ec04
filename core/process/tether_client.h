#pragma once

#include <csignal>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "core/base/ids.h"
#include "core/base/result.h"
#include "core/process/exit_status.h"
#include "core/process/spawn_spec.h"

struct uv_loop_s;

namespace proctor {

class RunRecorder;

/// What came of a Spawn: either ChildNotSpawned, or ChildSpawned, ChildExited and
/// TreeEnded, in this order and once each, unless TetherLost comes between.
struct ChildSpawned {
  ChildId child;
  int pid = 0;
};

struct ChildNotSpawned {
  ChildId child;
  std::string reason;  ///< a sentence: "no such program 'dmeo' on PATH (/usr/bin:/bin)"
};

/// The child itself ended, whether or not anything that it started lives on or
/// holds its output open.
struct ChildExited {
  ChildId child;
  ExitStatus status;
  std::string reason;  ///< empty, or what happened to its supervision
};

/// A process that was alive when the child had ended, before its tree was.
struct Leaked {
  int pid = 0;
  std::string command;  ///< its command line, shortened
};

/// Nothing of the tree lives any more.
struct TreeEnded {
  ChildId child;
  std::vector<Leaked> leaked;  ///< at most 64
};

/// The tether is gone; nothing can be spawned any more, and no other event
/// follows. What it had spawned is ended by the nests, which need no tether.
struct TetherLost {
  std::string reason;
};

using TetherEvent = std::variant<ChildSpawned, ChildNotSpawned, ChildExited, TreeEnded, TetherLost>;

struct TetherError {
  std::string message;  ///< a sentence that says what to do
};

/// Proctor's end of the tether, the small process that owns all that Proctor
/// starts and ends it when Proctor dies. Lives on a libuv loop and on its thread:
/// every method is called there, and `on_event` runs there, never from within a
/// method. When the client is destroyed all trees are ended before the destructor
/// returns; the loop has to run once more for libuv to free its handle.
class TetherClient {
 public:
  using OnEvent = std::function<void(TetherEvent)>;

  /// Errors: the program is missing, or the system is out of processes or files.
  static Result<std::unique_ptr<TetherClient>, TetherError> Start(
      uv_loop_s* loop, const std::filesystem::path& tether, OnEvent on_event);

  ~TetherClient();
  TetherClient(const TetherClient&) = delete;
  TetherClient& operator=(const TetherClient&) = delete;

  /// Asks for a process; the answer is an event. The descriptors in spec.fds stay
  /// the caller's, who may close them as soon as this returns.
  ChildId Spawn(const SpawnSpec& spec);

  /// Of no effect once nothing of the target lives.
  void Signal(ChildId child, int signal, Target target);

  /// Gives every thread of the child's tree this priority, those that are born
  /// meanwhile too, unless they fork and exit in a loop quicker than they can be seen. Normal
  /// undoes Low and changes nothing that the program chose for itself, unless it chose SCHED_BATCH.
  /// Of no effect where SpawnSpec::priority has none.
  void SetPriority(ChildId child, Priority priority);

  /// SIGKILLs the child and all its descendants, stopped ones too, until none is
  /// left; then TreeEnded comes.
  void EndTree(ChildId child);

  int tether_pid() const;

  /// From here on the tether, and every child that it spawns, is written down there. The
  /// recorder outlives the client.
  void KeepRecord(RunRecorder* recorder);
  /// Writes down that a child of this pid is an Xvfb, and which display it serves.
  void NoteDisplay(int number, int pid);

 private:
  class Impl;
  explicit TetherClient(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace proctor
