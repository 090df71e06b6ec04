#include <doctest/doctest.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "hooks/gui_health.h"
#include "hooks/health_format.h"

namespace proctor::hooks {
namespace {

using namespace std::chrono_literals;

struct FakeClock {
  GuiHealth::Clock::time_point now{1000s};
  void Tick(GuiHealth::Clock::duration by) { now += by; }
};

/// A frame loop whose time the test moves.
struct Loop {
  FakeClock clock;
  GuiHealth health{
      {.app = "demo", .version = "1.0", .generation = 2, .hang_after = 2s, .now = [this] {
         return clock.now;
       }}};

  void Frame(GuiHealth::Clock::duration length = 1ms) {
    health.BeginFrame();
    clock.Tick(length);
    health.EndFrame();
  }
  HealthState State() const { return health.Take().state; }
  std::string Reason() const { return health.Take().degraded_reason.value_or(""); }
};

ErrorRecord Assert(std::string message) {
  return {.kind = "assert",
          .message = std::move(message),
          .expression = "x",
          .file = "/src/a.cc",
          .line = 7,
          .window = "Projects"};
}

bool Contains(const std::string& text, const char* part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a loop is starting until its first frame is complete") {
  Loop loop;
  CHECK(loop.State() == HealthState::Starting);
  loop.health.BeginFrame();
  CHECK(loop.State() == HealthState::Starting);
  CHECK_FALSE(loop.health.Take().healthy());
  loop.health.EndFrame();
  CHECK(loop.State() == HealthState::Healthy);
  CHECK(loop.health.Take().frame == 1);
}

TEST_CASE("a slow start is not a hang") {
  Loop loop;
  loop.clock.Tick(60s);
  CHECK(loop.State() == HealthState::Starting);
}

TEST_CASE("a frame that runs for too long is a hang, and says which frame") {
  Loop loop;
  loop.Frame();
  loop.health.BeginFrame();
  loop.clock.Tick(2s);
  CHECK(loop.State() == HealthState::Healthy);
  loop.clock.Tick(1200ms);
  CHECK(loop.State() == HealthState::Hung);
  CHECK(loop.Reason() == "frame 2 has been running for 3.2 s");
  CHECK_FALSE(loop.health.Take().healthy());
}

TEST_CASE("a loop that begins no new frame is hung too") {
  Loop loop;
  loop.Frame();
  loop.clock.Tick(2100ms);
  CHECK(loop.State() == HealthState::Hung);
  CHECK(loop.Reason() == "no new frame for 2.1 s, since frame 1");
}

TEST_CASE("a loop that moves again is healthy again") {
  Loop loop;
  loop.Frame();
  loop.Frame(10s);
  CHECK(loop.State() == HealthState::Healthy);
  CHECK(loop.Reason() == "");
}

TEST_CASE("an assert degrades until the reset, and the first reason stands") {
  Loop loop;
  loop.Frame();
  loop.health.Record(Assert("first"));
  loop.health.Record(Assert("second"));
  loop.Frame();
  const HealthSnapshot taken = loop.health.Take();
  CHECK(taken.state == HealthState::Degraded);
  CHECK(taken.degraded_reason == "ImGui assert in window 'Projects': first (a.cc:7)");
  CHECK(taken.first_error->message == "first");
  CHECK(taken.last_assert->message == "second");
  CHECK(taken.first_error->frame == 2);
  CHECK(taken.asserts == 2);
  loop.health.Reset();
  CHECK(loop.State() == HealthState::Healthy);
  CHECK_FALSE(loop.health.Take().last_assert);
  CHECK(loop.health.Take().asserts == 0);
}

TEST_CASE("an assert that comes again is not new, keeps its backtrace, and is dated anew") {
  Loop loop;
  loop.Frame();
  ErrorRecord first = Assert("again");
  first.backtrace = {"here"};
  CHECK(loop.health.IsNew(first));
  loop.health.Record(first);
  loop.health.Record(Assert("another"));
  CHECK_FALSE(loop.health.IsNew(Assert("again")));
  loop.Frame();
  loop.health.Record(Assert("again"));
  const HealthSnapshot taken = loop.health.Take();
  CHECK(taken.asserts == 3);
  CHECK(taken.last_assert->frame == 3);
  CHECK(taken.last_assert->backtrace == std::vector<std::string>{"here"});
  CHECK(taken.first_error->frame == 2);
}

TEST_CASE("after a flood of different errors a further one is not worth a backtrace") {
  Loop loop;
  for (int i = 0; i < 64; ++i) loop.health.Record(Assert(std::to_string(i)));
  CHECK_FALSE(loop.health.IsNew(Assert("one more")));
  loop.health.Record(Assert("one more"));
  CHECK(loop.health.Take().last_assert->message == "one more");
  loop.health.Reset();
  CHECK(loop.health.IsNew(Assert("one more")));
}

TEST_CASE("a hang outranks a degradation, which is there again after it") {
  Loop loop;
  loop.Frame();
  loop.health.SetDegraded("worn out");
  loop.clock.Tick(5s);
  CHECK(loop.State() == HealthState::Hung);
  loop.Frame();
  CHECK(loop.State() == HealthState::Degraded);
  CHECK(loop.Reason() == "worn out");
}

TEST_CASE("a shut IO pool degrades, and a reset does not hide it") {
  Loop loop;
  loop.Frame();
  CHECK_FALSE(loop.health.Take().io_pool_alive.has_value());
  loop.health.SetIoPoolAlive(true);
  CHECK(loop.State() == HealthState::Healthy);
  loop.health.SetIoPoolAlive(false);
  CHECK(loop.Reason() == "the IO pool is shut");
  loop.health.Reset();
  CHECK(loop.State() == HealthState::Degraded);
  loop.health.SetIoPoolAlive(true);
  CHECK(loop.State() == HealthState::Healthy);
}

TEST_CASE("a failed check degrades, stays after it recovers, and goes with the reset") {
  Loop loop;
  loop.Frame();
  loop.health.SetCheck("disk", {.ok = false, .detail = "full"});
  CHECK(loop.Reason() == "check 'disk' failed: full");
  loop.health.SetCheck("disk", {.ok = true});
  CHECK(loop.State() == HealthState::Degraded);
  loop.health.Reset();
  CHECK(loop.State() == HealthState::Healthy);
}

TEST_CASE("percentiles are those of the last frames") {
  Loop loop;
  for (int i = 0; i < 300; ++i) loop.Frame(500us);
  for (int i = 0; i < 246; ++i) loop.Frame(2ms);
  for (int i = 0; i < 10; ++i) loop.Frame(8ms);
  CHECK(loop.health.Take().frame_p50_ms == doctest::Approx(2));
  CHECK(loop.health.Take().frame_p99_ms == doctest::Approx(8));
}

TEST_CASE("the age of a frame counts from its end") {
  Loop loop;
  loop.clock.Tick(300ms);
  CHECK(loop.health.Take().frame_age_ms == doctest::Approx(300));
  loop.Frame(5ms);
  loop.clock.Tick(40ms);
  CHECK(loop.health.Take().frame_age_ms == doctest::Approx(40));
}

TEST_CASE("the health answer has the keys of the contract, in order") {
  Loop loop;
  const auto starting = nlohmann::ordered_json::parse(ToJson(loop.health.Take()));
  std::vector<std::string> keys;
  for (const auto& [key, value] : starting.items()) keys.push_back(key);
  CHECK(keys == std::vector<std::string>{"healthy", "state", "degraded_reason", "last_assert",
                                         "first_error", "asserts", "recovered", "io_pool_alive",
                                         "checks", "frame", "frame_age_ms", "frame_ms", "app",
                                         "version", "pid", "generation", "uptime_s"});
  CHECK(starting["last_assert"].is_null());
  CHECK(starting["io_pool_alive"].is_null());
  CHECK(starting["checks"].is_object());
  CHECK(starting["frame_ms"]["p99"].is_number());
  CHECK(starting["generation"] == 2);
}

TEST_CASE("a record is told whole, even with a message that is no UTF-8") {
  Loop loop;
  loop.Frame();
  loop.health.Record(Assert("broken \xff text"));
  const auto answer = nlohmann::json::parse(ToJson(loop.health.Take()));
  for (const char* key :
       {"kind", "message", "expression", "file", "line", "window", "frame", "time", "backtrace"}) {
    CAPTURE(key);
    CHECK(answer["last_assert"].contains(key));
  }
  CHECK(Contains(answer["last_assert"]["message"], "broken "));
  CHECK(answer["state"] == "degraded");
}

TEST_CASE("the metrics follow the state") {
  Loop loop;
  loop.Frame();
  CHECK(Contains(ToMetrics(loop.health.Take()), "\nproctor_hooks_healthy 1"));
  loop.health.SetDegraded("worn out");
  CHECK(Contains(ToMetrics(loop.health.Take()), "\nproctor_hooks_healthy 0"));
  CHECK(Contains(ToMetrics(loop.health.Take()), "\nproctor_hooks_frames_total 1"));
}

}  // namespace proctor::hooks
