#include "core/kernel/connection.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "core/base/utf8.h"
#include "core/kernel/message.h"
#include "core/kernel/small_file.h"
#include "core/process/pipe.h"
#include "core/process/ports.h"

namespace proctor {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

/// By KernelChannel.
constexpr std::array<const char*, 5> kPortNames = {"shell_port", "iopub_port", "stdin_port",
                                                   "control_port", "hb_port"};
constexpr std::string_view kScheme = "hmac-sha256";
constexpr size_t kLongestSocketPath = sizeof(sockaddr_un::sun_path) - 1;  // 107 bytes

std::string SocketFile(const KernelConnection& connection, int port) {
  return fmt::format("{}-{}", connection.ip, port);
}

/// Errors: the socket files' names are longer than a socket's can be.
Result<void, std::string> CheckSocketPath(const KernelConnection& connection) {
  size_t longest = 0;
  for (const int port : connection.ports) {
    longest = std::max(longest, SocketFile(connection, port).size());
  }
  if (longest <= kLongestSocketPath) return {};
  return Failure{
      fmt::format("the kernel's sockets '{}-…' have paths of {} bytes, and the system takes {} at "
                  "most: use a folder with a shorter path (Proctor's lie in XDG_RUNTIME_DIR, else "
                  "in TMPDIR)",
                  connection.ip, longest, kLongestSocketPath)};
}

Result<void, std::string> ChoosePorts(KernelConnection& connection) {
  const auto ports = FreePorts(connection.ports.size());
  if (!ports) return Failure{ports.error()};
  std::copy(ports->begin(), ports->end(), connection.ports.begin());
  return {};
}

/// The kernel's id is in the name, so that kernels may share a folder.
Result<void, std::string> ChooseSocketFiles(KernelConnection& connection, const fs::path& folder) {
  std::error_code error;
  const fs::path absolute = fs::absolute(folder, error);
  connection.ip = (absolute / ("kernel-" + NewKernelId().substr(0, 8))).string();
  connection.ports = {1, 2, 3, 4, 5};
  if (error || Utf8Safe(connection.ip) != connection.ip) {
    return Failure{fmt::format(
        "a kernel's sockets cannot lie in '{}': a connection file holds UTF-8 alone, which this "
        "path is not; use another folder",
        Utf8Safe(folder.string()))};
  }
  return CheckSocketPath(connection);
}

std::string AsJson(const KernelConnection& connection) {
  json file = {{"transport", connection.transport == KernelTransport::Tcp ? "tcp" : "ipc"},
               {"ip", connection.ip},
               {"key", connection.key},
               {"signature_scheme", kScheme},
               {"kernel_name", connection.kernel_name}};
  for (size_t i = 0; i < kPortNames.size(); ++i) file[kPortNames[i]] = connection.ports[i];
  return file.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

bool WriteAll(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t size = write(fd, text.data(), text.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return false;
    text.remove_prefix(static_cast<size_t>(size));
  }
  return true;
}

/// A member's text. Errors: it is missing, or no text.
Result<std::string, std::string> TextOf(const json& file, const char* name) {
  const auto it = file.find(name);
  if (it == file.end()) return Failure{fmt::format("it has no \"{}\"", name)};
  if (!it->is_string()) return Failure{fmt::format("its \"{}\" is no text", name)};
  return it->get<std::string>();
}

Result<int, std::string> PortOf(const json& file, const char* name) {
  const auto it = file.find(name);
  if (it == file.end()) return Failure{fmt::format("it has no \"{}\"", name)};
  const bool whole = it->is_number_integer();
  if (!whole || *it < 1 || *it > 65535) {
    return Failure{fmt::format("its \"{}\" is no port number from 1 to 65535", name)};
  }
  return it->get<int>();
}

Result<KernelTransport, std::string> TransportOf(const json& file) {
  const auto transport = TextOf(file, "transport");
  if (!transport) return Failure{transport.error()};
  if (*transport == "tcp") return KernelTransport::Tcp;
  if (*transport == "ipc") return KernelTransport::Ipc;
  return Failure{
      fmt::format("its transport is '{}', and Proctor speaks tcp and ipc alone", *transport)};
}

/// Errors: it signs in another way. Where nothing is said it is the usual one.
Result<void, std::string> CheckScheme(const json& file) {
  if (!file.contains("signature_scheme")) return {};
  const auto scheme = TextOf(file, "signature_scheme");
  if (!scheme) return Failure{scheme.error()};
  if (*scheme == kScheme) return {};
  return Failure{fmt::format("its signature_scheme is '{}', and Proctor signs with {} alone",
                             *scheme, kScheme)};
}

Result<void, std::string> ReadPorts(const json& file, KernelConnection& connection) {
  for (size_t i = 0; i < kPortNames.size(); ++i) {
    const auto port = PortOf(file, kPortNames[i]);
    if (!port) return Failure{port.error()};
    connection.ports[i] = *port;
  }
  return {};
}

/// Errors: it is empty, or holds what would end it early in an address.
Result<std::string, std::string> PlaceOf(const json& file) {
  auto ip = TextOf(file, "ip");
  if (ip && (ip->empty() || ip->find('\0') != std::string::npos)) {
    return Failure{std::string("its \"ip\" is no address")};
  }
  return ip;
}

}  // namespace

std::string KernelConnection::Endpoint(KernelChannel channel) const {
  const int port = ports[static_cast<size_t>(channel)];
  if (transport == KernelTransport::Ipc) return "ipc://" + SocketFile(*this, port);
  // A kernel that listens on every address is reached by this machine's own.
  const bool any = ip == "*" || ip == "0.0.0.0";
  return fmt::format("tcp://{}:{}", any ? "127.0.0.1" : ip, port);
}

Result<KernelConnection, std::string> NewConnection(KernelTransport transport,
                                                    const fs::path& folder,
                                                    std::string kernel_name) {
  KernelConnection connection{
      .transport = transport, .key = NewKernelId(), .kernel_name = std::move(kernel_name)};
  const auto chosen = transport == KernelTransport::Tcp ? ChoosePorts(connection)
                                                        : ChooseSocketFiles(connection, folder);
  if (!chosen) return Failure{chosen.error()};
  return connection;
}

Result<void, std::string> WriteConnectionFile(const fs::path& file,
                                              const KernelConnection& connection) {
  const std::string draft = fmt::format("{}.{}", file.string(), NewKernelId().substr(0, 8));
  // Nobody else may read the key, not even for a moment.
  Fd fd(open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  int error = fd ? 0 : errno;
  if (fd && (fchmod(fd.get(), 0600) != 0 || !WriteAll(fd.get(), AsJson(connection)))) error = errno;
  const bool made = static_cast<bool>(fd);
  fd.Close();
  if (error == 0 && std::rename(draft.c_str(), file.c_str()) != 0) error = errno;
  if (error == 0) return {};
  if (made) unlink(draft.c_str());
  return Failure{fmt::format("the connection file '{}' cannot be written: {}", file.string(),
                             std::strerror(error))};
}

Result<KernelConnection, std::string> ParseConnection(std::string_view text) {
  const json file = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!file.is_object()) return Failure{std::string("it is no JSON object")};
  KernelConnection connection;
  const auto transport = TransportOf(file);
  if (!transport) return Failure{transport.error()};
  connection.transport = *transport;
  const auto ip = PlaceOf(file);
  if (!ip) return Failure{ip.error()};
  connection.ip = *ip;
  if (auto ports = ReadPorts(file, connection); !ports) return Failure{ports.error()};
  const auto key = TextOf(file, "key");
  if (!key) return Failure{key.error()};
  connection.key = *key;
  if (auto scheme = CheckScheme(file); !scheme) return Failure{scheme.error()};
  if (file.contains("kernel_name") && file["kernel_name"].is_string()) {
    connection.kernel_name = file["kernel_name"].get<std::string>();
  }
  const bool ipc = connection.transport == KernelTransport::Ipc;
  if (auto fits = CheckSocketPath(connection); ipc && !fits) return Failure{fits.error()};
  return connection;
}

Result<KernelConnection, std::string> ReadConnectionFile(const fs::path& file) {
  const auto text = ReadSmallFile(file);
  if (!text) return Failure{"the connection file " + text.error()};
  auto connection = ParseConnection(*text);
  if (connection) return connection;
  return Failure{
      fmt::format("the connection file '{}' is of no use: {}", file.string(), connection.error())};
}

void RemoveSocketFiles(const KernelConnection& connection) {
  if (connection.transport != KernelTransport::Ipc) return;
  for (const int port : connection.ports) {
    const std::string file = SocketFile(connection, port);
    struct stat info = {};
    // What is no socket is not the kernel's.
    if (lstat(file.c_str(), &info) == 0 && S_ISSOCK(info.st_mode)) unlink(file.c_str());
  }
}

}  // namespace proctor
