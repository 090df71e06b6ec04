#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "app/requests.h"
#include "core/base/latest.h"
#include "core/model/state.h"

namespace proctor {

class KernelHost;
namespace hooks {
class Hooks;
}

/// What one frame cost, for benchmarks.
struct FrameCost {
  std::chrono::nanoseconds cpu{0};      ///< of this thread, to build the frame
  std::chrono::nanoseconds present{0};  ///< wall time, to put it on the screen; 0: it was not
};

/// The references must outlive RunDashboard(); `states` and `post` also the hooks.
struct DashboardOptions {
  std::shared_ptr<const Config> config;  ///< shown until there is a state
  const Latest<const State>& states;
  Post post;                      ///< the way to the engine; any thread
  hooks::Hooks& hooks;            ///< made with WakeDashboard as its wake-up
  KernelHost* kernels = nullptr;  ///< shown and asked of; null: there are none
  std::function<void(const FrameCost&)> on_frame = nullptr;  ///< after each; may be empty
};

/// The dashboard's window, until it is closed or the hooks are asked to shut down. On
/// the main thread. A batch that runs is asked about, and stopped, before it returns.
/// The exit code: 0, or 4 after a sentence on stderr where no window can be opened.
int RunDashboard(DashboardOptions options);

/// Something may have changed: makes a sleeping dashboard look. From any thread, at any
/// time, also when there is no dashboard; returns at once.
void WakeDashboard();

}  // namespace proctor
