#include "hooks/gui_health.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <utility>

namespace proctor::hooks {
namespace {

std::string UtcNow() {
  const auto now = std::chrono::system_clock::now();
  const auto since = now.time_since_epoch();
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(since).count() % 1000;
  const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 32> date;
  std::strftime(date.data(), date.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  std::array<char, 48> text;
  std::snprintf(text.data(), text.size(), "%s.%03dZ", date.data(), static_cast<int>(ms));
  return text.data();
}

std::string Seconds(int64_t ns) {
  std::array<char, 32> text;
  std::snprintf(text.data(), text.size(), "%.1f s", static_cast<double>(ns) / 1e9);
  return text.data();
}

bool SamePlace(const ErrorRecord& a, const ErrorRecord& b) {
  return a.kind == b.kind && a.message == b.message && a.file == b.file && a.line == b.line &&
         a.window == b.window;
}

}  // namespace

std::string ReasonOf(const ErrorRecord& record) {
  std::string reason = record.kind == "assert"      ? "ImGui assert"
                       : record.kind == "exception" ? "exception while drawing"
                                                    : "unbalanced ImGui calls";
  if (!record.window.empty()) reason += " in window '" + record.window + "'";
  reason += ": " + record.message;
  if (!record.file.empty()) {
    const std::string name = record.file.substr(record.file.rfind('/') + 1);
    reason += " (" + name + ":" + std::to_string(record.line) + ")";
  }
  return reason;
}

std::string_view ToString(HealthState state) {
  switch (state) {
    case HealthState::Starting:
      return "starting";
    case HealthState::Healthy:
      return "healthy";
    case HealthState::Degraded:
      return "degraded";
    case HealthState::Hung:
      return "hung";
  }
  return "unknown";
}

GuiHealth::GuiHealth(Setup setup)
    : setup_(std::move(setup)), started_ns_(NowNs()), pid_(getpid()) {}

int64_t GuiHealth::NowNs() const {
  const auto since = setup_.now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(since).count();
}

void GuiHealth::BeginFrame() {
  begun_ns_ = NowNs();
}

void GuiHealth::EndFrame() {
  const int64_t now = NowNs();
  const int64_t begun = begun_ns_.exchange(0);
  const int64_t us = begun == 0 ? 0 : (now - begun) / 1000;
  const auto capped = static_cast<uint32_t>(std::clamp<int64_t>(us, 0, UINT32_MAX));
  frame_us_[frames_ % kRing].store(capped, std::memory_order_relaxed);
  ended_ns_ = now;
  ++frames_;
}

const ErrorRecord* GuiHealth::Seen(const ErrorRecord& record) const {
  for (const auto& seen : seen_) {
    if (SamePlace(*seen, record)) return seen.get();
  }
  return nullptr;
}

bool GuiHealth::IsNew(const ErrorRecord& record) const {
  const std::lock_guard lock(mutex_);
  return seen_.size() < kMostSeen && Seen(record) == nullptr;
}

void GuiHealth::Record(ErrorRecord record) {
  ++asserts_;
  record.frame = frames_ + 1;
  record.time = UtcNow();
  std::unique_lock lock(mutex_);
  const ErrorRecord* seen = Seen(record);
  if (seen != nullptr) {
    record.backtrace = seen->backtrace;
    record.echoes = seen->echoes;
  }
  const auto shared = std::make_shared<const ErrorRecord>(std::move(record));
  if (seen == nullptr && seen_.size() < kMostSeen) seen_.push_back(shared);
  last_assert_ = shared;
  if (!first_error_) first_error_ = shared;
  if (!degraded_reason_) degraded_reason_ = ReasonOf(*shared);
  lock.unlock();
  if (setup_.on_record) setup_.on_record(*shared);
}

void GuiHealth::AddEcho(std::string_view message) {
  const std::lock_guard lock(mutex_);
  if (!last_assert_ || last_assert_->echoes.size() >= kMostEchoes) return;
  ErrorRecord with_echo = *last_assert_;
  with_echo.echoes.emplace_back(message);
  const auto shared = std::make_shared<const ErrorRecord>(std::move(with_echo));
  if (first_error_ == last_assert_) first_error_ = shared;
  std::replace(seen_.begin(), seen_.end(), last_assert_, shared);
  last_assert_ = shared;
}

void GuiHealth::SetGuard(GuardState state) {
  const std::lock_guard lock(mutex_);
  guard_ = std::move(state);
}

void GuiHealth::SetDegraded(std::string_view reason) {
  const std::lock_guard lock(mutex_);
  if (!degraded_reason_) degraded_reason_ = reason;
}

void GuiHealth::SetIoPoolAlive(bool alive) {
  {
    const std::lock_guard lock(mutex_);
    io_pool_alive_ = alive;
  }
  if (!alive) SetDegraded("the IO pool is shut");
}

void GuiHealth::SetCheck(const std::string& name, CheckResult result) {
  if (!result.ok) SetDegraded("check '" + name + "' failed: " + result.detail);
  const std::lock_guard lock(mutex_);
  checks_[name] = std::move(result);
}

void GuiHealth::Reset() {
  asserts_ = 0;
  recovered_ = 0;
  const std::lock_guard lock(mutex_);
  degraded_reason_.reset();
  last_assert_.reset();
  first_error_.reset();
  seen_.clear();
  ++resets_;
}

std::optional<std::string> GuiHealth::HangReason(int64_t now) const {
  const int64_t limit = std::chrono::nanoseconds(setup_.hang_after).count();
  const uint64_t frames = frames_;
  const int64_t begun = begun_ns_;
  if (begun != 0 && now - begun > limit) {
    return "frame " + std::to_string(frames + 1) + " has been running for " + Seconds(now - begun);
  }
  const int64_t ended = ended_ns_;
  if (begun == 0 && now - ended > limit) {
    return "no new frame for " + Seconds(now - ended) + ", since frame " + std::to_string(frames);
  }
  return std::nullopt;
}

/// Sorted once a frame, however often it is asked for.
void GuiHealth::FillPercentiles(HealthSnapshot& snapshot) const {
  const size_t count = std::min<uint64_t>(snapshot.frame, kRing);
  if (count == 0) return;
  const std::lock_guard lock(percentiles_mutex_);
  Percentiles& known = percentiles_;
  if (known.frame != snapshot.frame) known = Sorted(count, snapshot.frame);
  snapshot.frame_p50_ms = known.p50_ms;
  snapshot.frame_p99_ms = known.p99_ms;
}

GuiHealth::Percentiles GuiHealth::Sorted(size_t count, uint64_t frame) const {
  std::vector<uint32_t> us(count);
  for (size_t i = 0; i < count; ++i) us[i] = frame_us_[i].load(std::memory_order_relaxed);
  std::sort(us.begin(), us.end());
  return {.frame = frame,
          .p50_ms = us[(count - 1) / 2] / 1000.0,
          .p99_ms = us[(count - 1) * 99 / 100] / 1000.0};
}

HealthSnapshot GuiHealth::Take() const {
  const int64_t now = NowNs();
  HealthSnapshot taken;
  {
    const std::lock_guard lock(mutex_);
    taken.degraded_reason = degraded_reason_;
    taken.io_pool_alive = io_pool_alive_;
    taken.last_assert = last_assert_;
    taken.first_error = first_error_;
    taken.checks = checks_;
    taken.guard = guard_;
  }
  // What still fails after a reset degrades without waiting to be set again.
  if (!taken.degraded_reason && taken.io_pool_alive == false) {
    taken.degraded_reason = "the IO pool is shut";
  }
  for (const auto& [name, check] : taken.checks) {
    if (taken.degraded_reason || check.ok) continue;
    taken.degraded_reason = "check '" + name + "' failed: " + check.detail;
  }
  const auto hang = HangReason(now);
  taken.frame = frames_;
  const int64_t ended = ended_ns_;
  if (taken.frame == 0) {
    taken.state = HealthState::Starting;
  } else if (hang) {
    taken.state = HealthState::Hung;
    taken.degraded_reason = hang;
  } else if (taken.degraded_reason) {
    taken.state = HealthState::Degraded;
  } else {
    taken.state = HealthState::Healthy;
  }
  taken.frame_age_ms = static_cast<double>(now - (ended == 0 ? started_ns_ : ended)) / 1e6;
  taken.frame_age_ms = std::max(taken.frame_age_ms, 0.0);  // a frame may end after `now` was read
  FillPercentiles(taken);
  taken.asserts = asserts_;
  taken.recovered = recovered_;
  taken.app = setup_.app;
  taken.version = setup_.version;
  taken.pid = pid_;
  taken.generation = setup_.generation;
  taken.uptime_s = static_cast<double>(now - started_ns_) / 1e9;
  return taken;
}

}  // namespace proctor::hooks
