#pragma once

#include <functional>
#include <memory>
#include <string>

#include "app/desk.h"
#include "app/panels/kernel_console.h"
#include "app/panels/kernel_facts.h"
#include "core/kernel/host.h"

namespace proctor {

struct KernelPanel {
  explicit KernelPanel(Desk& shared) : desk(shared) {}

  Desk& desk;
  std::string shown;            ///< its id; empty: none
  std::string spec;             ///< what Start starts; empty: the first that is installed
  std::string connection_file;  ///< of somebody else's, to be attached
  bool read_only = false;       ///< that is only watched
  std::function<void()> wake;   ///< makes the window draw; from any thread
  KernelConsole console;
  HookTimeline hooks;

  /// Frees the pictures; while the window's graphics are there.
  void Forget();
};

/// All kernels, and one of them: what it does, its output, its hooks, and what can be asked of
/// it. Reads the host once, and calls of it what any thread may.
void DrawKernels(KernelHost& host, KernelPanel& panel);

}  // namespace proctor
