#include "fake_kernel.h"

#include <algorithm>
#include <array>
#include <utility>
#include <zmq.hpp>

namespace proctor::test {

class FakeKernel::Sockets {
 public:
  Sockets(KernelConnection& connection) {
    const std::array types = {zmq::socket_type::router, zmq::socket_type::pub,
                              zmq::socket_type::router, zmq::socket_type::router,
                              zmq::socket_type::rep};
    for (size_t i = 0; i < types.size(); ++i) {
      sockets[i] = zmq::socket_t(context, types[i]);
      sockets[i].set(zmq::sockopt::linger, 0);
      sockets[i].set(zmq::sockopt::sndhwm, 0);
      sockets[i].bind("tcp://127.0.0.1:*");
      const std::string at = sockets[i].get(zmq::sockopt::last_endpoint);
      connection.ports[i] = std::stoi(at.substr(at.rfind(':') + 1));
    }
  }
  zmq::socket_t& At(KernelChannel channel) { return sockets[static_cast<size_t>(channel)]; }

  bool Receive(KernelChannel channel, Frames& frames) {
    frames.clear();
    zmq::message_t part;
    do {
      if (!At(channel).recv(part, zmq::recv_flags::dontwait)) return false;
      frames.emplace_back(part.data<char>(), part.size());
    } while (part.more());
    return true;
  }

  zmq::context_t context{1};
  std::array<zmq::socket_t, 5> sockets;
};

FakeKernel::FakeKernel(Script script, Habits habits)
    : script_(std::move(script)), habits_(std::move(habits)) {
  connection_.key = "the fake's key";
  sockets_ = std::make_unique<Sockets>(connection_);
  thread_ = std::thread([this] { Loop(); });
}

FakeKernel::~FakeKernel() {
  mailbox_.Close();
  thread_.join();
}

std::vector<std::string> FakeKernel::asked() const {
  std::lock_guard lock(mutex_);
  return asked_;
}

std::vector<std::string> FakeKernel::Contents(const std::string& type) const {
  std::lock_guard lock(mutex_);
  std::vector<std::string> found;
  for (size_t i = 0; i < asked_.size(); ++i) {
    if (asked_[i] == type) found.push_back(contents_[i]);
  }
  return found;
}

int FakeKernel::Count(const std::string& type) const {
  const std::vector<std::string> all = asked();
  return static_cast<int>(std::count(all.begin(), all.end(), type));
}

bool FakeKernel::AwaitCount(const std::string& type, int count) const {
  std::unique_lock lock(mutex_);
  return came_.wait_for(lock, std::chrono::minutes(1),
                        [&] { return std::count(asked_.begin(), asked_.end(), type) >= count; });
}

void FakeKernel::Loop() {
  constexpr std::array kAsked = {KernelChannel::Shell, KernelChannel::Stdin,
                                 KernelChannel::Control};
  while (!mailbox_.closed()) {
    std::array<zmq_pollitem_t, 5> items{};
    items[0] = {nullptr, mailbox_.fd(), ZMQ_POLLIN, 0};
    for (size_t i = 0; i < kAsked.size(); ++i) {
      items[i + 1] = {sockets_->At(kAsked[i]).handle(), 0, ZMQ_POLLIN, 0};
    }
    items[4] = {sockets_->At(KernelChannel::Heartbeat).handle(), 0, ZMQ_POLLIN, 0};
    zmq_poll(items.data(), habits_.beats ? 5 : 4, -1);
    for (auto& command : mailbox_.Take()) command();
    Frames frames;
    for (const KernelChannel channel : kAsked) {
      while (sockets_->Receive(channel, frames)) OnRequest(frames);
    }
    while (habits_.beats && sockets_->Receive(KernelChannel::Heartbeat, frames)) {
      Raw(KernelChannel::Heartbeat, frames);
    }
  }
}

void FakeKernel::OnRequest(const Frames& frames) {
  const auto request = Parse(frames, connection_.key, seen_);
  if (!request) return;
  {
    std::lock_guard lock(mutex_);
    asked_.push_back(request->type);
    contents_.push_back(request->content);
  }
  came_.notify_all();
  if (request->type != "kernel_info_request") return script_(*this, *request);
  if (!habits_.answers_info) return;
  if (Count("kernel_info_request") >= habits_.iopub_from_info) Busy(*request);
  Reply(*request, R"({"status": "ok", "implementation": "fake", "protocol_version": "5.3",
                      "language_info": {"name": "none", "version": "1"}, "banner": "fake"})");
  if (Count("kernel_info_request") >= habits_.iopub_from_info) Idle(*request);
}

KernelMessage FakeKernel::Answer(const KernelMessage& request, const std::string& type,
                                 const std::string& content) {
  KernelMessage message;
  message.type = type;
  message.id = NewKernelId();
  message.session = habits_.session;
  message.parent_id = request.id;
  message.parent_type = request.type;
  message.content = content;
  return message;
}

Frames FakeKernel::Made(const KernelMessage& request, const std::string& type,
                        const std::string& content) {
  return Serialize(Answer(request, type, content), connection_.key);
}

void FakeKernel::Publish(const KernelMessage& request, const std::string& type,
                         const std::string& content) {
  Raw(KernelChannel::Iopub, Made(request, type, content));
}

void FakeKernel::Status(const KernelMessage& request, const char* state) {
  Publish(request, "status", std::string(R"({"execution_state": ")") + state + "\"}");
}

void FakeKernel::Running(const KernelMessage& request, int execution_count) {
  Publish(request, "execute_input",
          R"({"code": "", "execution_count": )" + std::to_string(execution_count) + "}");
}

void FakeKernel::Stream(const KernelMessage& request, const std::string& text) {
  Publish(request, "stream", R"({"name": "stdout", "text": ")" + text + "\"}");
}

void FakeKernel::Reply(const KernelMessage& request, const std::string& content) {
  std::string type = request.type;
  type.replace(type.rfind("request"), 7, "reply");
  KernelMessage message = Answer(request, type, content);
  message.identities = request.identities;
  const bool control = request.type == "interrupt_request" || request.type == "shutdown_request";
  Raw(control ? KernelChannel::Control : KernelChannel::Shell, Serialize(message, connection_.key));
}

void FakeKernel::AskForLine(const KernelMessage& request, const std::string& prompt) {
  KernelMessage message =
      Answer(request, "input_request", R"({"prompt": ")" + prompt + R"(", "password": true})");
  message.identities = request.identities;
  Raw(KernelChannel::Stdin, Serialize(message, connection_.key));
}

void FakeKernel::Raw(KernelChannel channel, const Frames& frames) {
  for (size_t i = 0; i < frames.size(); ++i) {
    sockets_->At(channel).send(zmq::buffer(frames[i]), i + 1 < frames.size()
                                                           ? zmq::send_flags::sndmore
                                                           : zmq::send_flags::none);
  }
}

void FakeKernel::Run(const KernelMessage& request, const std::function<void()>& between) {
  Busy(request);
  Running(request, 1);
  if (between) between();
  ReplyOk(request);
  Idle(request);
}

}  // namespace proctor::test
