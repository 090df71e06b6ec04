#include "core/subject/lane_display.h"

#include <fmt/format.h>
#include <uv.h>

#include <csignal>
#include <utility>

#include "core/base/overloaded.h"

namespace proctor {
namespace {

constexpr int kStopMillis = 1000;          ///< an Xvfb that is not stopped itself takes some ten
constexpr uint64_t kStartMillis = 10'000;  ///< it takes a tenth of a second, a busy one a second

}  // namespace

LaneDisplay::LaneDisplay(uv_loop_s* loop, TetherClient* tether, Environment environment)
    : loop_(loop),
      tether_(tether),
      environment_(std::move(environment)),
      start_limit_(new uv_timer_t) {
  uv_timer_init(loop, start_limit_);
  start_limit_->data = this;
}

// What a killed Xvfb leaves in /tmp stays: its number may be another's by now, and the
// next server of that number clears it away itself.
LaneDisplay::~LaneDisplay() {
  uv_close(reinterpret_cast<uv_handle_t*>(start_limit_),
           [](uv_handle_t* handle) { delete reinterpret_cast<uv_timer_t*>(handle); });
}

void LaneDisplay::Stop() {
  // Asked kindly, it takes its lock and socket away itself.
  if (!child_) return;
  tether_->Signal(child_, SIGTERM, Target::Process);
  if (pid_ > 0) AwaitEnd(pid_, kStopMillis);
}

void LaneDisplay::WhenReady(OnReady on_ready) {
  if (number_ >= 0) return on_ready(number_);
  waiting_.push_back(std::move(on_ready));
  if (!child_) Start();
}

void LaneDisplay::Start() {
  auto pipe = MakePipe();
  if (!pipe) return Tell(Failure{pipe.error()});
  number_reader_ = {};
  Result<SpawnSpec, std::string> spec = XvfbSpec(environment_, pipe->second.get());
  if (!spec) return Tell(Failure{spec.error()});
  child_ = tether_->Spawn(*spec);
  late_ = false;
  uv_timer_start(
      start_limit_, [](uv_timer_t* timer) { static_cast<LaneDisplay*>(timer->data)->OnLate(); },
      kStartMillis, 0);
  reader_ = std::make_unique<OutputReader>(
      loop_, std::move(pipe->first),
      OutputReader::Callbacks{[this](std::string_view chunk) {
                                const std::optional<int> number = number_reader_.Feed(chunk);
                                if (!number) return;
                                number_ = *number;
                                WriteDown();
                                Tell(number_);
                              },
                              [] {}});
}

/// It says nothing, as if it had been stopped: its end tells those who wait for it.
void LaneDisplay::OnLate() {
  if (!child_ || number_ >= 0) return;
  late_ = true;
  tether_->EndTree(child_);
}

/// Once both are known: a killed Proctor's Xvfb leaves a socket.
void LaneDisplay::WriteDown() {
  if (pid_ > 0 && number_ >= 0) tether_->NoteDisplay(number_, pid_);
}

void LaneDisplay::Tell(Result<int, std::string> result) {
  uv_timer_stop(start_limit_);
  for (const OnReady& on_ready : std::exchange(waiting_, {})) on_ready(result);
}

bool LaneDisplay::OnTether(const TetherEvent& event) {
  return std::visit(
      overloaded{
          [&](const ChildSpawned& e) {
            if (e.child != child_) return false;
            pid_ = e.pid;
            WriteDown();
            return true;
          },
          [&](const ChildNotSpawned& e) {
            if (e.child != child_) return false;
            child_ = {};
            Tell(Failure{"Xvfb, the display for the subject, could not be started: " + e.reason});
            return true;
          },
          [&](const ChildExited& e) {
            if (e.child != child_) return false;
            tether_->EndTree(child_);
            child_ = {};
            pid_ = 0;
            number_ = -1;
            Tell(Failure{late_ ? fmt::format("Xvfb, the display for the subject, was not up within "
                                             "{} s, and was ended",
                                             kStartMillis / 1000)
                               : fmt::format("Xvfb, the display for the subject, {} before it was "
                                             "up",
                                             Describe(e.status))});
            return true;
          },
          [](const TreeEnded&) { return false; }, [](const TetherLost&) { return false; }},
      event);
}

}  // namespace proctor
