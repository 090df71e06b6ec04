#pragma once

#include "app/theme.h"
#include "core/kernel/host.h"
#include "core/kernel/session.h"

namespace proctor {

/// The shapes, colours and words of kernels (panels/kernel_look.cc).
Look LookOf(KernelActivity activity);
Look LookOf(RequestEnd end);
Look LookOf(HookOutcome outcome);

}  // namespace proctor
