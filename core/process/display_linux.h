#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/process/spawn_spec.h"

namespace proctor {

/// A display of its own for a lane: what to spawn, how to read which number it
/// got, and how to point programs at it. The engine does the spawning.

/// An Xvfb that writes its display number to `number_fd`, the write end of a pipe
/// of ours, once it accepts connections. Errors: it is not installed.
Result<SpawnSpec, std::string> XvfbSpec(const Environment& environment, int number_fd);

/// Takes what comes from the pipe's read end, in pieces of any size.
class DisplayNumberReader {
 public:
  /// The number, once its line is complete.
  std::optional<int> Feed(std::string_view chunk);

 private:
  std::string text_;
};

/// Whether the environment names a display.
bool HasDisplay(const Environment& environment);

/// Points programs at display `number` and away from any other, Wayland too.
void UseDisplay(int number, Environment& environment);

/// Whether there is a socket, and nobody listens on it.
bool IsAbandoned(const std::string& socket);

/// Waits until the process has ended, which need not be our child; at most so long.
void AwaitEnd(int pid, int millis);

/// Removes the socket, and the lock if there is one, that a killed Xvfb has left in
/// /tmp. Leaves them where another server answers, or another's lock stands.
void RemoveDisplayRemains(int number, int xvfb_pid);

}  // namespace proctor
