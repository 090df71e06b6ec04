#include "core/process/pipe.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace proctor {
namespace {

std::string NoMore(const char* what) {
  return std::string("the system gives no more ") + what + ": " + std::strerror(errno);
}

}  // namespace

void Fd::Close() {
  if (fd_ >= 0) close(Release());
}

Result<FdPair, std::string> MakePipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return Failure{NoMore("pipes")};
  return FdPair(Fd(ends[0]), Fd(ends[1]));
}

Result<FdPair, std::string> MakeSocketPair(SocketKind kind) {
  const int type = kind == SocketKind::Packets ? SOCK_SEQPACKET : SOCK_STREAM;
  int ends[2];
  if (socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends) != 0) return Failure{NoMore("sockets")};
  return FdPair(Fd(ends[0]), Fd(ends[1]));
}

Fd Duplicate(int fd) {
  return Fd(fcntl(fd, F_DUPFD_CLOEXEC, 10));
}

void DrainNow(int fd, size_t most, const std::function<void(std::string_view)>& on_chunk) {
  char buffer[16384];
  for (size_t drained = 0; drained < most;) {
    pollfd ready{.fd = fd, .events = POLLIN, .revents = 0};
    if (poll(&ready, 1, 0) <= 0) return;
    const ssize_t size = read(fd, buffer, sizeof buffer);
    if (size <= 0) return;
    on_chunk(std::string_view(buffer, static_cast<size_t>(size)));
    drained += static_cast<size_t>(size);
  }
}

}  // namespace proctor
