#include "core/kernel/client_loop.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "core/kernel/content.h"

namespace proctor {
namespace {

using Time = ClientLoop::Time;
using Millis = ClientLoop::Millis;

// What the kernel printed comes before what it answered where both are there: then an error's
// own message is preferred to the copy of it in the reply.
constexpr std::array kInOrder = {KernelChannel::Iopub, KernelChannel::Stdin, KernelChannel::Shell,
                                 KernelChannel::Control, KernelChannel::Heartbeat};
constexpr int kAtOnce = 256;  // messages of a channel, before commands get their turn
// A question asked before the kernel listens waits in the socket: one is enough, unless it is
// lost. Once it is answered, only iopub is missing, and that takes milliseconds.
constexpr Millis kAskAgainUnanswered{500};
constexpr Millis kAskAgainMost{100};
constexpr Millis kFirstAskAgain{5};

Time After(Time now, Millis timeout) {
  return timeout.count() > 0 ? now + timeout : now;
}

}  // namespace

ClientLoop::ClientLoop(KernelClientOptions options, std::string session,
                       std::unique_ptr<KernelSockets> sockets)
    : options_(std::move(options)),
      session_(std::move(session)),
      sockets_(std::move(sockets)),
      now_(std::chrono::steady_clock::now()),
      heartbeat_(options_.heartbeat_every) {
  status_.since = now_;
}

KernelStatus ClientLoop::status() const {
  std::lock_guard lock(status_mutex_);
  return status_;
}

void ClientLoop::Run() {
  while (true) {
    now_ = std::chrono::steady_clock::now();
    RunCommands();
    if (mailbox_.closed()) break;  // and nothing more is taken
    Advance();
    sockets_->Poll(mailbox_.fd(), UntilNext());
    now_ = std::chrono::steady_clock::now();
    Receive();
  }
  RunCommands();
  Die(ended_.value_or("the client was closed"));
  // What the callers' functions hold is let go of with the thread, not with the object.
  options_ = {};
}

void ClientLoop::RunCommands() {
  for (auto commands = mailbox_.Take(); !commands.empty(); commands = mailbox_.Take()) {
    for (Mailbox::Command& command : commands) command();
  }
}

void ClientLoop::Advance() {
  AdvanceReadiness();
  AdvanceHeartbeat();
  ExpireQuestions();
  AdvanceRequest();
  AdvanceBlocked();
  AdvanceDeath();
  BeginNext();
  UpdateStatus();
}

Time ClientLoop::Next() const {
  if (dead_) return Time::max();
  Time next = heartbeat_.Next();
  if (!IsReady() && !options_.read_only) next = std::min(next, ask_ready_at_);
  for (const ReadyWait& wait : ready_waits_) next = std::min(next, wait.deadline);
  for (const BeatWait& wait : beat_waits_) next = std::min(next, wait.deadline);
  for (const auto& [id, asked] : asked_) next = std::min(next, asked.deadline);
  if (in_flight_) next = std::min(next, in_flight_->tracker.Next());
  if (!in_flight_ && !waiting_.empty() && IsReady()) next = std::min(next, NextBegin());
  if (const auto until = BlockedUntil()) next = std::min(next, *until);
  if (ended_) next = std::min(next, ended_at_ + kLastWords);
  return next;
}

Millis ClientLoop::UntilNext() const {
  const Time next = Next();
  if (next == Time::max()) return Millis(-1);
  const Time now = std::chrono::steady_clock::now();
  // Rounded up: woken too early, the loop would turn without a pause until it is time.
  return next <= now ? Millis(0) : std::chrono::ceil<Millis>(next - now);
}

void ClientLoop::Receive() {
  for (const KernelChannel channel : kInOrder) {
    for (int i = 0; i < kAtOnce; ++i) {
      const std::optional<Frames> frames = sockets_->Receive(channel);
      if (!frames) break;
      OnFrames(channel, *frames);
    }
  }
}

std::string ClientLoop::Send(KernelChannel channel, const char* type, std::string content,
                             const std::string& parent, const char* parent_type) {
  KernelMessage message;
  message.type = type;
  message.id = fmt::format("{}_{}", session_, ++messages_);
  message.session = session_;
  message.parent_id = parent;
  message.parent_type = parent_type;
  message.content = std::move(content);
  sockets_->Send(channel, Serialize(message, options_.connection.key));
  return message.id;
}

bool ClientLoop::IsOwn(const std::string& message) const {
  return message.size() > session_.size() && message.compare(0, session_.size(), session_) == 0;
}

void ClientLoop::UpdateStatus() {
  KernelStatus next = status();
  const KernelActivity activity = Activity();
  const bool foreign = activity == KernelActivity::Busy && !in_flight_ && still_running_.empty();
  const bool turned = activity != next.activity || foreign != next.foreign;
  next.activity = activity;
  next.foreign = foreign;
  if (turned) next.since = now_;
  next.reason = dead_ ? *dead_ : std::string();
  if (!still_running_.empty() && !in_flight_ && !dead_) {
    next.reason = "it still runs a request that was given up after its time limit";
  }
  if (heartbeat_.last()) next.heartbeat = *heartbeat_.last();
  next.missed_heartbeats = heartbeat_.missed();
  if (seen_count_ > 0) next.execution_count = seen_count_;
  bool changed = turned;
  {
    std::lock_guard lock(status_mutex_);
    changed = changed || next.reason != status_.reason ||
              next.missed_heartbeats != status_.missed_heartbeats ||
              next.execution_count != status_.execution_count;
    status_ = next;
  }
  if (changed && options_.on_status) options_.on_status(next);
}

KernelActivity ClientLoop::Activity() const {
  if (dead_) return KernelActivity::Dead;
  if (!IsReady()) return KernelActivity::Starting;
  const bool busy = in_flight_ || !still_running_.empty() || !foreign_.empty();
  return busy ? KernelActivity::Busy : KernelActivity::Idle;
}

void ClientLoop::OnFrames(KernelChannel channel, const Frames& frames) {
  if (channel == KernelChannel::Heartbeat) {
    heartbeat_.OnAnswer(now_);
    const double ms = std::chrono::duration<double, std::milli>(heartbeat_.took()).count();
    for (BeatWait& wait : std::exchange(beat_waits_, {})) wait.then(fmt::format("{:.3f}", ms));
    return;
  }
  Result<KernelMessage, std::string> message = Parse(frames, options_.connection.key, seen_);
  if (!message) return;  // not signed with our key, or a replay: it is nobody's
  if (channel == KernelChannel::Iopub) {
    OnIopub(*message);
  } else if (channel == KernelChannel::Stdin) {
    OnInputRequest(*message);
  } else {
    OnReply(*message);
  }
}

void ClientLoop::OnReply(KernelMessage& message) {
  if (!IsOwn(message.parent_id)) return;
  if (info_ && message.session != info_->session) OnAnotherSession(message.session);
  if (message.parent_id == interrupt_) interrupt_.clear();
  if (message.type == "kernel_info_reply") return OnKernelInfo(message);
  if (in_flight_ && message.parent_id == in_flight_->message) {
    if (message.type != "execute_reply") return;
    in_flight_->tracker.OnReply(ReadExecuteReply(message));
    return;
  }
  const auto found = asked_.find(message.parent_id);
  if (found == asked_.end()) return;
  const KernelClient::Answer then = std::move(found->second.then);
  asked_.erase(found);
  then(std::move(message.content));
}

void ClientLoop::OnIopub(const KernelMessage& message) {
  heard_iopub_ = true;
  if (message.type == "status") return OnState(message);
  if (message.type == "execute_input") {
    seen_count_ = std::max(ReadExecutionCount(message), 0);
    if (in_flight_ && message.parent_id == in_flight_->message) {
      in_flight_->tracker.OnRunning(now_, seen_count_);
    }
    return;
  }
  if (in_flight_ && message.parent_id == in_flight_->message) {
    OnOwnOutput(message);
  } else if (!message.parent_id.empty() && !IsOwn(message.parent_id)) {
    OnForeignOutput(message);
  }
}

void ClientLoop::OnState(const KernelMessage& message) {
  const KernelState state = ReadState(message);
  if (state == KernelState::Starting) {
    if (info_ && message.session != info_->session) OnAnotherSession(message.session);
    return;
  }
  if (state == KernelState::Unknown) return;
  const bool busy = state == KernelState::Busy;
  if (!IsOwn(message.parent_id)) return OnForeignState(message, busy);
  if (in_flight_ && message.parent_id == in_flight_->message) {
    busy ? in_flight_->tracker.OnBusy(now_) : in_flight_->tracker.OnIdle(now_);
  } else if (!busy && message.parent_id == still_running_) {
    still_running_.clear();
  }
}

/// Completion and the like are over at once: only what runs code makes a kernel busy here.
void ClientLoop::OnForeignState(const KernelMessage& message, bool busy) {
  if (!busy && message.parent_id == foreign_) {
    foreign_.clear();
  } else if (busy && message.parent_type == "execute_request") {
    foreign_ = message.parent_id;
  }
}

void ClientLoop::OnForeignOutput(const KernelMessage& message) {
  if (!options_.on_foreign_output) return;
  if (const auto chunk = ReadOutput(message)) {
    options_.on_foreign_output(message.parent_id, *chunk);
  }
}

void ClientLoop::OnKernelInfo(const KernelMessage& message) {
  if (!info_) {
    info_ = ReadKernelInfo(message);
    ask_ready_pause_ = kFirstAskAgain;
    ask_ready_at_ = now_ + ask_ready_pause_;
  }
}

/// Whoever owns it has restarted it on the same addresses: what ran is gone with the old one.
void ClientLoop::OnAnotherSession(const std::string& session) {
  info_->session = session;
  foreign_.clear();
  still_running_.clear();
  interrupt_.clear();
  if (!in_flight_) return;
  EndInFlight(in_flight_->tracker.EndAs(RequestEnd::KernelDied,
                                        "the kernel was restarted while it ran this", now_));
}

void ClientLoop::AdvanceReadiness() {
  if (dead_) return;
  // Of one that is only watched there is nothing to ask: that it lives is all.
  if (options_.read_only && !info_ && (heard_iopub_ || heartbeat_.last())) {
    info_ = KernelInfo{};
    heard_iopub_ = true;
  }
  if (IsReady() && !ready_waits_.empty()) BecomeReady();
  if (IsReady()) return;
  if (!options_.read_only && now_ >= ask_ready_at_) {
    Send(KernelChannel::Shell, "kernel_info_request", "{}");
    ask_ready_pause_ = info_ ? std::min(ask_ready_pause_ * 2, kAskAgainMost) : kAskAgainUnanswered;
    ask_ready_at_ = now_ + ask_ready_pause_;
  }
  std::vector<ReadyWait> late;
  std::erase_if(ready_waits_, [&](ReadyWait& wait) {
    if (now_ < wait.deadline) return false;
    late.push_back(std::move(wait));
    return true;
  });
  for (ReadyWait& wait : late) wait.then(Failure{WhyNotReady(wait)});
}

void ClientLoop::BecomeReady() {
  UpdateStatus();
  for (ReadyWait& wait : std::exchange(ready_waits_, {})) wait.then(*info_);
}

std::string ClientLoop::WhyNotReady(const ReadyWait& wait) const {
  const char* missing = "it neither answered kernel_info nor said anything on iopub";
  if (info_) missing = "it answered kernel_info, but nothing came on iopub";
  if (heard_iopub_) missing = "it did not answer kernel_info";
  return fmt::format("the kernel was not ready within {} s: {}", wait.timeout.count() / 1000.0,
                     missing);
}

void ClientLoop::AdvanceHeartbeat() {
  if (dead_) return;
  if (IsReady()) heartbeat_.Expect();
  const Heartbeat::Step step = heartbeat_.Advance(now_);
  if (step == Heartbeat::Step::Nothing) return;
  if (step == Heartbeat::Step::Renew) sockets_->RenewHeartbeat();
  sockets_->Send(KernelChannel::Heartbeat, {"ping"});
}

void ClientLoop::ExpireQuestions() {
  std::vector<Asked> late;
  std::erase_if(asked_, [&](auto& entry) {
    if (now_ < entry.second.deadline) return false;
    late.push_back(std::move(entry.second));
    return true;
  });
  std::vector<BeatWait> late_beats;
  std::erase_if(beat_waits_, [&](BeatWait& wait) {
    if (now_ < wait.deadline) return false;
    late_beats.push_back(std::move(wait));
    return true;
  });
  for (Asked& asked : late) {
    asked.then(Failure{fmt::format("the kernel did not answer {} within {} s", asked.type,
                                   asked.timeout.count() / 1000.0)});
  }
  for (BeatWait& wait : late_beats) {
    wait.then(Failure{
        fmt::format("no heartbeat of the kernel came within {} s", wait.timeout.count() / 1000.0)});
  }
}

void ClientLoop::Ask(Question question) {
  if (dead_) return question.then(Failure{*dead_});
  if (options_.read_only) {
    return question.then(Failure{std::string("the kernel is attached read-only: it is not asked")});
  }
  std::string id = Send(question.channel, question.type.c_str(), std::move(question.content));
  asked_.emplace(std::move(id), Asked{std::move(question.type), After(now_, question.timeout),
                                      question.timeout, std::move(question.then)});
}

void ClientLoop::Beat(Millis timeout, KernelClient::Answer then) {
  if (dead_) return then(Failure{*dead_});
  beat_waits_.push_back({After(now_, timeout), timeout, std::move(then)});
  heartbeat_.Hurry(now_);
}

void ClientLoop::WhenReady(Millis timeout, KernelClient::Ready then) {
  if (dead_) return then(Failure{"the kernel is not ready: " + *dead_});
  ready_waits_.push_back({After(now_, timeout), timeout, std::move(then)});
}

void ClientLoop::RefuseAll(const std::string& why) {
  for (ReadyWait& wait : std::exchange(ready_waits_, {})) {
    wait.then(Failure{"the kernel is not ready: " + why});
  }
  for (auto& [id, asked] : std::exchange(asked_, {})) asked.then(Failure{why});
  for (BeatWait& wait : std::exchange(beat_waits_, {})) wait.then(Failure{why});
}

void ClientLoop::ProcessEnded(std::string why) {
  if (ended_ || dead_) return;
  ended_ = std::move(why);
  ended_at_ = now_;
}

}  // namespace proctor
