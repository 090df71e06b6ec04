#pragma once

#include <algorithm>
#include <chrono>
#include <optional>

namespace proctor {

/// When the next frame is due. A frame is drawn because something happened, at most
/// sixty times a second, and a window in which nothing happens sleeps. Where a frame
/// is dear (a display without a GPU), news that nobody asked for has to wait longer,
/// so that watching a batch takes no more than a third of a core from it. Passive:
/// the frame loop tells it what it saw, with the time.
class FramePacer {
 public:
  using Clock = std::chrono::steady_clock;
  using Duration = Clock::duration;
  static constexpr Duration kLeastApart = std::chrono::microseconds(16'000);
  static constexpr Duration kMostApart = std::chrono::milliseconds(100);
  /// Tooltips and hover effects come some time after the last input.
  static constexpr Duration kSettling = std::chrono::milliseconds(700);

  void OnInput(Clock::time_point now) { settled_at_ = now + kSettling; }
  /// `cost` is what it took to put the frame on the screen; 0: it was not.
  void OnFrame(Clock::time_point begun, Duration cost) {
    last_frame_ = begun;
    cost_ = cost;
  }
  /// A clock on the screen shows seconds.
  void SetTicking(bool ticking) { ticking_ = ticking; }

  /// How long to wait for events before the next frame is due in any case; none:
  /// until something happens.
  std::optional<Duration> UntilDue(Clock::time_point now) const {
    if (now < settled_at_) return Left(last_frame_ + kLeastApart, now);
    if (ticking_) return Left(last_frame_ + std::chrono::seconds(1), now);
    return std::nullopt;
  }
  /// How long the frame of an event has to wait for the one before.
  Duration UntilAllowed(Clock::time_point now) const {
    const bool in_use = now < settled_at_;
    return Left(
        last_frame_ + (in_use ? kLeastApart : std::clamp(cost_ * 3, kLeastApart, kMostApart)), now);
  }

 private:
  static Duration Left(Clock::time_point until, Clock::time_point now) {
    return std::max(until - now, Duration(0));
  }

  Clock::time_point last_frame_{}, settled_at_{};
  Duration cost_{0};
  bool ticking_ = false;
};

}  // namespace proctor
