#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "app/body_reader.h"
#include "core/base/result.h"
#include "core/kernel/host.h"
#include "hooks/hooks.h"

namespace proctor {

/// What the kernels' route handlers share; lives as long as the routes.
struct KernelRouteContext {
  hooks::Hooks& hooks;
  KernelHost& host;

  /// The server closes: whoever waits answers with what there is.
  bool Ending() const { return hooks.Stopping() || hooks.ShutdownRequested(); }
};
using SharedKernelContext = std::shared_ptr<KernelRouteContext>;

constexpr std::chrono::milliseconds kLongestKernelWait{30'000};

/// Asks `is_done`, which waits for as long as it is told to, until it says so, the limit is
/// over, or the server closes.
template <typename IsDone>
void WaitInPieces(const KernelRouteContext& context, std::chrono::milliseconds limit,
                  const IsDone& is_done) {
  constexpr std::chrono::milliseconds kNone{0}, kPiece{200};
  const auto end = std::chrono::steady_clock::now() + std::min(limit, kLongestKernelWait);
  for (auto left = limit; !is_done(std::clamp(left, kNone, kPiece)) && left > kNone;) {
    if (context.Ending()) return;
    left = std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
  }
}

/// A number of the query; `otherwise` where it is missing or is none.
uint64_t QueryNumber(const hooks::HttpRequest& request, const char* name, uint64_t otherwise);
/// "wait_ms" of the query.
std::chrono::milliseconds QueryWait(const hooks::HttpRequest& request);

/// The kernel that the path names, as the host shows it now. Errors: 404, with those there are.
Result<KernelView, hooks::HttpAnswer> KernelOf(const KernelRouteContext& context,
                                               const hooks::HttpRequest& request);

/// Its session; waited for where it was just started. Errors: 404; 409: it could not be
/// started, or is still on its way.
using SharedSession = std::shared_ptr<KernelSession>;
Result<SharedSession, hooks::HttpAnswer> SessionOf(const KernelRouteContext& context,
                                                   const hooks::HttpRequest& request);

/// The same for what asks something of the kernel. Errors: also 409: it is dead, or attached
/// read-only.
Result<SharedSession, hooks::HttpAnswer> SpeakingSessionOf(const KernelRouteContext& context,
                                                           const hooks::HttpRequest& request);

/// Routes that a loop or a request of one kernel has (kernel_request_routes.cc).
void AddKernelRequestRoutes(hooks::Hooks& hooks, const SharedKernelContext& context);

}  // namespace proctor
