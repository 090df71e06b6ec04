#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "app/requests.h"
#include "core/base/latest.h"
#include "core/model/state.h"

namespace proctor {

class KernelHost;
namespace hooks {
class Hooks;
}

/// What the routes stand on. All of it is called from the server's threads and has to
/// outlive the hooks.
struct RouteOptions {
  hooks::Hooks& hooks;
  const Latest<const State>& states;
  Post post;
  /// A JSON array of at most `limit` journalled events after number `since`, the oldest
  /// first; each is an object with its number in "seq". Empty function: no journal.
  std::function<std::string(uint64_t since, int limit)> events = nullptr;
  /// The folder of the batches: no file outside of it is sent. Empty: none at all.
  std::filesystem::path batches = {};
  KernelHost* kernels = nullptr;  ///< null: there are no routes of kernels
};

/// Adds the routes of DESIGN.md's HTTP section that read the state or post an event.
/// The window adds its own (app/gui_routes.h); a headless run has these alone.
void AddRoutes(RouteOptions options);

}  // namespace proctor
