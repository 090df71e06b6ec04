#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "core/kernel/host.h"

namespace proctor {

/// What is said of a kernel, in one place, so that the panel and the routes say the same.
/// Pure functions of what the host shows.

/// starting idle busy dead
const char* ToString(KernelActivity activity);

/// How a kernel is, also before there is a session.
struct KernelCondition {
  KernelActivity activity = KernelActivity::Starting;
  std::string reason;                                          ///< Dead: why
  std::optional<std::chrono::steady_clock::time_point> since;  ///< none: not known
};
KernelCondition ConditionOf(const KernelView& kernel);

/// The request in flight; null where there is none.
const RequestLog* InFlight(const SessionView& session);

/// The kernel of that id in the list; null where there is none.
const KernelView* FindKernel(const KernelList& list, const std::string& id);

/// Why nothing can be asked of it; empty: it can.
std::string WhyNoRequest(const KernelView& kernel);

}  // namespace proctor
