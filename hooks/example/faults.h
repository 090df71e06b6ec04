#pragma once
// The ways in which the demo breaks on demand, so that what watches it can be
// tested. Those of the frame loop are armed by a route and go off in the panels.

#include <chrono>
#include <optional>

namespace proctor::demo {

class Demo;

/// What is armed. Each goes off once. Belongs to the frame thread.
struct Faults {
  bool missing_end = false;
  bool imgui_assert = false;
  bool throw_in_modal = false;
  int throws_in_panel = 0;  ///< how often the counter's panel throws, each time it is drawn
  /// The frame after this one hangs for so long; zero is for ever. Not this one, so
  /// that the route which armed it can still answer.
  std::optional<std::chrono::milliseconds> hang = std::nullopt;
  std::optional<std::chrono::milliseconds> hang_now = std::nullopt;
};

/// Sets off what is armed; last in the frame, between the panels' windows.
void DrawFaults(Demo& demo);
/// Throws if that is armed; called inside the modal.
void MaybeThrowInModal(Demo& demo);
/// Throws if that is armed; called inside the counter's panel.
void MaybeThrowInPanel(Demo& demo);
/// Hangs if the frame before said so; first in the frame.
void MaybeHang(Demo& demo);

[[noreturn]] void Segfault();
[[noreturn]] void OverflowTheStack();
/// Writes that many MiB of lines to stdout. False: stdout was closed.
bool Flood(int mebibytes);
/// Leaves a process behind that is in a session of its own, has init for a parent and
/// holds this program's stdout. Its pid; 0 where it could not be started.
int LeaveGrandchild();

}  // namespace proctor::demo
