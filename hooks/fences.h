#pragma once
// Parts of a program that fail, what that leads to, and what is drawn in their place.
// Frame thread.

#include <string>

namespace proctor::hooks {

/// What one more failure leads to. The order is of severity.
enum class Escalation {
  Fence,  ///< a panel is not drawn until somebody asks for it; anything else is just tried again
  NewContext,  ///< ImGui's state may be the cause: a new context, and one more try
  GiveUp,      ///< that did not help: nothing more is tried until the health is reset
};

/// The failures in a row of one part of a program.
class Failures {
 public:
  static constexpr int kEach = 3;  ///< failures that lead to the next step
  Escalation Add();
  void Clear() { count_ = 0; }

 private:
  int count_ = 0;
};

/// One panel, and whether it is fenced off.
struct Fence {
  enum class Is { Down, Up, UpForGood };

  std::string panel;
  Is is = Is::Down;
  Failures failures = {};
  std::string error = {};   ///< what the panel failed of, in a line
  std::string window = {};  ///< where it drew, and the notice does; "": within what is around it
  int flags = 0;            ///< ImGuiWindowFlags for that window
};

enum class Notice { Seen, RetryAsked };
/// Draws what stands in the place of a fenced panel.
Notice DrawNotice(const Fence& fence);
/// Draws what stands in the place of a whole program that was given up.
void DrawGivenUp(const std::string& error);

}  // namespace proctor::hooks
