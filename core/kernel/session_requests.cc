// What a session does with requests: the queue, the hooks around each, the loop's driver.
#include <algorithm>
#include <iterator>
#include <utility>

#include "core/kernel/session_impl.h"

namespace proctor {

std::shared_ptr<const RequestLog> KernelSession::Impl::Submit(ExecuteRequest request,
                                                              ExecuteCallbacks callbacks) {
  auto entry = std::make_shared<Entry>();
  entry->request = std::move(request);
  entry->callbacks = std::move(callbacks);
  bool ask_again = false;
  {
    std::lock_guard lock(mutex_);
    entry->id = ++last_id_;
    entry->log = std::make_shared<RequestLog>(entry->id, entry->request.code);
    queue_.push_back(entry);
    logs_.push_back(entry->log);
    ++unfinished_;
    ForgetOld();
    ask_again = not_ready_ && !refused_;
  }
  if (ask_again) AskReady();  // it was too slow once: perhaps it is ready by now
  Changed();
  Post([self = shared_from_this(), entry] {
    self->Prepare(entry);
    self->Pump();  // where nothing can run, it ends it
  });
  return entry->log;
}

/// The oldest that have ended, where there are more of them, or more of their output, than is kept.
void KernelSession::Impl::ForgetOld() {
  constexpr size_t kKeptBytes = 64 << 20;
  size_t bytes = 0;
  for (const auto& log : logs_) bytes += log->bytes();
  const auto too_much = [&] { return logs_.size() > options_.keep_requests || bytes > kKeptBytes; };
  for (auto it = logs_.begin(); too_much() && it != logs_.end();) {
    const bool ended = (*it)->Read(SIZE_MAX).result.has_value();
    if (ended) bytes -= (*it)->bytes();
    it = ended ? logs_.erase(it) : std::next(it);
  }
}

std::shared_ptr<const RequestLog> KernelSession::Impl::Find(RequestId id) const {
  std::lock_guard lock(mutex_);
  for (const auto& log : logs_) {
    if (log->id() == id) return log;
  }
  return nullptr;
}

void KernelSession::Impl::Interrupt(RequestId id) {
  EntryPtr cancelled;
  {
    std::lock_guard lock(mutex_);
    // By its number: for a moment the client may still hold it back.
    if (id == 0 && in_flight_) id = in_flight_->id;
    const bool in_flight = in_flight_ && (id == 0 || id == in_flight_->id);
    if (in_flight) in_flight_->interrupt = true;
    if (in_flight && !in_flight_->begun) cancelled = std::exchange(in_flight_, nullptr);
    if (in_flight && !cancelled && !in_flight_->sent) return;  // Send() sees it
    const auto found = std::find_if(queue_.begin(), queue_.end(),
                                    [&](const EntryPtr& entry) { return entry->id == id; });
    if (!in_flight && id != 0 && found != queue_.end()) {
      cancelled = *found;
      queue_.erase(found);
    }
  }
  if (cancelled) {
    return Post([self = shared_from_this(), cancelled] {
      self->Drop({cancelled}, RequestEnd::Interrupted, "it was cancelled before it began");
    });
  }
  if (const auto now = client()) now->Interrupt(id);
}

void KernelSession::Impl::ReplyToInput(std::string line) {
  {
    std::lock_guard lock(mutex_);
    input_.reset();
  }
  Changed();
  if (const auto now = client()) now->ReplyToInput(std::move(line));
}

void KernelSession::Impl::StartLoop() {
  {
    std::lock_guard lock(mutex_);
    driven_ = true;
  }
  Changed();
}

std::shared_ptr<const RequestLog> KernelSession::Impl::StepLoop() {
  EntryPtr next;
  {
    std::lock_guard lock(mutex_);
    if (in_flight_ || queue_.empty()) return nullptr;
    next = queue_.front();
    queue_.pop_front();
    in_flight_ = next;
  }
  Changed();
  Post([self = shared_from_this()] { self->Pump(); });
  return next->log;
}

Settled KernelSession::Impl::SettleLoop(std::chrono::milliseconds limit) {
  const bool may_wait = !OnThread();
  {
    std::lock_guard lock(mutex_);
    if (!may_wait) return unfinished_ == 0 ? Settled::Yes : Settled::NotInTime;
    ++settlers_;
  }
  Post([self = shared_from_this()] { self->Pump(); });
  std::unique_lock lock(mutex_);
  const bool settled = changed_.wait_for(lock, limit, [&] { return unfinished_ == 0; });
  --settlers_;
  return settled ? Settled::Yes : Settled::NotInTime;
}

std::vector<RequestId> KernelSession::Impl::StopLoop() {
  std::vector<EntryPtr> dropped;
  {
    std::lock_guard lock(mutex_);
    driven_ = false;
    dropped.assign(queue_.begin(), queue_.end());
    queue_.clear();
  }
  Changed();
  std::vector<RequestId> ids;
  for (const EntryPtr& entry : dropped) ids.push_back(entry->id);
  Post([self = shared_from_this(), dropped] {
    self->Drop(dropped, RequestEnd::Interrupted, "the loop was stopped before it began");
  });
  return ids;
}

void KernelSession::Impl::Prepare(const EntryPtr& entry) {
  {
    std::lock_guard lock(mutex_);
    if (std::exchange(entry->prepared, true) || entry->ended) return;
  }
  CallHooks(entry, HookPhase::Preparation, nullptr);
}

void KernelSession::Impl::Pump() {
  std::optional<std::string> refused;
  {
    std::lock_guard lock(mutex_);
    refused = refused_;
  }
  if (refused) EndQueued(*refused);
  while (const EntryPtr next = TakeNext()) Begin(next);
}

KernelSession::Impl::EntryPtr KernelSession::Impl::TakeNext() {
  std::lock_guard lock(mutex_);
  if (!ready_ || refused_) return nullptr;
  if (!in_flight_ && !queue_.empty() && (!driven_ || settlers_ > 0)) {
    in_flight_ = queue_.front();
    queue_.pop_front();
  }
  if (!in_flight_ || in_flight_->begun) return nullptr;
  in_flight_->begun = true;
  in_flight_->begun_at = Clock::now();
  return in_flight_;
}

void KernelSession::Impl::Begin(const EntryPtr& entry) {
  Prepare(entry);
  CallHooks(entry, HookPhase::PreExecution, nullptr);
  Changed();
  Send(entry);
}

void KernelSession::Impl::Send(const EntryPtr& entry) {
  const auto now = client();
  if (!now) return;  // closed meanwhile, which has ended it
  ExecuteCallbacks callbacks;
  callbacks.on_output = [self = shared_from_this(), entry](const OutputChunk& chunk) {
    self->OnOutput(entry, chunk);
  };
  callbacks.on_end = [self = shared_from_this(), entry](const ExecuteResult& result) {
    self->Finish(entry, result);
  };
  now->Execute(entry->id, entry->request, std::move(callbacks));
  bool interrupt = false;
  {
    std::lock_guard lock(mutex_);
    entry->sent = true;
    interrupt = entry->interrupt;
  }
  if (interrupt) now->Interrupt(entry->id);
}

void KernelSession::Impl::OnOutput(const EntryPtr& entry, const OutputChunk& chunk) {
  {
    std::lock_guard lock(mutex_);
    if (entry->ended) return;
    if (chunk.kind == ChunkKind::Input) input_ = chunk;
  }
  entry->log->Append(chunk);
  if (chunk.kind == ChunkKind::Input) Changed();
  Write(entry->id, chunk);
  if (!entry->callbacks.on_output) return;
  Notice(entry, Thrown("the callback for outputs", [&] { entry->callbacks.on_output(chunk); }));
}

void KernelSession::Impl::Write(RequestId id, const OutputChunk& chunk) {
  std::shared_ptr<OutputStream> stream;
  {
    std::lock_guard lock(mutex_);
    stream = stream_;
  }
  if (stream) stream->Write(id, chunk);
}

void KernelSession::Impl::Notice(const EntryPtr& entry, const std::string& text) {
  if (text.empty()) return;
  const OutputChunk chunk{.name = "hook", .text = text + "\n"};
  entry->log->Append(chunk);
  Write(entry->id, chunk);
}

void KernelSession::Impl::CallHooks(const EntryPtr& entry, HookPhase phase,
                                    const ExecuteResult* result) {
  HookCall call{.phase = phase,
                .request = entry->id,
                .code = entry->request.code,
                .outputs = entry->log->Read().chunks,
                .at = Clock::now()};
  if (result != nullptr) {
    call.result = *result;
    call.outcome = OutcomeOf(*result);
  }
  if (!hooks.Has(phase)) return recorder.Add(std::move(call));
  recorder.Add(call);
  for (const std::string& error : hooks.Call(call)) Notice(entry, error);
  if (phase == HookPhase::Preparation) entry->request.code = std::move(call.code);
}

void KernelSession::Impl::Finish(const EntryPtr& entry, ExecuteResult result) {
  {
    std::lock_guard lock(mutex_);
    if (std::exchange(entry->ended, true)) return;
  }
  const bool by_itself = result.end == RequestEnd::Ok || result.end == RequestEnd::Error;
  if (by_itself) CallHooks(entry, HookPhase::PostExecution, &result);
  CallHooks(entry, HookPhase::OnFinish, &result);
  {
    // Both at once: who has seen its end may step on, and who has settled finds its end.
    std::lock_guard lock(mutex_);
    entry->log->End(result);
    if (in_flight_ == entry) {
      in_flight_.reset();
      input_.reset();
    }
  }
  if (entry->callbacks.on_end) {
    Notice(entry, Thrown("the callback for the end", [&] { entry->callbacks.on_end(result); }));
  }
  entry->callbacks = {};  // what they hold is not kept for as long as the session
  {
    std::lock_guard lock(mutex_);
    --unfinished_;
  }
  Changed();
  Pump();
}

void KernelSession::Impl::Drop(const std::vector<EntryPtr>& entries, RequestEnd end,
                               const std::string& why) {
  for (const EntryPtr& entry : entries) {
    ExecuteResult result;
    result.request = entry->id;
    result.end = end;
    result.reason = why;
    result.cancelled = end == RequestEnd::Interrupted;
    if (entry->begun) {
      result.duration_ms =
          std::chrono::duration<double, std::milli>(Clock::now() - entry->begun_at).count();
    }
    Finish(entry, std::move(result));
  }
}

void KernelSession::Impl::EndQueued(const std::string& why) {
  std::vector<EntryPtr> ended;
  {
    std::lock_guard lock(mutex_);
    if (in_flight_ && !in_flight_->begun) ended.push_back(in_flight_);
    ended.insert(ended.end(), queue_.begin(), queue_.end());
    queue_.clear();
  }
  Drop(ended, RequestEnd::KernelDied, why);
}

void KernelSession::Impl::EndAll(const std::string& why) {
  std::vector<EntryPtr> ended;
  {
    std::lock_guard lock(mutex_);
    if (in_flight_) ended.push_back(in_flight_);
  }
  Drop(ended, RequestEnd::KernelDied, why);
  EndQueued(why);
}

}  // namespace proctor
