#include "hooks/loopback.h"

#include <dirent.h>
#include <linux/tcp.h>  // glibc's own tcp_info does not count bytes
#include <netinet/in.h>
#include <poll.h>
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

int ClientPort(int fd) {
  sockaddr_in client{};
  socklen_t size = sizeof client;
  if (getpeername(fd, reinterpret_cast<sockaddr*>(&client), &size) != 0) return 0;
  return ntohs(client.sin_port);
}

Connection ConnectionOf(int fd) {
  Connection connection{.client_port = ClientPort(fd)};
  tcp_info info{};
  socklen_t size = sizeof info;
  if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0) {
    connection.received = info.tcpi_bytes_received;
    connection.silent = std::chrono::milliseconds(info.tcpi_last_data_recv);
  }
  int bytes = 0;
  connection.unread = ioctl(fd, FIONREAD, &bytes) == 0 && bytes > 0;
  return connection;
}

/// Calls `visit` with the descriptor of every connection to the server on `port`.
void ForEachDescriptor(int port, const std::function<void(int)>& visit) {
  const std::unique_ptr<DIR, int (*)(DIR*)> fds(opendir("/proc/self/fd"), closedir);
  if (!fds) return;  // then slow clients are waited for, until their timeout
  while (const dirent* entry = readdir(fds.get())) {
    const int fd = std::atoi(entry->d_name);
    if (entry->d_name[0] != '.' && IsConnectionTo(fd, port)) visit(fd);
  }
}

/// The thread that serves it closes it, and a close without lingering is a reset.
void Reset(int fd) {
  const linger none{.l_onoff = 1, .l_linger = 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
  shutdown(fd, SHUT_RDWR);
}

}  // namespace

void ForEachConnection(int port, const std::function<End(const Connection&)>& decide) {
  ForEachDescriptor(port, [&decide](int fd) {
    const End end = decide(ConnectionOf(fd));
    if (end == End::Yes) shutdown(fd, SHUT_RDWR);
    if (end == End::Reset) Reset(fd);
  });
}

void HangUp(int port, int client_port, std::chrono::milliseconds patience) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point end = Clock::now() + patience;
  int fd = -1;
  ForEachDescriptor(port, [&](int one) {
    if (ClientPort(one) == client_port) fd = one;
  });
  if (fd < 0) return;
  shutdown(fd, SHUT_WR);
  char passed_over[16384];
  while (Clock::now() < end) {
    pollfd readable{.fd = fd, .events = POLLIN, .revents = 0};
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now());
    if (poll(&readable, 1, static_cast<int>(left.count()) + 1) <= 0) continue;
    if (recv(fd, passed_over, sizeof passed_over, MSG_DONTWAIT) <= 0) return;  // it has gone
  }
  Reset(fd);
}

}  // namespace proctor::hooks
