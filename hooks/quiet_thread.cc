#include "hooks/quiet_thread.h"

#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <utility>

#include "hooks/signal_stack.h"

namespace proctor::hooks {
namespace {

/// A new thread starts with its creator's mask; so the creator blocks for a moment.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t blocked;
    sigfillset(&blocked);
    for (int crash : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP}) {
      sigdelset(&blocked, crash);
    }
    pthread_sigmask(SIG_SETMASK, &blocked, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_;
};

/// The kernel's `struct sched_attr` in its first form; its header does not go with <sched.h>.
struct SchedAttr {
  uint32_t size, policy;
  uint64_t flags;
  int32_t nice;
  uint32_t priority;
  uint64_t runtime, deadline, period;  ///< ns
};

}  // namespace

void AskForShortTurns() {
  constexpr uint64_t kTurnNs = 100'000;  // the least that there is
  SchedAttr wanted{};
  if (syscall(SYS_sched_getattr, 0, &wanted, sizeof wanted, 0) != 0) return;
  if (wanted.policy != SCHED_OTHER) return;
  wanted.runtime = kTurnNs;
  if (syscall(SYS_sched_setattr, 0, &wanted, 0) != 0) return;  // it goes without
}

std::thread StartQuietThread(std::function<void()> body) {
  const SignalsBlocked blocked;
  return std::thread([body = std::move(body)] {
    const SignalStack stack;
    AskForShortTurns();
    body();
  });
}

}  // namespace proctor::hooks
