#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/kernel/hooks.h"
#include "core/kernel/session.h"

namespace proctor {

/// What a KernelSession holds. The mutex guards the members and is never held while a hook, a
/// callback, a stream or on_change is called. Those marked "client's" run on the client's
/// thread; where there is none any more, on that of whoever called last.
class KernelSession::Impl : public std::enable_shared_from_this<KernelSession::Impl> {
 public:
  using Clock = std::chrono::steady_clock;

  explicit Impl(SessionOptions options);

  // ---- session_life.cc ----
  Result<void, std::string> Connect(KernelClientOptions client);
  Result<void, std::string> Reconnect(KernelClientOptions client);
  void Close();
  Result<KernelInfo, std::string> WaitReady(std::chrono::milliseconds timeout) const;
  void SetStream(std::shared_ptr<OutputStream> stream);
  std::shared_ptr<const SessionView> View() const;
  std::shared_ptr<const SessionView> WaitNewer(uint64_t version,
                                               std::chrono::milliseconds timeout) const;
  std::shared_ptr<KernelClient> client() const;

  // ---- session_requests.cc ----
  std::shared_ptr<const RequestLog> Submit(ExecuteRequest request, ExecuteCallbacks callbacks);
  std::shared_ptr<const RequestLog> Find(RequestId id) const;
  void Interrupt(RequestId id);
  void ReplyToInput(std::string line);
  void StartLoop();
  std::shared_ptr<const RequestLog> StepLoop();
  Settled SettleLoop(std::chrono::milliseconds limit);
  std::vector<RequestId> StopLoop();

  HookList hooks;
  HookRecorder recorder;

 private:
  struct Entry {
    RequestId id = 0;
    ExecuteRequest request;  ///< its code is the hooks' to change, on the client's thread
    ExecuteCallbacks callbacks;
    std::shared_ptr<RequestLog> log;
    bool prepared = false;   ///< its hooks were called
    bool begun = false;      ///< it was taken for sending
    bool sent = false;       ///< the client has it
    bool interrupt = false;  ///< asked for before the client had it
    bool ended = false;
    Clock::time_point begun_at;
  };
  using EntryPtr = std::shared_ptr<Entry>;

  /// Runs it on the client's thread, soon; where there is none, here and now.
  void Post(std::function<void()> function);
  void Changed();
  bool OnThread() const;

  // ---- session_life.cc ----
  enum class Change { Begun, Refused };
  Change BeginChange();
  void EndChange();
  void OnStatus(uint64_t epoch, const KernelStatus& status);
  void OnReady(uint64_t epoch, const Result<KernelInfo, std::string>& answer);
  void AskReady();
  void LetGo(const std::string& why, const std::function<void()>& also);
  void StopStream();

  // ---- session_requests.cc; client's ----
  void Prepare(const EntryPtr& entry);
  void Pump();
  EntryPtr TakeNext();
  void Begin(const EntryPtr& entry);
  void Send(const EntryPtr& entry);
  void OnOutput(const EntryPtr& entry, const OutputChunk& chunk);
  void Finish(const EntryPtr& entry, ExecuteResult result);
  void Drop(const std::vector<EntryPtr>& entries, RequestEnd end, const std::string& why);
  void EndAll(const std::string& why);
  void EndQueued(const std::string& why);
  void CallHooks(const EntryPtr& entry, HookPhase phase, const ExecuteResult* result);
  void Notice(const EntryPtr& entry, const std::string& text);
  void Write(RequestId id, const OutputChunk& chunk);
  void ForgetOld();

  SessionOptions options_;

  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  uint64_t version_ = 1;
  std::shared_ptr<KernelClient> client_;  ///< null: closed
  uint64_t epoch_ = 0;                    ///< of the client; an earlier one's news are nobody's
  bool changing_ = false;                 ///< somebody closes or connects it anew
  bool closed_ = false;

  bool ready_ = false;
  KernelInfo info_;
  std::optional<std::string> not_ready_;  ///< it was waited for in vain
  std::optional<std::string> refused_;    ///< nothing can run, and why
  KernelStatus last_status_;              ///< once there is no client

  RequestId last_id_ = 0;
  std::deque<EntryPtr> queue_;
  EntryPtr in_flight_;     ///< null: none
  size_t unfinished_ = 0;  ///< submitted, and not all callbacks were called
  std::deque<std::shared_ptr<const RequestLog>> logs_;
  bool driven_ = false;
  int settlers_ = 0;  ///< SettleLoop() calls under way
  std::optional<OutputChunk> input_;
  std::shared_ptr<OutputStream> stream_;
  bool stream_ended_ = false;
};

}  // namespace proctor
