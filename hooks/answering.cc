#include "hooks/answering.h"

#include <utility>

namespace proctor::hooks {
namespace {

thread_local bool this_thread_answers = false;

}  // namespace

void Answering::Begin() {
  if (!std::exchange(this_thread_answers, true)) ++count_;
}

void Answering::End() {
  if (!std::exchange(this_thread_answers, false)) return;
  --count_;
  if (waited_for_) count_.notify_all();  // a system call, whether anybody waits or not
}

void Answering::WaitForNone() {
  waited_for_ = true;
  for (int count = count_; count > 0; count = count_) count_.wait(count);
}

}  // namespace proctor::hooks
