#pragma once

#include <string>

#include "core/process/spawn_spec.h"

namespace proctor::tether {

/// A child between fork and exec: the nest watches `errors` beside its other
/// descriptors, so that a directory that hangs cannot hang the nest.
struct Launch {
  int pid = -1;     ///< -1: fork itself failed, see `reason`
  int errors = -1;  ///< end of file once exec succeeded; else readable, see LaunchError
  std::string reason;
};

/// Forks and execs. Every FdMapping::fd is one of ours; they are closed here.
Launch StartLaunch(const SpawnSpec& spec);

/// Why there was no exec, as a sentence; empty when there was one. Waits until
/// that is known, and closes `errors`.
std::string FinishLaunch(const SpawnSpec& spec, int errors);

}  // namespace proctor::tether
