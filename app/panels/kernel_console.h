#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "app/desk.h"
#include "app/kernel_output.h"
#include "app/panels/kernel_input.h"
#include "app/panels/kernel_pieces.h"
#include "core/kernel/host.h"

namespace proctor {

/// One kernel's console: its output, and the box from which code is run.
struct KernelConsole {
  const KernelSession* of = nullptr;  ///< whose output it is; only compared
  KernelTranscript transcript;
  PieceWidgets widgets;
  KernelInput input;
  std::string line;    ///< for a kernel that asks for one
  bool follow = true;  ///< the newest output stays in view

  /// Frees the pictures; while the window's graphics are there.
  void Forget();
};

/// What the console is about, for one frame.
struct ConsoleView {
  KernelHost& host;
  const KernelView& kernel;
  const std::shared_ptr<KernelSession>& session;  ///< null: there is none yet
  Desk& desk;
  const std::function<void()>& wake;
};

void DrawConsole(const ConsoleView& view, KernelConsole& console);

/// How the kernel is, and the buttons for what can be done to it (kernel_controls.cc).
void DrawKernelControls(const ConsoleView& view);

}  // namespace proctor
