// What a ClientLoop does with requests: one in flight, the others in order behind it.
#include <utility>

#include "core/kernel/client_loop.h"
#include "core/kernel/content.h"

namespace proctor {
namespace {

// A signal is on its way for a moment, and an interrupt_request until it is answered: neither
// may meet the next request.
constexpr ClientLoop::Millis kSignalOnItsWay{20};
constexpr ClientLoop::Millis kInterruptAnswer{1000};

}  // namespace

void ClientLoop::Execute(RequestId id, ExecuteRequest request, ExecuteCallbacks callbacks) {
  Waiting waiting{id, std::move(request), std::move(callbacks)};
  if (dead_) {
    EndWaiting(std::move(waiting), RequestEnd::KernelDied, *dead_, false);
  } else if (options_.read_only) {
    EndWaiting(std::move(waiting), RequestEnd::Interrupted,
               "the kernel is attached read-only: nothing is run in it", true);
  } else {
    waiting_.push_back(std::move(waiting));
    BeginNext();
  }
}

bool ClientLoop::MayBegin() const {
  return !waiting_.empty() && !in_flight_ && IsReady() && !ended_ && !dead_ &&
         still_running_.empty() && now_ >= NextBegin();
}

ClientLoop::Time ClientLoop::NextBegin() const {
  if (!still_running_.empty()) return Time::max();
  if (!interrupt_.empty()) return interrupt_sent_ + kInterruptAnswer;
  return interrupt_sent_ == Time::min() ? Time::min() : interrupt_sent_ + kSignalOnItsWay;
}

/// When the first that waits for one that was given up has waited for as long as it may take.
std::optional<ClientLoop::Time> ClientLoop::BlockedUntil() const {
  if (waiting_.empty() || !waiting_.front().blocked) return std::nullopt;
  const Waiting& first = waiting_.front();
  if (first.request.timeout.count() <= 0) return std::nullopt;
  return *first.blocked + first.request.timeout;
}

/// A kernel that heeds no interrupt runs nothing else: whoever waits for it is told in time.
void ClientLoop::AdvanceBlocked() {
  if (still_running_.empty() || in_flight_ || waiting_.empty() || dead_) return;
  if (!waiting_.front().blocked) waiting_.front().blocked = now_;
  while (const auto until = BlockedUntil()) {
    if (now_ < *until) return;
    Waiting late = std::move(waiting_.front());
    waiting_.pop_front();
    EndWaiting(std::move(late), RequestEnd::TimedOut,
               "the kernel still runs an earlier request, whose interrupt it did not heed: "
               "restart it",
               false);
    if (!waiting_.empty()) waiting_.front().blocked = now_;
  }
}

void ClientLoop::BeginNext() {
  if (!MayBegin()) return;
  Waiting next = std::move(waiting_.front());
  waiting_.pop_front();
  const auto kernel =
      foreign_.empty() ? RequestTracker::Kernel::Free : RequestTracker::Kernel::Busy;
  std::string message = Send(KernelChannel::Shell, "execute_request", ExecuteContent(next.request));
  in_flight_.emplace(InFlight{.id = next.id,
                              .message = std::move(message),
                              .allow_stdin = next.request.allow_stdin,
                              .callbacks = std::move(next.callbacks),
                              .tracker = {next.id, now_, next.request.timeout, kernel}});
  UpdateStatus();
}

void ClientLoop::AdvanceRequest() {
  if (!in_flight_) return;
  RequestTracker::Step step = in_flight_->tracker.Advance(now_);
  if (step.interrupt) SendInterrupt();
  if (!step.end) return;
  if (step.error && in_flight_->callbacks.on_output) in_flight_->callbacks.on_output(*step.error);
  if (step.still_runs) still_running_ = in_flight_->message;
  EndInFlight(std::move(*step.end));
}

void ClientLoop::OnOwnOutput(const KernelMessage& message) {
  const std::optional<OutputChunk> chunk = ReadOutput(message);
  if (!chunk) return;
  in_flight_->tracker.OnOutput(*chunk, now_);
  if (in_flight_->callbacks.on_output) in_flight_->callbacks.on_output(*chunk);
}

void ClientLoop::OnInputRequest(const KernelMessage& message) {
  const bool ours = in_flight_ && message.parent_id == in_flight_->message;
  if (!ours || !in_flight_->allow_stdin || message.type != "input_request") return;
  in_flight_->input_request = message.id;
  if (const auto chunk = ReadOutput(message); chunk && in_flight_->callbacks.on_output) {
    in_flight_->callbacks.on_output(*chunk);
  }
}

void ClientLoop::ReplyToInput(std::string line) {
  if (!in_flight_ || in_flight_->input_request.empty()) return;
  Send(KernelChannel::Stdin, "input_reply", InputContent(line),
       std::exchange(in_flight_->input_request, {}), "input_request");
}

void ClientLoop::Interrupt(RequestId id) {
  if (in_flight_ && (id == 0 || id == in_flight_->id)) return in_flight_->tracker.AskInterrupt();
  const bool runs_another = !foreign_.empty() || !still_running_.empty();
  if (id == 0 && runs_another && !dead_ && !options_.read_only) return SendInterrupt();
  for (auto it = waiting_.begin(); id != 0 && it != waiting_.end(); ++it) {
    if (it->id != id) continue;
    Waiting cancelled = std::move(*it);
    waiting_.erase(it);
    return EndWaiting(std::move(cancelled), RequestEnd::Interrupted,
                      "it was cancelled before it began", true);
  }
}

void ClientLoop::SendInterrupt() {
  if (options_.interrupt_mode == InterruptMode::Signal && options_.send_sigint) {
    interrupt_sent_ = now_;
    return options_.send_sigint();
  }
  // One at a time: those that the kernel has not read yet would meet the next request.
  if (!interrupt_.empty() && now_ < interrupt_sent_ + kInterruptAnswer) return;
  interrupt_sent_ = now_;
  interrupt_ = Send(KernelChannel::Control, "interrupt_request", "{}");
}

void ClientLoop::EndWaiting(Waiting waiting, RequestEnd end, std::string reason, bool cancelled) {
  ExecuteResult result;
  result.request = waiting.id;
  result.end = end;
  result.reason = std::move(reason);
  result.cancelled = cancelled;
  if (waiting.callbacks.on_end) waiting.callbacks.on_end(result);
}

void ClientLoop::EndInFlight(ExecuteResult result) {
  InFlight ended = std::move(*in_flight_);
  in_flight_.reset();
  UpdateStatus();
  if (ended.callbacks.on_end) ended.callbacks.on_end(result);
}

/// What the kernel said before its end may still be on its way for a moment, a reply even.
void ClientLoop::AdvanceDeath() {
  if (!ended_ || dead_) return;
  const bool awaits = in_flight_ || !asked_.empty();
  if (!awaits || now_ >= ended_at_ + kLastWords) Die(*ended_);
}

void ClientLoop::Die(std::string why) {
  if (dead_) return;
  dead_ = std::move(why);
  sockets_->Close();
  if (in_flight_) {
    EndInFlight(in_flight_->tracker.EndAs(RequestEnd::KernelDied, *dead_, now_));
  }
  for (Waiting& waiting : std::exchange(waiting_, {})) {
    EndWaiting(std::move(waiting), RequestEnd::KernelDied, *dead_, false);
  }
  RefuseAll(*dead_);
  UpdateStatus();
}

}  // namespace proctor
