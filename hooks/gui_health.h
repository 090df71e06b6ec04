#pragma once
// The health of a frame loop. The frame thread beats it, any thread reads it: a
// frame costs two clock reads and a few atomic stores, and reading never waits
// for the frame thread, so that a hanging loop can still be told about.

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace proctor::hooks {

enum class HealthState { Starting, Healthy, Degraded, Hung };
std::string_view ToString(HealthState state);

/// One thing that went wrong in the frame loop, as last_assert and first_error show it.
struct ErrorRecord {
  std::string kind;  ///< "assert", "exception", or "unbalanced" for a missing or extra ImGui call
  std::string message;
  std::string expression;                      ///< "" but for asserts
  std::string file;                            ///< "" where unknown
  int line = 0;                                ///< 0 where unknown
  std::string window;                          ///< ImGui's current window, "" outside of any
  std::vector<std::string> window_stack = {};  ///< the windows around it, it last
  std::vector<std::string> echoes = {};        ///< what was mended after it, first time only
  uint64_t frame = 0;                          ///< filled in by GuiHealth: the frame in progress
  std::string time;                            ///< filled in by GuiHealth: UTC, ISO 8601
  std::vector<std::string> backtrace;          ///< innermost first
};

/// An error in one line, for a person.
std::string ReasonOf(const ErrorRecord& record);

/// What the guard has done about errors that come again and again.
struct GuardState {
  std::vector<std::string> fenced = {};  ///< panels with a notice in their place
  int new_contexts = 0;                  ///< since the last reset
  bool given_up = false;                 ///< nothing more is tried until a restart or a reset
};

struct CheckResult {
  bool ok = true;
  std::string detail;
};

/// Everything the health answer says, at one moment.
struct HealthSnapshot {
  HealthState state = HealthState::Starting;
  std::optional<std::string> degraded_reason;
  std::shared_ptr<const ErrorRecord> last_assert;  ///< null where there was none
  std::shared_ptr<const ErrorRecord> first_error;  ///< null where there was none
  uint64_t asserts = 0;                            ///< errors recorded, their echoes not counted
  uint64_t recovered = 0;  ///< times that something was mended and the loop went on
  GuardState guard;
  std::optional<bool> io_pool_alive;
  std::map<std::string, CheckResult> checks;
  uint64_t frame = 0;       ///< completed frames
  double frame_age_ms = 0;  ///< since the last completed frame, else since the start
  double frame_p50_ms = 0;
  double frame_p99_ms = 0;
  std::string app;
  std::string version;
  int pid = 0;
  int generation = 0;
  double uptime_s = 0;

  bool healthy() const { return state == HealthState::Healthy; }
};

class GuiHealth {
 public:
  using Clock = std::chrono::steady_clock;
  struct Setup {
    std::string app;
    std::string version;
    int generation = 0;
    std::chrono::milliseconds hang_after{2000};
    std::function<Clock::time_point()> now = Clock::now;
    /// Hears of every Record(), on its thread and outside of the lock.
    std::function<void(const ErrorRecord&)> on_record = nullptr;
  };
  explicit GuiHealth(Setup setup);

  // The frame thread.
  void BeginFrame();
  void EndFrame();  ///< completes the frame that was begun last

  // Any thread.
  uint64_t frame() const { return frames_; }
  /// The cause of a trouble: degrades, and counts as an assert. An error that was
  /// seen before keeps the backtrace it had then.
  void Record(ErrorRecord record);
  /// Whether this error was not seen yet, and so is worth a backtrace and a line in
  /// the log. An error that comes with every frame must not cost them every time.
  bool IsNew(const ErrorRecord& record) const;
  /// Something was mended and the loop goes on.
  void CountRecovered() { ++recovered_; }
  /// Adds what was mended because of the error that was recorded last.
  void AddEcho(std::string_view message);
  void SetGuard(GuardState state);
  void SetDegraded(std::string_view reason);
  void SetIoPoolAlive(bool alive);
  void SetCheck(const std::string& name, CheckResult result);
  /// Forgets reason, records and counts. What still fails degrades again.
  void Reset();
  uint64_t resets() const { return resets_; }  ///< how often that was done

  HealthSnapshot Take() const;

 private:
  static constexpr size_t kRing = 256;       ///< frames that the percentiles look back on
  static constexpr size_t kMostEchoes = 16;  ///< of one error
  static constexpr size_t kMostSeen = 64;    ///< different errors; further ones are not new

  int64_t NowNs() const;
  const ErrorRecord* Seen(const ErrorRecord& record) const;
  std::optional<std::string> HangReason(int64_t now) const;
  struct Percentiles {
    uint64_t frame = 0;  ///< the last frame that they count
    double p50_ms = 0;
    double p99_ms = 0;
  };
  void FillPercentiles(HealthSnapshot& snapshot) const;
  Percentiles Sorted(size_t count, uint64_t frame) const;

  const Setup setup_;
  const int64_t started_ns_;
  const int pid_;
  std::atomic<uint64_t> frames_ = 0;
  std::atomic<int64_t> begun_ns_ = 0;  ///< 0 while no frame is in progress
  std::atomic<int64_t> ended_ns_ = 0;  ///< 0 before the first frame has ended
  std::array<std::atomic<uint32_t>, kRing> frame_us_{};
  std::atomic<uint64_t> asserts_ = 0;
  std::atomic<uint64_t> recovered_ = 0;
  std::atomic<uint64_t> resets_ = 0;

  mutable std::mutex percentiles_mutex_;  ///< guards the next; readers of the health alone take it
  mutable Percentiles percentiles_;

  mutable std::mutex mutex_;  ///< guards what follows; no frame of a healthy loop takes it
  std::optional<std::string> degraded_reason_;
  GuardState guard_;
  std::optional<bool> io_pool_alive_;
  std::shared_ptr<const ErrorRecord> last_assert_;
  std::shared_ptr<const ErrorRecord> first_error_;
  std::vector<std::shared_ptr<const ErrorRecord>> seen_;  ///< the first of each error
  std::map<std::string, CheckResult> checks_;
};

}  // namespace proctor::hooks
