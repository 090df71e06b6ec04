#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/result.h"
#include "core/kernel/client.h"
#include "core/kernel/request.h"

namespace proctor {

/// When in a request's life a hook is called.
enum class HookPhase {
  Preparation,    ///< it was accepted; a hook may still change its code
  PreExecution,   ///< it is sent next
  PostExecution,  ///< it has ended by itself: Ok or Error
  OnFinish,       ///< it has ended in whatever way; also of one that never began
};

/// How it ended, for hooks; Pending before that.
enum class HookOutcome { Pending, Success, Failure, Cancelled, Interrupted, Died };

/// What a hook is given: values, never references into the session.
struct HookCall {
  uint64_t number = 0;  ///< in its recorder; 0 elsewhere
  HookPhase phase = HookPhase::Preparation;
  HookOutcome outcome = HookOutcome::Pending;
  RequestId request = 0;
  std::string code;
  std::optional<ExecuteResult> result;  ///< of PostExecution and OnFinish
  std::vector<OutputChunk> outputs;     ///< what has come until then
  std::chrono::steady_clock::time_point at;
};

/// preparation pre_execution post_execution on_finish; pending success failure cancelled
/// interrupted died
std::string_view ToString(HookPhase phase);
std::string_view ToString(HookOutcome outcome);

using HookId = uint64_t;

/// Keeps what each phase was given, in order, before any hook has changed it. Thread-safe. Of
/// more calls than kKept, or of more output than kKeptBytes, the latest are kept.
class HookRecorder {
 public:
  static constexpr size_t kKept = 2000;
  static constexpr size_t kKeptBytes = 64 << 20;

  HookRecorder();
  void Add(HookCall call);
  /// Calls from number `since` on, the oldest first; the first has number 0.
  std::vector<HookCall> Calls(uint64_t since = 0) const;
  uint64_t size() const;  ///< so many there were: the next one's number
  void Clear();           ///< the next one has number 0 again

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;
};

/// The whole output of one request while it comes, and how it ended. Thread-safe.
class RequestLog {
 public:
  struct View {
    std::vector<OutputChunk> chunks;      ///< from `since` on
    size_t next = 0;                      ///< what to ask for the next time
    std::optional<ExecuteResult> result;  ///< there once it has ended
  };
  RequestLog(RequestId id, std::string code);
  ~RequestLog();
  RequestId id() const { return id_; }
  const std::string& code() const { return code_; }
  size_t bytes() const;  ///< of output that is kept
  View Read(size_t since = 0) const;
  /// Waits until there is something after `since`, or it has ended. Any thread but the
  /// client's and the loop's.
  View Wait(size_t since, std::chrono::milliseconds timeout) const;
  /// Waits for its end.
  View WaitForEnd(std::chrono::milliseconds timeout, size_t since = 0) const;

  /// Of output that has no end only the first kMostBytes are kept, and a line that says so.
  void Append(const OutputChunk& chunk);
  static constexpr size_t kMostBytes = 256 << 20;
  void End(const ExecuteResult& result);

 private:
  struct Shared;
  RequestId id_;
  std::string code_;
  std::unique_ptr<Shared> shared_;
};

/// Where a session's outputs go besides their logs, one after the other; a test may put
/// another one in. Must not throw.
class OutputStream {
 public:
  virtual ~OutputStream() = default;
  virtual void Write(RequestId request, const OutputChunk& chunk) = 0;  ///< client's thread
  virtual void Stop() = 0;  ///< once; nothing is written afterwards
};

/// What a session looks like at one moment; a value.
struct SessionView {
  KernelStatus status;
  KernelInfo info;                ///< empty before it is ready
  std::vector<RequestId> queued;  ///< behind the one in flight, in order
  RequestId in_flight = 0;        ///< 0: none
  std::string input_prompt;       ///< the kernel waits for a line; see awaits_input
  bool awaits_input = false;
  bool input_is_password = false;
  bool driven = false;                                      ///< a LoopDriver has the queue
  std::vector<std::shared_ptr<const RequestLog>> requests;  ///< the latest, the oldest first
  uint64_t version = 0;                                     ///< counts changes
};

enum class Settled { Yes, NotInTime };

struct SessionOptions {
  KernelClientOptions client;  ///< copied; its on_status is the session's own to set
  std::chrono::milliseconds ready_timeout{60000};
  size_t keep_requests = 200;       ///< finished ones, for views
  RequestId first_request = 1;      ///< ids count on from there
  std::function<void()> on_change;  ///< after each change of view(); any thread, must not block
};

/// A kernel and all that is done with it: creation and teardown in one object. Nothing of it
/// outlives Close(): threads, descriptors, sockets. Thread-safe; every method may be called from
/// hooks and callbacks, where those that wait do not.
class KernelSession {
 public:
  /// Connects and begins to ask whether the kernel is ready; requests may be submitted at once.
  /// Errors: the sockets cannot be made; nothing is left of it then.
  static Result<std::shared_ptr<KernelSession>, std::string> Open(SessionOptions options);
  ~KernelSession();  ///< Close()
  KernelSession(const KernelSession&) = delete;
  KernelSession& operator=(const KernelSession&) = delete;

  /// Hooks of a phase run on the client's thread, the highest priority first, equal ones in the
  /// order in which they came. What one throws is kept in view() as a notice of the request's
  /// output (a stderr chunk named "hook") and stops nobody else.
  using Hook = std::function<void(HookCall&)>;  ///< of Preparation: `code` may be changed
  HookId AddHook(HookPhase phase, int priority, Hook hook);
  void RemoveHook(HookId id);
  HookRecorder& recorder();

  /// Runs when the kernel is ready and all before it have ended, or when the LoopDriver says.
  /// Where it is not ready in time, has died or was closed it ends as KernelDied. What a callback
  /// throws is told as a hook's exception is.
  std::shared_ptr<const RequestLog> Submit(ExecuteRequest request, ExecuteCallbacks callbacks = {});
  std::shared_ptr<const RequestLog> Find(RequestId id) const;  ///< null: unknown or forgotten
  void Interrupt(RequestId id = 0);
  void ReplyToInput(std::string line);
  /// For completion, inspection, beats; null when closed. Whoever still holds one after Close()
  /// or Reconnect() is told that it was closed.
  std::shared_ptr<KernelClient> client() const;

  /// Waits until the kernel is ready. Errors: why not. Not on the client's or the loop's thread.
  Result<KernelInfo, std::string> WaitReady(std::chrono::milliseconds timeout) const;

  /// The queue is taken over: nothing begins until Step(). (The LoopDriver.)
  void StartLoop();
  /// Begins the next of the queue, once the kernel is ready; its log; null where nothing is
  /// queued or one is in flight.
  std::shared_ptr<const RequestLog> StepLoop();
  /// Runs until nothing is queued *and* nothing is in flight, and all callbacks were called. At
  /// the limit what is in flight goes on, and nothing more begins.
  Settled SettleLoop(std::chrono::milliseconds limit);
  /// Gives the queue back; what is queued is dropped, and ends as Interrupted and cancelled
  /// with that reason. Answers what was dropped.
  std::vector<RequestId> StopLoop();

  /// Another stream for the outputs, from the next one on; null: none. The one before is
  /// stopped then, this one by Close() at the latest; both on the client's thread.
  void SetStream(std::shared_ptr<OutputStream> stream);

  void ProcessEnded(std::string why);
  /// Another process took the kernel's place (a restart): what was queued or in flight has ended
  /// as KernelDied, hooks and logs stay. Errors: the sockets cannot be made.
  Result<void, std::string> Reconnect(KernelClientOptions client);
  /// Ends all requests as KernelDied, stops the stream, closes the client. In a callback the
  /// client's thread ends after it. A second call waits for the first.
  void Close();

  std::shared_ptr<const SessionView> view() const;
  std::shared_ptr<const SessionView> WaitNewer(uint64_t version,
                                               std::chrono::milliseconds timeout) const;

 private:
  class Impl;
  explicit KernelSession(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

}  // namespace proctor
