#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "core/kernel/request.h"

namespace proctor {

/// The reply to an execute_request.
struct ExecuteReply {
  enum class Status {
    Ok,
    Error,
    Aborted,  ///< it was never run, because a request before it failed
  };
  Status status = Status::Error;
  int execution_count = 0;
  std::optional<OutputChunk> error;  ///< of kind Error
};

/// Decides for one request when it is interrupted and how it has ended. Passive and pure: the
/// client says what came and asks what is to be done now.
class RequestTracker {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using Millis = std::chrono::milliseconds;

  /// A kernel that does not heed the interrupt of a timeout for so long is left to itself.
  static constexpr Millis kInterruptPatience{1500};
  /// `idle` has come and no reply for so long: there will be none.
  static constexpr Millis kReplyPatience{1000};
  static constexpr Millis kReplyPatienceInterrupted{200};  ///< which an interrupt is known to do
  /// The reply has come, and nothing more on iopub for so long: `idle` was lost.
  static constexpr Millis kIdlePatience{5000};
  /// An interrupt before the code runs is lost: `busy` comes a little earlier than that.
  static constexpr Millis kBusyToRunning{20};

  enum class Kernel {
    Free,  ///< it begins at once
    Busy,  ///< with what somebody else asked: time counts from our own `busy`
  };
  RequestTracker(RequestId id, Time sent, Millis timeout, Kernel kernel);

  void OnBusy(Time now);
  void OnRunning(Time now, int execution_count);  ///< execute_input came
  void OnOutput(const OutputChunk& chunk, Time now);
  void OnIdle(Time now);
  void OnReply(ExecuteReply reply);
  void AskInterrupt() { interrupt_asked_ = true; }

  struct Step {
    bool interrupt = false;            ///< send one now
    std::optional<OutputChunk> error;  ///< with `end`: it is in the reply, and iopub had none
    std::optional<ExecuteResult> end;
    bool still_runs = false;  ///< with `end`: the kernel has not let go of it
  };
  Step Advance(Time now);
  /// When Advance() has something to do even if nothing comes until then; max: never.
  Time Next() const;
  /// Whatever else was expected, it has ended.
  ExecuteResult EndAs(RequestEnd end, std::string reason, Time now) const;

 private:
  bool HasTimeout() const { return timeout_.count() > 0 && (busy_ || counts_from_sent_); }
  Time Deadline() const { return started_ + timeout_; }
  bool MayInterrupt() const { return interrupt_asked_ && busy_ && !idle_ && !reply_; }
  std::optional<Time> GivesUpWaiting() const;
  std::optional<ExecuteResult> End(Time now) const;
  ExecuteResult EndByReply(Time now) const;
  std::string TimeoutText() const;

  const RequestId id_;
  const Millis timeout_;  ///< 0: none
  const bool counts_from_sent_;
  Time started_;
  std::optional<Time> busy_, idle_;
  std::optional<Time> running_;
  Time heard_;  ///< something of it on iopub
  std::optional<ExecuteReply> reply_;
  std::optional<OutputChunk> error_;  ///< that came on iopub
  int execution_count_ = 0;
  bool interrupt_asked_ = false;
  std::optional<Time> timed_out_;
  int interrupts_ = 0;  ///< sent
  Time interrupt_again_;
};

}  // namespace proctor
