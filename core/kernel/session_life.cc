// How a session begins, is connected anew and ends, and what it looks like.
#include <fmt/format.h>

#include <utility>

#include "core/kernel/session_impl.h"

namespace proctor {
namespace {

constexpr const char* kClosed = "the session was closed";

}  // namespace

KernelSession::Impl::Impl(SessionOptions options) : options_(std::move(options)) {
  last_status_.since = Clock::now();
  last_id_ = options_.first_request - 1;
}

std::shared_ptr<KernelClient> KernelSession::Impl::client() const {
  std::lock_guard lock(mutex_);
  return client_;
}

bool KernelSession::Impl::OnThread() const {
  const auto now = client();
  return now && now->OnThread();
}

void KernelSession::Impl::Post(std::function<void()> function) {
  const auto now = client();
  if (!now || !now->Run(function)) function();
}

void KernelSession::Impl::Changed() {
  {
    std::lock_guard lock(mutex_);
    ++version_;
  }
  changed_.notify_all();
  if (options_.on_change) options_.on_change();
}

Result<void, std::string> KernelSession::Impl::Connect(KernelClientOptions client) {
  const std::weak_ptr<Impl> weak = weak_from_this();
  uint64_t epoch = 0;
  {
    std::lock_guard lock(mutex_);
    epoch = ++epoch_;
  }
  client.on_status = [weak, epoch](const KernelStatus& status) {
    if (const auto self = weak.lock()) self->OnStatus(epoch, status);
  };
  auto connected = KernelClient::Connect(std::move(client));
  if (!connected) return Failure{connected.error()};
  {
    std::lock_guard lock(mutex_);
    client_ = std::move(*connected);
    ready_ = false;
    info_ = {};
    not_ready_.reset();
    refused_.reset();
  }
  AskReady();
  Changed();
  return {};
}

void KernelSession::Impl::AskReady() {
  const std::weak_ptr<Impl> weak = weak_from_this();
  std::shared_ptr<KernelClient> now;
  uint64_t epoch = 0;
  {
    std::lock_guard lock(mutex_);
    now = client_;
    epoch = epoch_;
    not_ready_.reset();
  }
  if (!now) return;
  now->WhenReady(options_.ready_timeout,
                 [weak, epoch](const Result<KernelInfo, std::string>& answer) {
                   if (const auto self = weak.lock()) self->OnReady(epoch, answer);
                 });
}

void KernelSession::Impl::OnReady(uint64_t epoch, const Result<KernelInfo, std::string>& answer) {
  {
    std::lock_guard lock(mutex_);
    if (epoch != epoch_) return;
    ready_ = answer.has_value();
    if (answer) {
      info_ = *answer;
    } else {
      not_ready_ = answer.error();
    }
  }
  if (!answer) EndQueued(answer.error());
  Changed();
  Pump();
}

void KernelSession::Impl::OnStatus(uint64_t epoch, const KernelStatus& status) {
  bool dead_and_idle = false;
  {
    std::lock_guard lock(mutex_);
    if (epoch != epoch_) return;
    if (status.activity == KernelActivity::Dead && !refused_) refused_ = status.reason;
    // What is in flight ends first; then Pump() ends what is behind it.
    dead_and_idle = refused_ && !in_flight_;
  }
  Changed();
  if (dead_and_idle) Pump();
}

/// One changes it at a time. Refused: a callback came into another's change, which waits for it.
KernelSession::Impl::Change KernelSession::Impl::BeginChange() {
  const bool on_thread = OnThread();
  std::unique_lock lock(mutex_);
  if (changing_ && on_thread) return Change::Refused;
  changed_.wait(lock, [&] { return !changing_; });
  changing_ = true;
  return Change::Begun;
}

void KernelSession::Impl::EndChange() {
  {
    std::lock_guard lock(mutex_);
    changing_ = false;
  }
  Changed();
}

/// Ends all requests and the client, whose thread then calls nothing of ours any more.
void KernelSession::Impl::LetGo(const std::string& why, const std::function<void()>& also) {
  std::shared_ptr<KernelClient> old;
  {
    std::lock_guard lock(mutex_);
    refused_ = why;
    old = client_;
  }
  const KernelStatus before = old ? old->status() : KernelStatus();
  const auto end = [self = shared_from_this(), why, also] {
    self->EndAll(why);
    if (also) also();
  };
  if (!old || old->OnThread() || !old->Run(end)) end();
  if (old) old->Close();
  std::lock_guard lock(mutex_);
  if (old) last_status_ = old->status();
  client_.reset();
  if (before.activity == KernelActivity::Dead) {
    last_status_ = before;  // what it died of says more than that it was closed afterwards
    return;
  }
  last_status_.activity = KernelActivity::Dead;
  last_status_.reason = why;
  last_status_.since = Clock::now();
}

Result<void, std::string> KernelSession::Impl::Reconnect(KernelClientOptions client) {
  if (BeginChange() == Change::Refused) {
    return Failure{std::string("the session is being closed or connected anew already")};
  }
  bool closed = false;
  {
    std::lock_guard lock(mutex_);
    closed = closed_;
  }
  Result<void, std::string> connected = Failure{std::string(kClosed)};
  if (!closed) {
    LetGo("the kernel was restarted: another process took its place", nullptr);
    connected = Connect(std::move(client));
    std::lock_guard lock(mutex_);
    if (!connected) refused_ = last_status_.reason = connected.error();
  }
  EndChange();
  Post([self = shared_from_this()] { self->Pump(); });
  return connected;
}

void KernelSession::Impl::Close() {
  if (BeginChange() == Change::Refused) return;
  bool closed = false;
  {
    std::lock_guard lock(mutex_);
    closed = std::exchange(closed_, true);
  }
  if (!closed) LetGo(kClosed, [self = this] { self->StopStream(); });
  EndChange();
}

void KernelSession::Impl::SetStream(std::shared_ptr<OutputStream> stream) {
  Post([self = shared_from_this(), stream = std::move(stream)] {
    std::shared_ptr<OutputStream> unused = stream;
    {
      std::lock_guard lock(self->mutex_);
      if (self->stream_ == stream) return;
      if (!self->stream_ended_) std::swap(self->stream_, unused);
    }
    if (unused) unused->Stop();
  });
}

void KernelSession::Impl::StopStream() {
  std::shared_ptr<OutputStream> last;
  {
    std::lock_guard lock(mutex_);
    stream_ended_ = true;
    last = std::move(stream_);
    stream_.reset();
  }
  if (last) last->Stop();
}

Result<KernelInfo, std::string> KernelSession::Impl::WaitReady(
    std::chrono::milliseconds timeout) const {
  const bool may_wait = !OnThread();
  std::unique_lock lock(mutex_);
  const auto known = [&] { return ready_ || not_ready_ || refused_; };
  if (may_wait) changed_.wait_for(lock, timeout, known);
  if (refused_) return Failure{"the kernel is not ready: " + *refused_};
  if (ready_) return info_;
  if (not_ready_) return Failure{*not_ready_};
  return Failure{fmt::format("the kernel was not ready within {} s", timeout.count() / 1000.0)};
}

std::shared_ptr<const SessionView> KernelSession::Impl::View() const {
  auto view = std::make_shared<SessionView>();
  std::lock_guard lock(mutex_);
  view->status = client_ ? client_->status() : last_status_;
  view->info = info_;
  for (const EntryPtr& entry : queue_) view->queued.push_back(entry->id);
  view->in_flight = in_flight_ ? in_flight_->id : 0;
  view->awaits_input = input_.has_value();
  if (input_) {
    view->input_prompt = input_->text;
    view->input_is_password = input_->password;
  }
  view->driven = driven_;
  view->requests.assign(logs_.begin(), logs_.end());
  view->version = version_;
  return view;
}

std::shared_ptr<const SessionView> KernelSession::Impl::WaitNewer(
    uint64_t version, std::chrono::milliseconds timeout) const {
  if (!OnThread()) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, timeout, [&] { return version_ > version; });
  }
  return View();
}

}  // namespace proctor
