#pragma once
// The guard: runs drawing code over ImGui's error recovery, so that a throw, a
// failed IM_ASSERT or an unbalanced call costs the rest of that part of the frame
// and not the program. What happened goes to GuiHealth and, in one line, to stderr.
//
// What fails again and again leads further: a panel is fenced off, then ImGui gets a new
// context, then nothing more is tried (fences.h). A reset of the health starts afresh.
//
// Driven by the frame thread, within ImGui's frame. Not mended: whatever kills the process.

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "hooks/assert_failure.h"
#include "hooks/fences.h"

namespace proctor::hooks {

class Balance;
class GuiHealth;
struct ErrorRecord;

class Guard final : private AssertListener {
 public:
  explicit Guard(GuiHealth& health) : health_(health) {}
  ~Guard();
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;

  /// Runs `draw` to its end or to its first throw, then mends ImGui's stacks to
  /// what they were. Without a current ImGui context only throws are caught. Guards
  /// may be nested.
  void Run(std::string_view what, const std::function<void()>& draw);
  /// The same for one panel: once it has thrown, a notice with a button for another try
  /// is drawn in its place.
  void RunPanel(std::string_view panel, const std::function<void()>& draw);

  /// ImGui's word on an unbalanced call; called by its error callback.
  void OnImGuiError(const char* message);

 private:
  enum class Cause { None, Caught };
  /// How one part of a frame ended.
  struct Part {
    Cause cause = Cause::None;
    std::string window = {};  ///< the first one that it began
    int window_flags = 0;
    std::string_view unmended = {};  ///< what could not be brought back; "" when all was
  };

  void OnUncaughtAssert(const AssertFailure& failure) override;
  void Attach();
  Part RunMended(std::string_view what, const std::function<void()>& draw);
  Cause RunCatching(std::string_view what, const std::function<void()>& draw);
  void Mend(const Balance& before);
  Part RunFenced(std::string_view panel, const std::function<void()>& draw);
  void EndOutermost(const Part& part);
  void Renew(std::string_view why);
  void RecordAssert(std::string_view what, const AssertFailure& failure);
  void RecordCause(std::string_view what, ErrorRecord record, const std::vector<void*>& addresses);
  std::vector<std::string> WindowsAtCatch() const;
  void RecordEcho(std::string_view message);

  void RaiseFence(Fence& fence, const Part& part);
  void FollowReset();
  void Escalate(Escalation to);
  void Publish();

  GuiHealth& health_;
  int depth_ = 0;                   ///< guards within guards
  bool mending_ = false;            ///< what fails now is an echo of what is being mended
  bool cause_known_ = false;        ///< the part that is being mended has its error on record
  bool telling_ = false;            ///< the last cause was a new one: its echoes are told too
  const Balance* begun_ = nullptr;  ///< of the part that runs: what was there when it began
  std::string last_error_;          ///< of the last cause, in a line

  std::map<std::string, Fence, std::less<>> fences_;
  std::map<std::string, Failures, std::less<>> failures_;  ///< of guarded parts that are no panels
  uint64_t resets_ = 0;                                    ///< of the health that were followed
  bool renewal_due_ = false;                               ///< once the outermost guard ends
  int new_contexts_ = 0;                                   ///< since the last reset
  bool given_up_ = false;
  bool stopped_ = false;  ///< given up so far that the program is not drawn any more
};

}  // namespace proctor::hooks
