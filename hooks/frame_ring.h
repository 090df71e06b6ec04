#pragma once
// The timing of the last frames. The frame thread writes without a lock and without
// memory of its own; any thread reads, and gets only frames that are written whole.

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace proctor::hooks {

/// One completed frame. Times are in nanoseconds on the trace's clock.
struct FrameTime {
  uint64_t sequence = 0;  ///< among all that the trace holds
  uint64_t number = 0;    ///< counts as health's does
  int64_t start = 0;
  int64_t duration = 0;
  int64_t interval = 0;  ///< since the start of the frame before; 0 for the first
};

class FrameRing {
 public:
  static constexpr size_t kFrames = 2048;

  /// `sequence` gives every frame its number among the trace's events.
  explicit FrameRing(std::atomic<uint64_t>& sequence) : sequence_(sequence) {}

  // The frame thread.
  void Begin(int64_t now);
  /// Completes the frame that was begun last; answers how long it took.
  int64_t End(int64_t now, uint64_t number);

  // Any thread.
  std::vector<FrameTime> Last(size_t most) const;  ///< the oldest first
  uint64_t written() const { return written_.load(std::memory_order_acquire); }
  int thread() const { return thread_; }  ///< the frame thread's id; 0 before the first frame
  /// Frames with this sequence number or a higher one may be on their way still.
  uint64_t pending() const { return pending_; }

 private:
  /// `sequence` is 0 while the others are being written.
  struct Slot {
    std::atomic<uint64_t> sequence = 0, number = 0;
    std::atomic<int64_t> start = 0, duration = 0, interval = 0;
  };
  static bool Read(const Slot& slot, FrameTime& frame);

  std::atomic<uint64_t>& sequence_;
  std::array<Slot, kFrames> slots_;
  std::atomic<uint64_t> written_ = 0;
  std::atomic<uint64_t> pending_ = UINT64_MAX;
  std::atomic<int> thread_ = 0;
  int64_t begun_ = -1;     ///< the frame thread's; -1 outside of a frame
  int64_t previous_ = -1;  ///< start of the frame before; -1 for the first
};

}  // namespace proctor::hooks
