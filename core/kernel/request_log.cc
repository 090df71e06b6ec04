#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <utility>

#include "core/kernel/session.h"

namespace proctor {
namespace {

size_t SizeOf(const OutputChunk& chunk) {
  size_t size = chunk.text.size() + chunk.data.size() + chunk.metadata.size();
  for (const std::string& line : chunk.traceback) size += line.size();
  return size + sizeof chunk;
}

OutputChunk LeftOut() {
  OutputChunk chunk;
  chunk.name = "stderr";
  chunk.text =
      "\n[proctor: this code prints without end; after 256 MiB the rest of its output is left "
      "out]\n";
  return chunk;
}

}  // namespace

struct RequestLog::Shared {
  mutable std::mutex mutex;
  mutable std::condition_variable changed;
  mutable std::condition_variable ended;  ///< who waits for that is not woken by every chunk
  std::vector<OutputChunk> chunks;
  std::optional<ExecuteResult> result;
  size_t bytes = 0;
  bool cut = false;  ///< more came than is kept

  View From(size_t since) const {
    View view;
    const size_t first = std::min(since, chunks.size());
    view.chunks.assign(chunks.begin() + static_cast<std::ptrdiff_t>(first), chunks.end());
    view.next = chunks.size();
    view.result = result;
    return view;
  }
};

RequestLog::RequestLog(RequestId id, std::string code)
    : id_(id), code_(std::move(code)), shared_(std::make_unique<Shared>()) {}
RequestLog::~RequestLog() = default;

RequestLog::View RequestLog::Read(size_t since) const {
  std::lock_guard lock(shared_->mutex);
  return shared_->From(since);
}

RequestLog::View RequestLog::Wait(size_t since, std::chrono::milliseconds timeout) const {
  std::unique_lock lock(shared_->mutex);
  shared_->changed.wait_for(lock, timeout,
                            [&] { return shared_->chunks.size() > since || shared_->result; });
  return shared_->From(since);
}

RequestLog::View RequestLog::WaitForEnd(std::chrono::milliseconds timeout, size_t since) const {
  std::unique_lock lock(shared_->mutex);
  shared_->ended.wait_for(lock, timeout, [&] { return shared_->result.has_value(); });
  return shared_->From(since);
}

size_t RequestLog::bytes() const {
  std::lock_guard lock(shared_->mutex);
  return shared_->bytes;
}

void RequestLog::Append(const OutputChunk& chunk) {
  std::lock_guard lock(shared_->mutex);
  if (shared_->cut && chunk.kind != ChunkKind::Error && chunk.kind != ChunkKind::Input) return;
  shared_->bytes += SizeOf(chunk);
  if (shared_->bytes > kMostBytes && !std::exchange(shared_->cut, true)) {
    shared_->chunks.push_back(LeftOut());
    return shared_->changed.notify_all();
  }
  shared_->chunks.push_back(chunk);
  shared_->changed.notify_all();
}

void RequestLog::End(const ExecuteResult& result) {
  std::lock_guard lock(shared_->mutex);
  if (shared_->result) return;
  shared_->result = result;
  shared_->changed.notify_all();
  shared_->ended.notify_all();
}

}  // namespace proctor
