#pragma once

#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "core/base/result.h"
#include "core/kernel/connection.h"
#include "core/kernel/message.h"

namespace proctor {

/// The five sockets of one client. For one thread; nothing of them is left after Close(), not
/// even the library's own threads, once no client has sockets any more.
class KernelSockets {
 public:
  enum class Which {
    All,
    Watching,  ///< iopub and heartbeat only
  };
  /// `identity` is that of shell and stdin: the kernel sends requests for input to whoever
  /// asked. Errors: a sentence: an address that is none, too many descriptors.
  static Result<std::unique_ptr<KernelSockets>, std::string> Open(
      const KernelConnection& connection, const std::string& identity, Which which);
  ~KernelSockets();

  /// Waits until a socket or `wake_fd` can be read, or `timeout` is over; negative: without end.
  void Poll(int wake_fd, std::chrono::milliseconds timeout);
  /// The next message, if one has come; never waits.
  std::optional<Frames> Receive(KernelChannel channel);
  void Send(KernelChannel channel, const Frames& frames);
  /// A REQ socket that got no answer can ask no more: another takes its place.
  void RenewHeartbeat();
  void Close();

 private:
  class Impl;
  explicit KernelSockets(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;  ///< null once closed
};

}  // namespace proctor
