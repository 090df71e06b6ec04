#include "core/kernel/sockets.h"

#include <fmt/format.h>
#include <poll.h>

#include <mutex>
#include <utility>
#include <vector>
#include <zmq.hpp>

namespace proctor {
namespace {

constexpr std::array kChannels = {KernelChannel::Shell, KernelChannel::Iopub, KernelChannel::Stdin,
                                  KernelChannel::Control, KernelChannel::Heartbeat};
// A cold kernel's ports are not bound yet: the library's own 100 ms would be waited for often.
constexpr int kReconnectMs = 20;
constexpr int kControlLingerMs = 100;  // what was asked last is a shutdown, perhaps

/// One for the whole process while anybody needs it: it has two threads.
std::shared_ptr<zmq::context_t> SharedContext() {
  static std::mutex mutex;
  static std::weak_ptr<zmq::context_t> shared;
  std::lock_guard lock(mutex);
  std::shared_ptr<zmq::context_t> context = shared.lock();
  if (!context) {
    context = std::make_shared<zmq::context_t>(1);
    shared = context;
  }
  return context;
}

zmq::socket_type TypeOf(KernelChannel channel) {
  switch (channel) {
    case KernelChannel::Shell:
    case KernelChannel::Stdin:
    case KernelChannel::Control:
      return zmq::socket_type::dealer;
    case KernelChannel::Iopub:
      return zmq::socket_type::sub;
    case KernelChannel::Heartbeat:
      return zmq::socket_type::req;
  }
  return zmq::socket_type::dealer;
}

}  // namespace

class KernelSockets::Impl {
 public:
  Impl(KernelConnection connection, std::string identity)
      : connection_(std::move(connection)), identity_(std::move(identity)) {}

  void Connect(KernelChannel channel) {
    zmq::socket_t socket(*context_, TypeOf(channel));
    socket.set(zmq::sockopt::linger, channel == KernelChannel::Control ? kControlLingerMs : 0);
    socket.set(zmq::sockopt::sndhwm, 0);
    socket.set(zmq::sockopt::rcvhwm, 0);
    socket.set(zmq::sockopt::reconnect_ivl, kReconnectMs);
    if (channel == KernelChannel::Shell || channel == KernelChannel::Stdin) {
      socket.set(zmq::sockopt::routing_id, identity_);
    }
    if (channel == KernelChannel::Iopub) socket.set(zmq::sockopt::subscribe, "");
    socket.connect(connection_.Endpoint(channel));
    sockets_[static_cast<size_t>(channel)] = std::move(socket);
  }

  zmq::socket_t& operator[](KernelChannel channel) {
    return sockets_[static_cast<size_t>(channel)];
  }

  void Poll(int wake_fd, std::chrono::milliseconds timeout) {
    std::array<zmq::pollitem_t, 6> items{};
    size_t count = 0;
    items[count++] = {nullptr, wake_fd, ZMQ_POLLIN, 0};
    for (zmq::socket_t& socket : sockets_) {
      if (socket) items[count++] = {socket.handle(), 0, ZMQ_POLLIN, 0};
    }
    zmq_poll(items.data(), static_cast<int>(count), timeout.count());
  }

 private:
  std::shared_ptr<zmq::context_t> context_ = SharedContext();  ///< outlives the sockets
  const KernelConnection connection_;
  const std::string identity_;
  std::array<zmq::socket_t, kChannels.size()> sockets_;
};

KernelSockets::KernelSockets(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
KernelSockets::~KernelSockets() = default;

Result<std::unique_ptr<KernelSockets>, std::string> KernelSockets::Open(
    const KernelConnection& connection, const std::string& identity, Which which) {
  KernelChannel at = KernelChannel::Shell;
  try {
    auto impl = std::make_unique<Impl>(connection, identity);
    for (const KernelChannel channel : kChannels) {
      at = channel;
      const bool watches = channel == KernelChannel::Iopub || channel == KernelChannel::Heartbeat;
      if (which == Which::All || watches) impl->Connect(channel);
    }
    return std::unique_ptr<KernelSockets>(new KernelSockets(std::move(impl)));
  } catch (const zmq::error_t& error) {
    return Failure{fmt::format("no connection to the kernel's '{}': {}", connection.Endpoint(at),
                               error.what())};
  }
}

void KernelSockets::Poll(int wake_fd, std::chrono::milliseconds timeout) {
  if (impl_) {
    impl_->Poll(wake_fd, timeout);
  } else {
    pollfd item{wake_fd, POLLIN, 0};
    poll(&item, 1, static_cast<int>(timeout.count()));
  }
}

std::optional<Frames> KernelSockets::Receive(KernelChannel channel) {
  if (!impl_ || !(*impl_)[channel]) return std::nullopt;
  Frames frames;
  zmq::message_t part;
  try {
    // The parts of a message come together: after the first, none is waited for.
    if (!(*impl_)[channel].recv(part, zmq::recv_flags::dontwait)) return std::nullopt;
    frames.emplace_back(part.data<char>(), part.size());
    while (part.more()) {
      if (!(*impl_)[channel].recv(part)) break;
      frames.emplace_back(part.data<char>(), part.size());
    }
  } catch (const zmq::error_t&) {
    return std::nullopt;  // REQ that has not asked; a call that a signal broke
  }
  return frames;
}

void KernelSockets::Send(KernelChannel channel, const Frames& frames) {
  if (!impl_ || !(*impl_)[channel]) return;
  try {
    for (size_t i = 0; i < frames.size(); ++i) {
      const auto more = i + 1 < frames.size() ? zmq::send_flags::sndmore : zmq::send_flags::none;
      (*impl_)[channel].send(zmq::buffer(frames[i]), more | zmq::send_flags::dontwait);
    }
  } catch (const zmq::error_t&) {
    // A REQ that still waits refuses; the others queue without a limit.
  }
}

void KernelSockets::RenewHeartbeat() {
  if (!impl_) return;
  (*impl_)[KernelChannel::Heartbeat].close();
  try {
    impl_->Connect(KernelChannel::Heartbeat);
  } catch (const zmq::error_t&) {
    // No descriptors: the next miss tries again.
  }
}

void KernelSockets::Close() {
  impl_.reset();
}

}  // namespace proctor
