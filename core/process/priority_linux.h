#pragma once

#include "core/process/spawn_spec.h"

namespace proctor::tether {

/// Low priority is nice 10 and SCHED_BATCH, which is how it is known again: a thread
/// runs when nobody else wants to. A session of its own has a share of the processor of
/// its own (sched_autogroup), within which nice counts for nothing; it is lowered too.

/// Whether we may raise what was lowered: root may, others within RLIMIT_NICE.
enum class RaiseRight { Yes, No };

/// Found by trying, in a process forked for it.
RaiseRight FindRaiseRight();

/// Lowers this process, which has one thread; between fork and exec.
void LowerSelf(Session session);

/// What a pass over a tree came upon.
enum class PriorityPass {
  Clean,    ///< every thread was as it should be
  Changed,  ///< some were not, or went away: what they begot has to be looked for
};

/// Raises each low thread of all descendants of this process to the given nice value
/// and SCHED_OTHER, or lowers each that is not low.
PriorityPass SetTreePriority(Priority priority, int normal_nice);

}  // namespace proctor::tether
