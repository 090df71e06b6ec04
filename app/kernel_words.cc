#include "app/kernel_words.h"

#include <fmt/format.h>

namespace proctor {

const char* ToString(KernelActivity activity) {
  switch (activity) {
    case KernelActivity::Starting:
      return "starting";
    case KernelActivity::Idle:
      return "idle";
    case KernelActivity::Busy:
      return "busy";
    case KernelActivity::Dead:
      return "dead";
  }
  return "";
}

KernelCondition ConditionOf(const KernelView& kernel) {
  if (!kernel.start_error.empty()) return {KernelActivity::Dead, kernel.start_error, std::nullopt};
  if (!kernel.session) return {};
  const KernelStatus& status = kernel.session->status;
  return {status.activity, status.reason, status.since};
}

const RequestLog* InFlight(const SessionView& session) {
  if (session.in_flight == 0) return nullptr;
  for (auto log = session.requests.rbegin(); log != session.requests.rend(); ++log) {
    if ((*log)->id() == session.in_flight) return log->get();
  }
  return nullptr;
}

const KernelView* FindKernel(const KernelList& list, const std::string& id) {
  for (const KernelView& kernel : list.kernels) {
    if (kernel.id == id) return &kernel;
  }
  return nullptr;
}

std::string WhyNoRequest(const KernelView& kernel) {
  if (kernel.read_only) return fmt::format("the kernel {} is attached read-only", kernel.id);
  const KernelCondition condition = ConditionOf(kernel);
  if (condition.activity != KernelActivity::Dead) return {};
  if (condition.reason.empty()) return fmt::format("the kernel {} is dead", kernel.id);
  return fmt::format("the kernel {} is dead: {}", kernel.id, condition.reason);
}

}  // namespace proctor
