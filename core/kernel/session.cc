#include "core/kernel/session.h"

#include <utility>

#include "core/kernel/session_impl.h"

namespace proctor {

Result<std::shared_ptr<KernelSession>, std::string> KernelSession::Open(SessionOptions options) {
  KernelClientOptions client = options.client;
  auto impl = std::make_shared<Impl>(std::move(options));
  if (auto connected = impl->Connect(std::move(client)); !connected) {
    return Failure{connected.error()};
  }
  return std::shared_ptr<KernelSession>(new KernelSession(std::move(impl)));
}

KernelSession::KernelSession(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
KernelSession::~KernelSession() {
  Close();
}

HookId KernelSession::AddHook(HookPhase phase, int priority, Hook hook) {
  return impl_->hooks.Add(phase, priority, std::move(hook));
}
void KernelSession::RemoveHook(HookId id) {
  impl_->hooks.Remove(id);
}
HookRecorder& KernelSession::recorder() {
  return impl_->recorder;
}

std::shared_ptr<const RequestLog> KernelSession::Submit(ExecuteRequest request,
                                                        ExecuteCallbacks callbacks) {
  return impl_->Submit(std::move(request), std::move(callbacks));
}
std::shared_ptr<const RequestLog> KernelSession::Find(RequestId id) const {
  return impl_->Find(id);
}
void KernelSession::Interrupt(RequestId id) {
  impl_->Interrupt(id);
}
void KernelSession::ReplyToInput(std::string line) {
  impl_->ReplyToInput(std::move(line));
}
std::shared_ptr<KernelClient> KernelSession::client() const {
  return impl_->client();
}

Result<KernelInfo, std::string> KernelSession::WaitReady(std::chrono::milliseconds timeout) const {
  return impl_->WaitReady(timeout);
}

void KernelSession::StartLoop() {
  impl_->StartLoop();
}
std::shared_ptr<const RequestLog> KernelSession::StepLoop() {
  return impl_->StepLoop();
}
Settled KernelSession::SettleLoop(std::chrono::milliseconds limit) {
  return impl_->SettleLoop(limit);
}
std::vector<RequestId> KernelSession::StopLoop() {
  return impl_->StopLoop();
}

void KernelSession::SetStream(std::shared_ptr<OutputStream> stream) {
  impl_->SetStream(std::move(stream));
}

void KernelSession::ProcessEnded(std::string why) {
  if (const auto client = impl_->client()) client->ProcessEnded(std::move(why));
}
Result<void, std::string> KernelSession::Reconnect(KernelClientOptions client) {
  return impl_->Reconnect(std::move(client));
}
void KernelSession::Close() {
  impl_->Close();
}

std::shared_ptr<const SessionView> KernelSession::view() const {
  return impl_->View();
}
std::shared_ptr<const SessionView> KernelSession::WaitNewer(
    uint64_t version, std::chrono::milliseconds timeout) const {
  return impl_->WaitNewer(version, timeout);
}

}  // namespace proctor
