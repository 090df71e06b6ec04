#include "core/kernel/request_tracker.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace proctor {
namespace {

using Time = RequestTracker::Time;
using Millis = RequestTracker::Millis;

// One that comes before the code runs is lost, and is soon sent again. One that comes while the
// traceback of the first is made, which takes long the first time, would spoil it.
Millis UntilNextInterrupt(int sent, bool ran) {
  const Millis first(ran ? 500 : 100);
  return std::min(first * (1 << std::min(sent - 1, 4)), Millis(1000));
}

std::string Describe(const std::optional<OutputChunk>& error) {
  if (!error) return "the kernel says that it failed, and not why";
  return error->text.empty() ? error->name : error->name + ": " + error->text;
}

}  // namespace

RequestTracker::RequestTracker(RequestId id, Time sent, Millis timeout, Kernel kernel)
    : id_(id),
      timeout_(timeout),
      counts_from_sent_(kernel == Kernel::Free),
      started_(sent),
      heard_(sent) {}

void RequestTracker::OnBusy(Time now) {
  if (!counts_from_sent_ && !busy_) started_ = now;
  if (!busy_) busy_ = now;
  heard_ = now;
}

void RequestTracker::OnRunning(Time now, int execution_count) {
  if (!busy_) OnBusy(now);  // where `busy` itself was lost
  running_ = now;
  heard_ = now;
  execution_count_ = execution_count;
}

void RequestTracker::OnOutput(const OutputChunk& chunk, Time now) {
  heard_ = now;
  if (chunk.kind == ChunkKind::Error) error_ = chunk;
}

void RequestTracker::OnIdle(Time now) {
  heard_ = now;
  if (!idle_) idle_ = now;
}

void RequestTracker::OnReply(ExecuteReply reply) {
  if (!reply_) reply_ = std::move(reply);
}

RequestTracker::Step RequestTracker::Advance(Time now) {
  Step step;
  if (HasTimeout() && !timed_out_ && now >= Deadline() && !(reply_ && idle_)) {
    timed_out_ = now;
    interrupt_asked_ = true;
  }
  step.end = End(now);
  if (step.end) {
    step.still_runs = !reply_ && !idle_;
    if (!error_ && reply_ && reply_->error) step.error = reply_->error;
    return step;
  }
  if (!MayInterrupt()) return step;
  const bool due =
      interrupts_ == 0 ? running_ || now >= *busy_ + kBusyToRunning : now >= interrupt_again_;
  if (!due) return step;
  step.interrupt = true;
  interrupt_again_ = now + UntilNextInterrupt(++interrupts_, running_.has_value());
  return step;
}

Time RequestTracker::Next() const {
  if (reply_ && idle_) return Time::min();
  Time next = Time::max();
  if (HasTimeout() && !timed_out_) next = std::min(next, Deadline());
  if (const auto limit = GivesUpWaiting()) next = std::min(next, *limit);
  if (MayInterrupt()) {
    const Time first = running_ ? *running_ : *busy_ + kBusyToRunning;
    next = std::min(next, interrupts_ == 0 ? first : interrupt_again_);
  }
  return next;
}

/// When what is missing will not come any more.
std::optional<Time> RequestTracker::GivesUpWaiting() const {
  if (idle_) return *idle_ + (interrupts_ > 0 ? kReplyPatienceInterrupted : kReplyPatience);
  if (reply_) return heard_ + kIdlePatience;
  if (timed_out_) return *timed_out_ + kInterruptPatience;
  return std::nullopt;
}

std::optional<ExecuteResult> RequestTracker::End(Time now) const {
  if (reply_ && idle_) return EndByReply(now);
  const auto limit = GivesUpWaiting();
  if (!limit || now < *limit) return std::nullopt;
  if (reply_) {
    ExecuteResult result = EndByReply(now);
    if (result.reason.empty())
      result.reason = "the kernel answered, but never said that it is idle";
    return result;
  }
  if (idle_ && timed_out_) {
    return EndAs(RequestEnd::TimedOut, TimeoutText() + " and was interrupted", now);
  }
  if (idle_) {
    return EndAs(RequestEnd::Interrupted,
                 interrupts_ > 0 ? "it was interrupted"
                                 : "the kernel went idle without a reply, as after an interrupt",
                 now);
  }
  return EndAs(RequestEnd::TimedOut,
               busy_ ? TimeoutText() +
                           "; the kernel did not heed the interrupt and still runs it: restart it"
                     : TimeoutText() + ", and the kernel has not begun it: restart the kernel",
               now);
}

ExecuteResult RequestTracker::EndByReply(Time now) const {
  if (timed_out_) return EndAs(RequestEnd::TimedOut, TimeoutText() + " and was interrupted", now);
  if (reply_->status == ExecuteReply::Status::Aborted) {
    return EndAs(RequestEnd::Interrupted,
                 "the kernel aborted it, because a request before it failed", now);
  }
  if (interrupts_ > 0) return EndAs(RequestEnd::Interrupted, "it was interrupted", now);
  if (reply_->status == ExecuteReply::Status::Ok) return EndAs(RequestEnd::Ok, "", now);
  return EndAs(RequestEnd::Error, Describe(error_ ? error_ : reply_->error), now);
}

std::string RequestTracker::TimeoutText() const {
  return fmt::format("it took longer than {} s", timeout_.count() / 1000.0);
}

ExecuteResult RequestTracker::EndAs(RequestEnd end, std::string reason, Time now) const {
  ExecuteResult result;
  result.request = id_;
  result.end = end;
  result.reason = std::move(reason);
  result.execution_count =
      reply_ && reply_->execution_count > 0 ? reply_->execution_count : execution_count_;
  result.duration_ms = std::chrono::duration<double, std::milli>(now - started_).count();
  result.error = error_;
  if (!error_ && reply_) result.error = reply_->error;
  return result;
}

}  // namespace proctor
