#include "hooks/answering.h"

#include <utility>

namespace proctor::hooks {
namespace {

thread_local int this_threads_client = 0;  ///< 0 while there is none

}  // namespace

void Answering::Begin(int client_port) {
  if (std::exchange(this_threads_client, client_port) != 0) return;
  const std::lock_guard lock(mutex_);
  clients_.insert(client_port);
}

void Answering::End() {
  const int client = std::exchange(this_threads_client, 0);
  if (client == 0) return;
  const std::lock_guard lock(mutex_);
  clients_.erase(client);
  answered_.insert(client);
  if (clients_.empty()) none_.notify_all();
}

bool Answering::Waits(int client_port) {
  const std::lock_guard lock(mutex_);
  return clients_.contains(client_port);
}

std::unordered_set<int> Answering::TakeAnswered() {
  const std::lock_guard lock(mutex_);
  return std::exchange(answered_, {});
}

void Answering::WaitForNone() {
  std::unique_lock lock(mutex_);
  none_.wait(lock, [this] { return clients_.empty(); });
}

}  // namespace proctor::hooks
