#include "core/process/ports.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>
#include <utility>

#include "core/base/utf8.h"
#include "core/process/pipe.h"
#include "core/process/proc_linux.h"

namespace proctor {
namespace {

enum class Reuse { Yes, No };

/// A socket bound to 127.0.0.1:port; invalid, with errno set, if it cannot be.
Fd Bind(uint16_t port, Reuse reuse) {
  Fd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) return fd;
  const int on = reuse == Reuse::Yes ? 1 : 0;
  setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) return Fd();
  return fd;
}

struct ListeningSocket {
  unsigned long inode;
  unsigned user;
};

/// Looks through a table of /proc/net for a socket that listens on the port.
std::optional<ListeningSocket> FindListening(const char* table, uint16_t port) {
  constexpr unsigned kListen = 0x0A;
  std::ifstream file(table);
  std::string line;
  while (std::getline(file, line)) {
    unsigned local_port = 0;
    unsigned state = 0;
    ListeningSocket socket{};
    const int fields = std::sscanf(
        line.c_str(), " %*d: %*[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%*x %x %*x:%*x %*x:%*x %*x %u %*u %lu",
        &local_port, &state, &socket.user, &socket.inode);
    if (fields == 4 && state == kListen && local_port == port) return socket;
  }
  return std::nullopt;
}

bool HoldsSocket(int pid, const std::string& link) {
  std::error_code error;
  const std::filesystem::path fds = "/proc/" + std::to_string(pid) + "/fd";
  for (std::filesystem::directory_iterator it(fds, error), end; !error && it != end;
       it.increment(error)) {
    std::error_code gone;
    if (std::filesystem::read_symlink(it->path(), gone) == link) return true;
  }
  return false;
}

/// Where the system takes the ports of outgoing connections from: a port chosen there may
/// be taken by any of them before the program that it was chosen for listens, even by a
/// probe of that very port.
uint16_t FirstEphemeralPort() {
  unsigned first = 0;
  std::ifstream("/proc/sys/net/ipv4/ip_local_port_range") >> first;
  return first > 0 && first < 65536 ? static_cast<uint16_t>(first) : 32768;
}

struct HeldPort {
  Fd fd;  ///< bound to it; invalid, with errno set: there is none
  uint16_t port = 0;
};

/// A free one below those; none was found where `fd` is invalid, by a fair number of tries.
HeldPort HoldPortBelowEphemeral() {
  constexpr int kTries = 64;
  constexpr unsigned kFrom = 10240;
  const unsigned end = FirstEphemeralPort();
  if (end <= kFrom + 1000) return {};
  std::random_device random;
  std::uniform_int_distribution<unsigned> any(kFrom, end - 1);
  for (int i = 0; i < kTries; ++i) {
    const auto port = static_cast<uint16_t>(any(random));
    if (Fd fd = Bind(port, Reuse::No)) return {std::move(fd), port};
  }
  return {};
}

HeldPort HoldPort() {
  if (HeldPort held = HoldPortBelowEphemeral(); held.fd) return held;
  Fd fd = Bind(0, Reuse::No);
  sockaddr_in address = {};
  socklen_t size = sizeof address;
  if (!fd || getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) return {};
  return {std::move(fd), ntohs(address.sin_port)};
}

}  // namespace

Result<uint16_t, std::string> FreePort() {
  Result<std::vector<uint16_t>, std::string> ports = FreePorts(1);
  if (!ports) return Failure{ports.error()};
  return ports->front();
}

Result<std::vector<uint16_t>, std::string> FreePorts(size_t count) {
  std::vector<HeldPort> held;
  std::vector<uint16_t> ports;
  while (ports.size() < count) {
    held.push_back(HoldPort());
    if (!held.back().fd) {
      return Failure{std::string("no TCP port of 127.0.0.1 is free: ") + std::strerror(errno)};
    }
    ports.push_back(held.back().port);
  }
  return ports;
}

bool IsPortFree(uint16_t port) {
  const Fd fd = Bind(port, Reuse::Yes);
  return fd && listen(fd.get(), 1) == 0;
}

std::optional<Listener> PortHolder(uint16_t port) {
  std::optional<ListeningSocket> socket = FindListening("/proc/net/tcp", port);
  if (!socket) socket = FindListening("/proc/net/tcp6", port);
  if (!socket) return std::nullopt;
  Listener listener{.user = socket->user};
  const std::string link = "socket:[" + std::to_string(socket->inode) + "]";
  for (const int pid : AllProcesses()) {
    if (!HoldsSocket(pid, link)) continue;
    listener.pid = pid;
    listener.command = Utf8Safe(CommandLine(pid, 256));
    break;
  }
  return listener;
}

std::string Listener::Text() const {
  if (pid == 0) return "a process of the user with the number " + std::to_string(user);
  return "'" + command + "' (pid " + std::to_string(pid) + ")";
}

}  // namespace proctor
