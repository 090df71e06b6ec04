#include "hooks/signal_stack.h"

#include <sys/mman.h>

#include <cstddef>

namespace proctor::hooks {
namespace {

constexpr size_t kStackBytes = 128 * 1024;  // the unwinder needs some 20 KiB

}  // namespace

SignalStack::SignalStack() {
  const bool known = sigaltstack(nullptr, &before_) == 0;
  if (known && (before_.ss_flags & SS_DISABLE) == 0 && before_.ss_size >= kStackBytes) return;
  void* const memory = mmap(nullptr, kStackBytes, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
  if (memory == MAP_FAILED) return;
  const stack_t stack{.ss_sp = memory, .ss_flags = 0, .ss_size = kStackBytes};
  if (sigaltstack(&stack, nullptr) == 0) {
    memory_ = memory;
  } else {
    munmap(memory, kStackBytes);
  }
}

/// What was there before comes back: a sanitizer ends the thread's own by asking for it.
SignalStack::~SignalStack() {
  if (memory_ == nullptr || sigaltstack(&before_, nullptr) != 0) return;
  munmap(memory_, kStackBytes);
}

}  // namespace proctor::hooks
