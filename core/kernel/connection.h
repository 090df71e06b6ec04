#pragma once

#include <array>
#include <filesystem>
#include <string>

#include "core/base/result.h"

namespace proctor {

enum class KernelTransport {
  Tcp,  ///< five ports of 127.0.0.1
  Ipc,  ///< five socket files "IP-PORT", where IP is a path
};

enum class KernelChannel { Shell, Iopub, Stdin, Control, Heartbeat };

/// What a connection file says: where a kernel listens, and with which key it signs.
struct KernelConnection {
  KernelTransport transport = KernelTransport::Tcp;
  std::string ip = "127.0.0.1";  ///< of ipc: the path that the socket files' names begin with
  std::array<int, 5> ports{};    ///< by KernelChannel; of ipc: the files' numbers, 1 to 5
  std::string key;               ///< empty: nothing is signed
  std::string kernel_name;

  /// "tcp://127.0.0.1:5555", "ipc:///run/x/kernel-ipc-1"
  std::string Endpoint(KernelChannel channel) const;
};

/// A connection with a fresh key. Tcp: five ports that were free a moment ago; the kernel binds
/// them later, so that they may be gone by then. Ipc: socket files in `folder`, whose path has
/// to leave room for them in 107 bytes. Errors: a sentence.
Result<KernelConnection, std::string> NewConnection(KernelTransport transport,
                                                    const std::filesystem::path& folder,
                                                    std::string kernel_name);

/// Writes the file with mode 0600, whole or not at all. Errors: a sentence.
Result<void, std::string> WriteConnectionFile(const std::filesystem::path& file,
                                              const KernelConnection& connection);

/// Errors: a sentence with the file: it cannot be read, is no JSON object, lacks a member, has
/// a port out of range, another transport than tcp and ipc, another scheme than hmac-sha256.
Result<KernelConnection, std::string> ReadConnectionFile(const std::filesystem::path& file);
Result<KernelConnection, std::string> ParseConnection(std::string_view text);

/// SIGKILL leaves ipc's socket files behind; of no effect for tcp.
void RemoveSocketFiles(const KernelConnection& connection);

}  // namespace proctor
