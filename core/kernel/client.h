#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "core/base/result.h"
#include "core/kernel/connection.h"
#include "core/kernel/kernelspec.h"
#include "core/kernel/request.h"

namespace proctor {

/// What a kernel said of itself.
struct KernelInfo {
  std::string language, language_version, implementation, protocol_version, banner;
  std::string session;  ///< its own; another after a restart
};

enum class KernelActivity { Starting, Idle, Busy, Dead };

struct KernelStatus {
  KernelActivity activity = KernelActivity::Starting;
  std::string reason;                               ///< Dead: why
  std::chrono::steady_clock::time_point since;      ///< of the activity
  std::chrono::steady_clock::time_point heartbeat;  ///< when it last answered
  int missed_heartbeats = 0;                        ///< in a row
  int execution_count = 0;
  bool foreign = false;  ///< Busy with what somebody else asked of it
};

struct KernelClientOptions {
  KernelConnection connection;
  InterruptMode interrupt_mode = InterruptMode::Signal;
  /// Sends SIGINT to the kernel's process group; called on the client's thread, must not block.
  /// Empty: interrupts go by message, whatever the mode.
  std::function<void()> send_sigint;
  /// After each change of status() but that of its heartbeat's time, on the client's thread;
  /// must not block.
  std::function<void(const KernelStatus&)> on_status;
  /// Outputs of requests that are not this client's, where somebody else uses the kernel too.
  std::function<void(const std::string& parent_id, const OutputChunk&)> on_foreign_output;
  /// Only iopub and heartbeat are connected: nothing can be asked.
  bool read_only = false;
  std::chrono::milliseconds heartbeat_every{500};
};

/// Speaks to one kernel, on a thread of its own that it starts and joins. Every method is
/// thread-safe and returns at once; callbacks come on the client's thread, in order, may call
/// any method and must not throw. It does not own the kernel's process: whoever does
/// tells ProcessEnded(). One request is in flight at a time, the others wait in order.
///
/// A request ends as Ok or Error when both its reply and `idle` have come; as Interrupted when
/// it was interrupted and has ended, or when `idle` came without a reply for a second; TimedOut
/// when its time was over and it was interrupted; where the interrupt is not heeded within
/// `kInterruptPatience`, too, and the status says so. KernelDied within 100 ms of
/// ProcessEnded(). Output that belongs to no request is dropped.
class KernelClient {
 public:
  /// Errors: the sockets cannot be made. Nothing was sent yet.
  static Result<std::unique_ptr<KernelClient>, std::string> Connect(KernelClientOptions options);
  ~KernelClient();  ///< Close()
  KernelClient(const KernelClient&) = delete;
  KernelClient& operator=(const KernelClient&) = delete;

  using Ready = std::function<void(const Result<KernelInfo, std::string>&)>;
  /// Asks kernel_info again and again until a reply and something on iopub have come.
  /// Errors: a sentence: not in time, and which of the two was missing; the process ended.
  void WhenReady(std::chrono::milliseconds timeout, Ready then);

  /// Queues it; `id` is the caller's and unique.
  void Execute(RequestId id, ExecuteRequest request, ExecuteCallbacks callbacks);
  /// Drops it where it has not begun (cancelled, Interrupted), else interrupts it. 0: whatever
  /// is in flight. Waits for `busy` first, and is sent again until the request has ended.
  void Interrupt(RequestId id = 0);
  /// The line that the kernel asked for by an Input chunk.
  void ReplyToInput(std::string line);

  using Answer = std::function<void(const Result<std::string, std::string>&)>;
  /// The content of the reply as JSON. `cursor` counts Unicode code points. Errors: a sentence:
  /// it did not come within `timeout`, the kernel died.
  void Complete(std::string code, int cursor, std::chrono::milliseconds timeout, Answer then);
  void Inspect(std::string code, int cursor, int detail, std::chrono::milliseconds timeout,
               Answer then);
  /// shutdown_request on control.
  void Shutdown(bool restart, std::chrono::milliseconds timeout, Answer then);
  /// A beat: how long it took, in ms, as text. Errors: it did not come in time.
  void Beat(std::chrono::milliseconds timeout, Answer then);

  /// The process has ended, `why` in a sentence: everything in flight and queued ends.
  void ProcessEnded(std::string why);

  /// Ends what is in flight or queued as KernelDied, "the client was closed"; joins the thread
  /// and closes all sockets: nothing of it is left. What is asked later is answered so at once,
  /// on the caller's thread. In a callback it does not wait: the thread ends after it.
  void Close();

  /// Calls it on the client's thread, in order with callbacks. False: it is closed, and it is
  /// not called.
  bool Run(std::function<void()> on_thread);
  bool OnThread() const;  ///< the caller is a callback

  KernelStatus status() const;

 private:
  class Impl;
  explicit KernelClient(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace proctor
