#include "app/panels/kernel_look.h"

#include "app/kernel_words.h"

namespace proctor {

Look LookOf(KernelActivity activity) {
  const char* const word = ToString(activity);
  switch (activity) {
    case KernelActivity::Starting:
      return {Icon::Hourglass, palette::kDim, word};
    case KernelActivity::Idle:
      return {Icon::CheckRing, palette::kGood, word};
    case KernelActivity::Busy:
      return {Icon::Run, palette::kAccent, word};
    case KernelActivity::Dead:
      return {Icon::Cross, palette::kBad, word};
  }
  return {};
}

Look LookOf(RequestEnd end) {
  switch (end) {
    case RequestEnd::Ok:
      return {Icon::Check, palette::kGood, "ok"};
    case RequestEnd::Error:
      return {Icon::Cross, palette::kBad, "error"};
    case RequestEnd::Interrupted:
      return {Icon::Stop, palette::kWarning, "interrupted"};
    case RequestEnd::TimedOut:
      return {Icon::Clock, palette::kPink, "timed out"};
    case RequestEnd::KernelDied:
      return {Icon::Bolt, palette::kViolet, "the kernel died"};
  }
  return {};
}

Look LookOf(HookOutcome outcome) {
  const char* const word = ToString(outcome).data();  // a literal
  switch (outcome) {
    case HookOutcome::Pending:
      return {Icon::Ring, palette::kDim, word};
    case HookOutcome::Success:
      return {Icon::Check, palette::kGood, word};
    case HookOutcome::Failure:
      return {Icon::Cross, palette::kBad, word};
    case HookOutcome::Cancelled:
      return {Icon::Skip, palette::kDim, word};
    case HookOutcome::Interrupted:
      return {Icon::Stop, palette::kWarning, word};
    case HookOutcome::Died:
      return {Icon::Bolt, palette::kViolet, word};
  }
  return {};
}

}  // namespace proctor
