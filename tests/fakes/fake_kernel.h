#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "core/kernel/client.h"
#include "core/kernel/connection.h"
#include "core/kernel/mailbox.h"
#include "core/kernel/message.h"

namespace proctor::test {

/// A kernel that says what the test tells it, on real sockets and a thread of its own. It answers
/// kernel_info and heartbeats by itself, unless told not to.
class FakeKernel {
 public:
  /// Called on the fake's thread for every request that it does not answer by itself.
  using Script = std::function<void(FakeKernel& kernel, const KernelMessage& request)>;
  struct Habits {
    bool answers_info = true;
    bool beats = true;
    int iopub_from_info = 1;  ///< status is published from this kernel_info_request on
    std::string session = "fake";
  };

  explicit FakeKernel(Script script) : FakeKernel(std::move(script), Habits{}) {}
  FakeKernel(Script script, Habits habits);
  ~FakeKernel();

  const KernelConnection& connection() const { return connection_; }
  /// Types of the requests that came, in order; safe from any thread.
  std::vector<std::string> asked() const;
  /// The contents of those of that type, likewise.
  std::vector<std::string> Contents(const std::string& type) const;
  int Count(const std::string& type) const;
  bool AwaitCount(const std::string& type, int count) const;  ///< false: not within a minute

  /// Runs it on the fake's thread, later.
  void Do(std::function<void()> function) { mailbox_.Post(std::move(function)); }

  // ---- on the fake's thread ----
  void Busy(const KernelMessage& request) { Status(request, "busy"); }
  void Idle(const KernelMessage& request) { Status(request, "idle"); }
  void Running(const KernelMessage& request, int execution_count);
  void Stream(const KernelMessage& request, const std::string& text);
  void Reply(const KernelMessage& request, const std::string& content);
  void ReplyOk(const KernelMessage& request) {
    Reply(request, R"({"status": "ok", "execution_count": 1})");
  }
  void Publish(const KernelMessage& request, const std::string& type, const std::string& content);
  void AskForLine(const KernelMessage& request, const std::string& prompt);
  void Raw(KernelChannel channel, const Frames& frames);
  /// As it would be sent on iopub, signed.
  Frames Made(const KernelMessage& request, const std::string& type, const std::string& content);
  void SetBeats(bool beats) { habits_.beats = beats; }
  void SetSession(std::string session) { habits_.session = std::move(session); }
  /// Busy, running, what `between` says, ok, idle.
  void Run(const KernelMessage& request, const std::function<void()>& between = {});

 private:
  class Sockets;
  void Loop();
  void Status(const KernelMessage& request, const char* state);
  void OnRequest(const Frames& frames);
  KernelMessage Answer(const KernelMessage& request, const std::string& type,
                       const std::string& content);

  Script script_;
  Habits habits_;
  KernelConnection connection_;
  std::unique_ptr<Sockets> sockets_;
  Mailbox mailbox_;
  SeenSignatures seen_;
  mutable std::mutex mutex_;
  mutable std::condition_variable came_;
  std::vector<std::string> asked_;
  std::vector<std::string> contents_;  ///< of asked_
  std::thread thread_;
};

/// To speak to it.
inline KernelClientOptions To(const FakeKernel& kernel) {
  KernelClientOptions options;
  options.connection = kernel.connection();
  return options;
}

}  // namespace proctor::test
