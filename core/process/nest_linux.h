#pragma once

#include <cstdint>
#include <vector>

#include "core/process/priority_linux.h"

namespace proctor::tether {

/// What the tether hands to a nest: all descriptors that it is to keep.
struct NestSeed {
  uint64_t child = 0;
  int tether = -1;  ///< the nest's end of their socket
  int spec = -1;    ///< the memfd with the encoded SpawnSpec
  RaiseRight raise_right = RaiseRight::No;
  std::vector<int> descriptors;  ///< for the child, in the order of SpawnSpec::fds
};

/// A nest is the process that holds one child's whole tree: it starts the child,
/// is the subreaper of all that descends from it, says at once when the child
/// exits, and ends the tree when it is told to or when the tether is gone. Runs
/// until nothing of the tree lives, in a process forked for it with all signals
/// blocked.
[[noreturn]] void RunNest(NestSeed seed);

}  // namespace proctor::tether
