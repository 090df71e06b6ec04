#pragma once
// The guard: runs drawing code over ImGui's error recovery, so that a throw, a
// failed IM_ASSERT or an unbalanced call costs the rest of that part of the frame
// and not the program. What happened goes to GuiHealth and, in one line, to stderr.
//
// Driven by the frame thread, within ImGui's frame. Not mended: an error inside
// BeginTabItem()/EndTabItem() (ImGui cannot), and whatever kills the process.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "hooks/assert_failure.h"

namespace proctor::hooks {

class GuiHealth;
struct ErrorRecord;

class Guard : private AssertListener {
 public:
  explicit Guard(GuiHealth& health) : health_(health) {}
  ~Guard();
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;

  /// Runs `draw` to its end or to its first throw, then mends ImGui's stacks to
  /// what they were. Without a current ImGui context only throws are caught. Guards
  /// may be nested.
  void Run(std::string_view what, const std::function<void()>& draw);

  /// ImGui's word on an unbalanced call; called by its error callback.
  void OnImGuiError(const char* message);

 private:
  enum class Cause { None, Caught };

  void OnUncaughtAssert(const AssertFailure& failure) override;
  void Attach();
  Cause RunCatching(std::string_view what, const std::function<void()>& draw);
  void RecordAssert(std::string_view what, const AssertFailure& failure);
  void RecordCause(std::string_view what, ErrorRecord record, const std::vector<void*>& addresses);

  GuiHealth& health_;
  bool mending_after_throw_ = false;  ///< what ImGui reports now is an echo of the throw
  bool telling_ = false;              ///< the last cause was a new one: its echoes are logged
};

}  // namespace proctor::hooks
