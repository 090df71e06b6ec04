#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace proctor {

/// The child gets a copy of the caller's `fd` as its `child_fd`.
struct FdMapping {
  int child_fd = 0;
  int fd = -1;
};

using Environment = std::vector<std::pair<std::string, std::string>>;

/// What happens to processes of the tree that outlive the child itself.
enum class LeaveDescendants {
  Yes,  ///< they live on until EndTree
  No,   ///< they are ended once `linger` is over
};

enum class Session {
  New,     ///< a session (and process group) of its own, without a terminal
  Shared,  ///< the tether's session, and a process group of its own
};

enum class Priority {
  Normal,
  Low,  ///< runs when nothing else wants to, until TetherClient::SetPriority()
};

/// All that is needed to start a process; it inherits nothing that is not named
/// here. Signal handlers and mask are the defaults.
struct SpawnSpec {
  std::vector<std::string> argv;  ///< argv[0] without a slash is looked up on env's PATH
  Environment env;                ///< the complete environment
  std::string cwd;                ///< empty: "/"
  std::vector<FdMapping> fds;     ///< of 0, 1, 2 those not named are /dev/null
  int nice = 0;                   ///< 0 to 19; 19 is the lowest priority
  /// Low only where it can be raised again (by root, or within RLIMIT_NICE): else the
  /// child is started as Normal, since it would stay low for good.
  Priority priority = Priority::Normal;
  Session session = Session::New;
  LeaveDescendants leave_descendants = LeaveDescendants::Yes;
  /// For how long descendants may outlive the child before they count as leaked.
  /// Helpers that end themselves when they see their parent gone need some tens
  /// of milliseconds.
  std::chrono::milliseconds linger{0};
};

/// Which processes a signal goes to.
enum class Target {
  Process,  ///< the child alone
  Group,    ///< the child's process group, as a terminal would do it
  Tree,     ///< the child and all its descendants, whatever their session
};

}  // namespace proctor
