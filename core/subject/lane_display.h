#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/process/display_linux.h"
#include "core/process/output_reader.h"
#include "core/process/tether_client.h"

struct uv_loop_s;
struct uv_timer_s;

namespace proctor {

/// An Xvfb for one subject at a time, started when it is first needed, and again when
/// it has died. Lives on the loop.
class LaneDisplay {
 public:
  LaneDisplay(uv_loop_s* loop, TetherClient* tether, Environment environment);
  ~LaneDisplay();
  LaneDisplay(const LaneDisplay&) = delete;
  LaneDisplay& operator=(const LaneDisplay&) = delete;

  /// Calls back with the display's number, or with what went wrong: at once when it
  /// is up, else when it is.
  using OnReady = std::function<void(Result<int, std::string>)>;
  void WhenReady(OnReady on_ready);

  /// Asks it to end, and waits for a moment until it has: SIGKILL, which comes next for
  /// all that the tether holds, would leave its socket behind.
  void Stop();

  bool OnTether(const TetherEvent& event);
  int number() const { return number_; }  ///< -1: not up

 private:
  void Start();
  void OnLate();
  void Tell(Result<int, std::string> result);
  void WriteDown();

  uv_loop_s* loop_;
  TetherClient* tether_;
  Environment environment_;
  ChildId child_;
  int pid_ = 0;  ///< 0: none was spawned
  int number_ = -1;
  uv_timer_s* start_limit_;  ///< freed by libuv's close callback
  bool late_ = false;        ///< it had its time to be up
  DisplayNumberReader number_reader_;
  std::unique_ptr<OutputReader> reader_;
  std::vector<OnReady> waiting_;
};

}  // namespace proctor
