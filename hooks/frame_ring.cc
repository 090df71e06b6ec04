#include "hooks/frame_ring.h"

#include <algorithm>
#include <utility>

#include "hooks/thread_id.h"

namespace proctor::hooks {

void FrameRing::Begin(int64_t now) {
  begun_ = now;
}

int64_t FrameRing::End(int64_t now, uint64_t number) {
  const int64_t start = std::exchange(begun_, -1);
  if (start < 0) return 0;
  const int64_t previous = std::exchange(previous_, start);
  thread_.store(ThreadId(), std::memory_order_relaxed);
  // Before the number is taken: whoever sees it taken also sees that it is pending.
  pending_ = sequence_.load();
  const uint64_t sequence = sequence_++;
  const uint64_t written = written_.load(std::memory_order_relaxed);
  Slot& slot = slots_[written % kFrames];
  // Each release keeps what stands before it before it: a reader that sees one of the new
  // values sees the 0 too.
  slot.sequence.store(0, std::memory_order_release);
  slot.number.store(number, std::memory_order_release);
  slot.start.store(start, std::memory_order_release);
  slot.duration.store(now - start, std::memory_order_release);
  slot.interval.store(previous < 0 ? 0 : start - previous, std::memory_order_release);
  slot.sequence.store(sequence, std::memory_order_release);
  written_.store(written + 1, std::memory_order_release);
  pending_ = UINT64_MAX;
  return now - start;
}

bool FrameRing::Read(const Slot& slot, FrameTime& frame) {
  frame.sequence = slot.sequence.load(std::memory_order_acquire);
  frame.number = slot.number.load(std::memory_order_acquire);
  frame.start = slot.start.load(std::memory_order_acquire);
  frame.duration = slot.duration.load(std::memory_order_acquire);
  frame.interval = slot.interval.load(std::memory_order_acquire);
  return frame.sequence != 0 && slot.sequence.load(std::memory_order_relaxed) == frame.sequence;
}

std::vector<FrameTime> FrameRing::Last(size_t most) const {
  const uint64_t end = written();
  const uint64_t count = std::min<uint64_t>({end, kFrames, most});
  std::vector<FrameTime> frames;
  frames.reserve(count);
  for (uint64_t i = end - count; i < end; ++i) {
    FrameTime frame;
    const bool whole = Read(slots_[i % kFrames], frame);
    if (whole) frames.push_back(frame);
  }
  // A slot that was written anew meanwhile holds a later frame.
  std::sort(frames.begin(), frames.end(),
            [](const FrameTime& a, const FrameTime& b) { return a.sequence < b.sequence; });
  return frames;
}

}  // namespace proctor::hooks
