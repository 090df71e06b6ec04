#include "core/process/packets_linux.h"

#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace proctor::tether {
namespace {

constexpr size_t kControlBytes = CMSG_SPACE(kMaxDescriptors * sizeof(int));

Received AfterRecv(ssize_t size, size_t least) {
  if (size >= static_cast<ssize_t>(least)) return Received::Packet;
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return Received::Nothing;
  return Received::Gone;
}

}  // namespace

bool SendReport(int socket, const Report& report, std::string_view text) {
  Report head = report;
  text = text.substr(0, kMaxMessage - sizeof head);
  iovec parts[2] = {{&head, sizeof head}, {const_cast<char*>(text.data()), text.size()}};
  msghdr message = {};
  message.msg_iov = parts;
  message.msg_iovlen = 2;
  while (sendmsg(socket, &message, MSG_NOSIGNAL) < 0) {
    if (errno != EINTR) return false;
  }
  return true;
}

Sent SendRequest(int socket, const Request& request, const std::vector<int>& descriptors) {
  Request head = request;
  iovec part = {&head, sizeof head};
  msghdr message = {};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  alignas(cmsghdr) char control[kControlBytes] = {};
  if (!descriptors.empty()) {
    const size_t bytes = descriptors.size() * sizeof(int);
    message.msg_control = control;
    message.msg_controllen = CMSG_SPACE(bytes);
    cmsghdr* rights = CMSG_FIRSTHDR(&message);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(bytes);
    std::memcpy(CMSG_DATA(rights), descriptors.data(), bytes);
  }
  while (sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT) < 0) {
    if (errno == EAGAIN || errno == ENOBUFS || errno == ETOOMANYREFS) return Sent::Full;
    if (errno != EINTR) return Sent::Gone;
  }
  return Sent::Yes;
}

Received ReceiveRequest(int socket, ReceivedRequest& into) {
  iovec part = {&into.request, sizeof into.request};
  alignas(cmsghdr) char control[kControlBytes] = {};
  msghdr message = {};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  const ssize_t size = recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  into.descriptors.clear();
  const Received received = AfterRecv(size, sizeof into.request);
  if (received != Received::Packet) return received;
  for (cmsghdr* at = CMSG_FIRSTHDR(&message); at != nullptr; at = CMSG_NXTHDR(&message, at)) {
    if (at->cmsg_level != SOL_SOCKET || at->cmsg_type != SCM_RIGHTS) continue;
    into.descriptors.resize((at->cmsg_len - CMSG_LEN(0)) / sizeof(int));
    std::memcpy(into.descriptors.data(), CMSG_DATA(at), into.descriptors.size() * sizeof(int));
  }
  return received;
}

Received ReceiveReport(int socket, Report& report, std::string& text) {
  text.resize(kMaxMessage);
  iovec parts[2] = {{&report, sizeof report}, {text.data(), text.size()}};
  msghdr message = {};
  message.msg_iov = parts;
  message.msg_iovlen = 2;
  const ssize_t size = recvmsg(socket, &message, MSG_DONTWAIT);
  const Received received = AfterRecv(size, sizeof report);
  text.resize(received == Received::Packet ? static_cast<size_t>(size) - sizeof report : 0);
  return received;
}

void CloseAllExcept(std::vector<int> keep) {
  std::sort(keep.begin(), keep.end());
  unsigned first = 3;
  for (const int fd : keep) {
    const unsigned kept = static_cast<unsigned>(fd);
    if (kept < first) continue;
    if (kept > first) syscall(SYS_close_range, first, kept - 1, 0U);
    first = kept + 1;
  }
  syscall(SYS_close_range, first, ~0U, 0U);
}

}  // namespace proctor::tether
