#include "core/kernel/client.h"

#include <mutex>
#include <thread>
#include <utility>

#include "core/kernel/client_loop.h"
#include "core/kernel/content.h"

namespace proctor {
namespace {

constexpr const char* kClosed = "the client was closed";

}  // namespace

class KernelClient::Impl {
 public:
  explicit Impl(std::shared_ptr<ClientLoop> made)
      : loop(std::move(made)), thread_([kept = loop] { kept->Run(); }), id_(thread_.get_id()) {}

  ~Impl() {
    Close();
    // Let go of by a callback of its own: the thread cannot wait for itself, and ends alone.
    if (thread_.joinable()) thread_.detach();
  }

  bool OnThread() const { return std::this_thread::get_id() == id_; }

  void Close() {
    loop->mailbox().Close();
    if (OnThread()) return;
    std::lock_guard lock(joining_);
    if (thread_.joinable()) thread_.join();
  }

  /// A question's command; answered at once where nobody is there any more to ask it.
  void Ask(ClientLoop::Question question) {
    const Answer then = question.then;
    const bool taken =
        loop->mailbox().Post([to = loop.get(), asked = std::move(question)] { to->Ask(asked); });
    if (!taken) then(Failure{std::string(kClosed)});
  }

  const std::shared_ptr<ClientLoop> loop;

 private:
  std::mutex joining_;  ///< whoever closes second waits for the first
  std::thread thread_;
  const std::thread::id id_;
};

Result<std::unique_ptr<KernelClient>, std::string> KernelClient::Connect(
    KernelClientOptions options) {
  std::string session = NewKernelId();
  const auto which = options.read_only ? KernelSockets::Which::Watching : KernelSockets::Which::All;
  auto sockets = KernelSockets::Open(options.connection, session, which);
  if (!sockets) return Failure{sockets.error()};
  auto loop =
      std::make_shared<ClientLoop>(std::move(options), std::move(session), std::move(*sockets));
  if (loop->mailbox().fd() < 0) {
    return Failure{
        std::string("no connection to the kernel: the system gives no more descriptors")};
  }
  return std::unique_ptr<KernelClient>(new KernelClient(std::make_unique<Impl>(std::move(loop))));
}

KernelClient::KernelClient(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
KernelClient::~KernelClient() = default;

void KernelClient::Close() {
  impl_->Close();
}

bool KernelClient::Run(std::function<void()> on_thread) {
  return impl_->loop->mailbox().Post(std::move(on_thread));
}

bool KernelClient::OnThread() const {
  return impl_->OnThread();
}

void KernelClient::WhenReady(std::chrono::milliseconds timeout, Ready then) {
  const bool taken =
      Run([loop = impl_->loop.get(), timeout, then] { loop->WhenReady(timeout, then); });
  if (!taken) then(Failure{std::string(kClosed)});
}

void KernelClient::Execute(RequestId id, ExecuteRequest request, ExecuteCallbacks callbacks) {
  const auto on_end = callbacks.on_end;
  const bool taken = Run([loop = impl_->loop.get(), id, asked = std::move(request),
                          called = std::move(callbacks)] { loop->Execute(id, asked, called); });
  if (taken || !on_end) return;
  ExecuteResult result;
  result.request = id;
  result.end = RequestEnd::KernelDied;
  result.reason = kClosed;
  on_end(result);
}

void KernelClient::Interrupt(RequestId id) {
  Run([loop = impl_->loop.get(), id] { loop->Interrupt(id); });
}

void KernelClient::ReplyToInput(std::string line) {
  Run([loop = impl_->loop.get(), text = std::move(line)] { loop->ReplyToInput(text); });
}

void KernelClient::Complete(std::string code, int cursor, std::chrono::milliseconds timeout,
                            Answer then) {
  impl_->Ask({.channel = KernelChannel::Shell,
              .type = "complete_request",
              .content = CompleteContent(code, cursor),
              .timeout = timeout,
              .then = std::move(then)});
}

void KernelClient::Inspect(std::string code, int cursor, int detail,
                           std::chrono::milliseconds timeout, Answer then) {
  impl_->Ask({.channel = KernelChannel::Shell,
              .type = "inspect_request",
              .content = InspectContent(code, cursor, detail),
              .timeout = timeout,
              .then = std::move(then)});
}

void KernelClient::Shutdown(bool restart, std::chrono::milliseconds timeout, Answer then) {
  impl_->Ask({.channel = KernelChannel::Control,
              .type = "shutdown_request",
              .content = ShutdownContent(restart),
              .timeout = timeout,
              .then = std::move(then)});
}

void KernelClient::Beat(std::chrono::milliseconds timeout, Answer then) {
  const bool taken = Run([loop = impl_->loop.get(), timeout, then] { loop->Beat(timeout, then); });
  if (!taken) then(Failure{std::string(kClosed)});
}

void KernelClient::ProcessEnded(std::string why) {
  Run([loop = impl_->loop.get(), reason = std::move(why)] { loop->ProcessEnded(reason); });
}

KernelStatus KernelClient::status() const {
  return impl_->loop->status();
}

}  // namespace proctor
