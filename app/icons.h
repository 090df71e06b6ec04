#pragma once

#include <imgui.h>

namespace proctor {

/// Icons drawn with lines, sharp at every scale and there whatever fonts a system has.
enum class Icon {
  // outcomes and progress
  Check,
  CheckRing,
  CheckStar,
  Cross,
  Bang,
  Clock,
  Bolt,
  Skip,
  Slash,
  Dot,
  Ring,
  Run,
  Hourglass,
  // actions and the rest
  Play,
  Pause,
  Step,
  ToFailure,
  Hold,
  Split,
  Stop,
  Reload,
  ReloadBad,
  Power,
  Copy,
  Open,
  Search,
  Close,
  Info,
  Triangle,
  Star,
  Link,
  FoldedIn,
  FoldedOut,
  Keyboard,
  Tail,
};

/// Within the square of that size at `at`.
void DrawIcon(ImDrawList& list, Icon icon, ImVec2 at, float size, ImU32 colour);

}  // namespace proctor
