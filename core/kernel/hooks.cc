#include "core/kernel/hooks.h"

#include <algorithm>
#include <deque>
#include <exception>
#include <iterator>
#include <utility>

namespace proctor {
namespace {

size_t BytesOf(const HookCall& call) {
  size_t bytes = call.code.size();
  for (const OutputChunk& chunk : call.outputs) bytes += chunk.text.size() + chunk.data.size();
  return bytes;
}

}  // namespace

std::string_view ToString(HookPhase phase) {
  switch (phase) {
    case HookPhase::Preparation:
      return "preparation";
    case HookPhase::PreExecution:
      return "pre_execution";
    case HookPhase::PostExecution:
      return "post_execution";
    case HookPhase::OnFinish:
      return "on_finish";
  }
  return "";
}

std::string_view ToString(HookOutcome outcome) {
  switch (outcome) {
    case HookOutcome::Pending:
      return "pending";
    case HookOutcome::Success:
      return "success";
    case HookOutcome::Failure:
      return "failure";
    case HookOutcome::Cancelled:
      return "cancelled";
    case HookOutcome::Interrupted:
      return "interrupted";
    case HookOutcome::Died:
      return "died";
  }
  return "";
}

HookOutcome OutcomeOf(const ExecuteResult& result) {
  if (result.cancelled) return HookOutcome::Cancelled;
  switch (result.end) {
    case RequestEnd::Ok:
      return HookOutcome::Success;
    case RequestEnd::Error:
      return HookOutcome::Failure;
    case RequestEnd::Interrupted:
    case RequestEnd::TimedOut:
      return HookOutcome::Interrupted;
    case RequestEnd::KernelDied:
      return HookOutcome::Died;
  }
  return HookOutcome::Pending;
}

HookId HookList::Add(HookPhase phase, int priority, KernelSession::Hook hook) {
  std::lock_guard lock(mutex_);
  const auto behind = [&](const Entry& entry) { return entry.priority < priority; };
  const auto at = std::find_if(hooks_.begin(), hooks_.end(), behind);
  hooks_.insert(at, {++last_, phase, priority, std::move(hook)});
  return last_;
}

void HookList::Remove(HookId id) {
  std::lock_guard lock(mutex_);
  std::erase_if(hooks_, [&](const Entry& entry) { return entry.id == id; });
}

bool HookList::Has(HookPhase phase) const {
  std::lock_guard lock(mutex_);
  return std::any_of(hooks_.begin(), hooks_.end(),
                     [&](const Entry& entry) { return entry.phase == phase; });
}

std::vector<std::string> HookList::Call(HookCall& call) const {
  std::vector<Entry> due;
  {
    std::lock_guard lock(mutex_);
    std::copy_if(hooks_.begin(), hooks_.end(), std::back_inserter(due),
                 [&](const Entry& entry) { return entry.phase == call.phase; });
  }
  const std::string what = "a hook of " + std::string(ToString(call.phase));
  std::vector<std::string> thrown;
  for (const Entry& entry : due) {
    std::string error = Thrown(what.c_str(), [&] { entry.hook(call); });
    if (!error.empty()) thrown.push_back(std::move(error));
  }
  return thrown;
}

struct HookRecorder::Shared {
  std::mutex mutex;
  std::deque<HookCall> calls;
  uint64_t next = 0;
  size_t bytes = 0;
};

HookRecorder::HookRecorder() : shared_(std::make_shared<Shared>()) {}

void HookRecorder::Add(HookCall call) {
  std::lock_guard lock(shared_->mutex);
  call.number = shared_->next++;
  shared_->bytes += BytesOf(call);
  shared_->calls.push_back(std::move(call));
  while (shared_->calls.size() > kKept ||
         (shared_->bytes > kKeptBytes && shared_->calls.size() > 1)) {
    shared_->bytes -= BytesOf(shared_->calls.front());
    shared_->calls.pop_front();
  }
}

std::vector<HookCall> HookRecorder::Calls(uint64_t since) const {
  std::lock_guard lock(shared_->mutex);
  std::vector<HookCall> calls;
  std::copy_if(shared_->calls.begin(), shared_->calls.end(), std::back_inserter(calls),
               [&](const HookCall& call) { return call.number >= since; });
  return calls;
}

uint64_t HookRecorder::size() const {
  std::lock_guard lock(shared_->mutex);
  return shared_->next;
}

void HookRecorder::Clear() {
  std::lock_guard lock(shared_->mutex);
  shared_->calls.clear();
  shared_->next = 0;
  shared_->bytes = 0;
}

}  // namespace proctor
