#pragma once
// A stack for the handlers of signals: a thread whose own has overflowed has no other to tell
// of it on.

#include <signal.h>

namespace proctor::hooks {

/// The calling thread's, for as long as this lives; one that is large enough already stays.
class SignalStack {
 public:
  SignalStack();
  ~SignalStack();
  SignalStack(const SignalStack&) = delete;
  SignalStack& operator=(const SignalStack&) = delete;

 private:
  void* memory_ = nullptr;  ///< null: not ours
  stack_t before_{};
};

}  // namespace proctor::hooks
