#pragma once

#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "core/kernel/client.h"
#include "core/kernel/heartbeat.h"
#include "core/kernel/mailbox.h"
#include "core/kernel/message.h"
#include "core/kernel/request_tracker.h"
#include "core/kernel/sockets.h"

namespace proctor {

/// The half of a KernelClient that lives on its thread: take commands, do what time asks for,
/// wait, handle what came. All that is not marked "any thread" is called on that thread, and
/// callers' functions are called with no lock held.
class ClientLoop {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using Millis = std::chrono::milliseconds;

  ClientLoop(KernelClientOptions options, std::string session,
             std::unique_ptr<KernelSockets> sockets);

  Mailbox& mailbox() { return mailbox_; }  ///< any thread
  KernelStatus status() const;             ///< any thread
  /// Until the mailbox is closed; afterwards nothing is open or in flight any more.
  void Run();

  // ---- client_requests.cc ----
  void Execute(RequestId id, ExecuteRequest request, ExecuteCallbacks callbacks);
  void Interrupt(RequestId id);
  void ReplyToInput(std::string line);

  // ---- client_loop.cc ----
  struct Question {
    KernelChannel channel = KernelChannel::Shell;
    std::string type, content;
    Millis timeout{0};
    KernelClient::Answer then;
  };
  void Ask(Question question);
  void Beat(Millis timeout, KernelClient::Answer then);
  void WhenReady(Millis timeout, KernelClient::Ready then);
  void ProcessEnded(std::string why);

 private:
  struct Waiting {
    RequestId id = 0;
    ExecuteRequest request;
    ExecuteCallbacks callbacks;
    std::optional<Time> blocked;  ///< since when a request that was given up keeps it waiting
  };
  struct InFlight {
    RequestId id = 0;
    std::string message;
    bool allow_stdin = false;
    ExecuteCallbacks callbacks;
    RequestTracker tracker;
    std::string input_request;  ///< message id of what waits for a line; empty: none
  };
  struct Asked {
    std::string type;
    Time deadline;
    Millis timeout;
    KernelClient::Answer then;
  };
  struct BeatWait {
    Time deadline;
    Millis timeout;
    KernelClient::Answer then;
  };
  struct ReadyWait {
    Time deadline;
    Millis timeout;
    KernelClient::Ready then;
  };

  // The loop.
  void RunCommands();
  void Advance();
  Time Next() const;
  Millis UntilNext() const;
  void Receive();
  std::string Send(KernelChannel channel, const char* type, std::string content,
                   const std::string& parent = {}, const char* parent_type = "");
  bool IsOwn(const std::string& message) const;
  void UpdateStatus();
  KernelActivity Activity() const;

  // Handlers.
  void OnFrames(KernelChannel channel, const Frames& frames);
  void OnReply(KernelMessage& message);
  void OnIopub(const KernelMessage& message);
  void OnState(const KernelMessage& message);
  void OnForeignState(const KernelMessage& message, bool busy);
  void OnForeignOutput(const KernelMessage& message);
  void OnKernelInfo(const KernelMessage& message);
  void OnAnotherSession(const std::string& session);

  // Readiness, signs of life, questions.
  bool IsReady() const { return info_ && heard_iopub_; }
  void AdvanceReadiness();
  void BecomeReady();
  std::string WhyNotReady(const ReadyWait& wait) const;
  void AdvanceHeartbeat();
  void ExpireQuestions();
  void RefuseAll(const std::string& why);

  // Requests: client_requests.cc
  void BeginNext();
  bool MayBegin() const;
  Time NextBegin() const;  ///< not before; max: when what still runs has ended
  void AdvanceRequest();
  void AdvanceBlocked();
  std::optional<Time> BlockedUntil() const;
  void OnOwnOutput(const KernelMessage& message);
  void OnInputRequest(const KernelMessage& message);
  void SendInterrupt();
  void EndWaiting(Waiting waiting, RequestEnd end, std::string reason, bool cancelled);
  void EndInFlight(ExecuteResult result);
  void AdvanceDeath();
  void Die(std::string why);

  KernelClientOptions options_;
  const std::string session_;
  std::unique_ptr<KernelSockets> sockets_;
  Mailbox mailbox_;
  Time now_;  ///< when the loop last woke
  SeenSignatures seen_;
  uint64_t messages_ = 0;  ///< sent

  std::optional<KernelInfo> info_;
  bool heard_iopub_ = false;
  Time ask_ready_at_ = Time::min();
  Millis ask_ready_pause_{0};
  std::vector<ReadyWait> ready_waits_;

  Heartbeat heartbeat_;
  std::vector<BeatWait> beat_waits_;
  std::map<std::string, Asked> asked_;  ///< by message id

  std::deque<Waiting> waiting_;
  std::optional<InFlight> in_flight_;
  std::string still_running_;  ///< message of one that was given up; empty: none
  std::string interrupt_;      ///< interrupt_request that has no answer yet; empty: none
  Time interrupt_sent_ = Time::min();
  std::string foreign_;  ///< message of another's request that runs; empty: none

  int seen_count_ = 0;  ///< the execution count that was seen last

  static constexpr Millis kLastWords{30};
  std::optional<std::string> ended_;  ///< the process has, and why
  Time ended_at_;
  std::optional<std::string> dead_;  ///< nothing more will come

  mutable std::mutex status_mutex_;
  KernelStatus status_;
};

}  // namespace proctor
