#include "hooks/loopback.h"

#include <dirent.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cstdlib>
#include <memory>

namespace proctor::hooks {
namespace {

/// A connected TCP socket whose own end is 127.0.0.1:port, and not the listener.
bool IsConnectionTo(int fd, int port) {
  sockaddr_in own{};
  socklen_t size = sizeof own;
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&own), &size) != 0) return false;
  if (own.sin_family != AF_INET || ntohs(own.sin_port) != port) return false;
  int listens = 0;
  socklen_t length = sizeof listens;
  if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &length) != 0) return false;
  return listens == 0;
}

/// Since the last data, or since the connection was made.
std::chrono::milliseconds SilentFor(int fd) {
  tcp_info info{};
  socklen_t size = sizeof info;
  if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return {};
  return std::chrono::milliseconds(info.tcpi_last_data_recv);
}

/// Something came that no thread has read yet.
bool HasUnread(int fd) {
  int bytes = 0;
  return ioctl(fd, FIONREAD, &bytes) == 0 && bytes > 0;
}

int ClientPort(int fd) {
  sockaddr_in client{};
  socklen_t size = sizeof client;
  if (getpeername(fd, reinterpret_cast<sockaddr*>(&client), &size) != 0) return 0;
  return ntohs(client.sin_port);
}

/// Calls `visit` with the descriptor of every connection to the server on `port`.
void ForEachConnection(int port, const std::function<void(int)>& visit) {
  const std::unique_ptr<DIR, int (*)(DIR*)> fds(opendir("/proc/self/fd"), closedir);
  if (!fds) return;  // then slow clients are waited for, until their timeout
  while (const dirent* entry = readdir(fds.get())) {
    const int fd = std::atoi(entry->d_name);
    if (entry->d_name[0] != '.' && IsConnectionTo(fd, port)) visit(fd);
  }
}

}  // namespace

void EndReading(int port) {
  ForEachConnection(port, [](int fd) { shutdown(fd, SHUT_RD); });
}

void EndSilent(int port, std::chrono::milliseconds silent,
               const std::function<bool(int client_port)>& answering) {
  ForEachConnection(port, [&](int fd) {
    const bool waits_for_us = HasUnread(fd) || answering(ClientPort(fd));
    if (!waits_for_us && SilentFor(fd) >= silent) shutdown(fd, SHUT_RD);
  });
}

}  // namespace proctor::hooks
