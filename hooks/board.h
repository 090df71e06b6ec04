#pragma once
// The board: the named actions, the readable state and the shutdown handlers that a
// program adds. Knows where each is to run; board_routes.h puts it on HTTP.
//
// Thread-safe. No lock is held while a part runs, so that a part may add others.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "hooks/parts.h"

namespace proctor::hooks {

/// How a part that was asked for ended.
struct PartOutcome {
  enum class How {
    Done,
    Refused,    ///< the action's own error
    Threw,      ///< it threw; `text` has its words
    NotInTime,  ///< the frame loop did not get to it
    Unknown,    ///< there is none of that name
  };
  How how = How::Done;
  std::string text = {};                  ///< the answer, or what went wrong
  std::vector<std::string> nearest = {};  ///< of an unknown name: what may have been meant
};

class Board {
 public:
  using Timeout = std::chrono::milliseconds;
  /// Hooks::RunOnFrame().
  using FrameRunner = std::function<bool(std::function<void()> work, Timeout timeout)>;
  explicit Board(FrameRunner run_on_frame) : run_on_frame_(std::move(run_on_frame)) {}

  /// A second one of the same name replaces the first.
  void AddAction(std::string name, RunOn where, ActionFn run, std::string description);
  void AddState(std::string name, RunOn where, StateFn read);
  void OnShutdown(RunOn where, std::function<void()> handler);

  struct ActionInfo {
    std::string name, description;
    RunOn where = RunOn::FrameThread;
  };
  std::vector<ActionInfo> Actions() const;  ///< in the order of adding
  PartOutcome Run(const std::string& name, const std::string& arguments, Timeout timeout) const;
  PartOutcome Read(const std::string& name, Timeout timeout) const;
  /// Every state by its name; those of the frame thread all out of one frame.
  std::vector<std::pair<std::string, PartOutcome>> ReadAll(Timeout timeout) const;

  /// Runs the handlers of that kind, each once. What they throw goes to stderr.
  void RunShutdownHandlers(RunOn where);

 private:
  struct Part {
    std::string name, description;
    RunOn where = RunOn::FrameThread;
    ActionFn run;  ///< empty for a state
    StateFn read;  ///< empty for an action
  };
  using PartPtr = std::shared_ptr<const Part>;
  using Parts = std::vector<PartPtr>;

  void Put(Parts& parts, Part part);
  PartPtr Find(const Parts& parts, const std::string& name) const;
  PartOutcome Unknown(const Parts& parts, std::string_view kind, const std::string& name) const;
  PartOutcome Call(const PartPtr& part, const std::string& arguments, Timeout timeout) const;

  const FrameRunner run_on_frame_;
  mutable std::mutex mutex_;  ///< guards what follows
  Parts actions_;
  Parts states_;
  std::vector<std::pair<RunOn, std::function<void()>>> shutdown_handlers_;
};

}  // namespace proctor::hooks
