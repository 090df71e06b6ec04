#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/kernel/host.h"
#include "core/kernel/session.h"

namespace proctor {

/// The latest calls of a session's hooks, without their outputs.
struct HookTimeline {
  const KernelSession* of = nullptr;  ///< only compared
  uint64_t next = 0;                  ///< what to ask the recorder for
  std::vector<HookCall> calls;        ///< the oldest first

  void Follow(KernelSession& session);
};

/// What is known of a kernel, and when its hooks were called. `session` may be null.
void DrawKernelFacts(const KernelView& kernel, KernelSession* session, HookTimeline& timeline);

}  // namespace proctor
