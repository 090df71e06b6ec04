#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "hooks/frame_ring.h"
#include "hooks/hooks.h"
#include "hooks/routes.h"
#include "hooks/trace.h"
#include "hooks/trace_routes.h"

namespace proctor::hooks {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::json;

/// A trace and its routes.
struct Scene {
  Trace trace;
  RouteTable routes;

  Scene() {
    const auto add = [this](const char* method, const char* pattern, Handler handler) {
      routes.Add({.method = method, .pattern = pattern, .handler = std::move(handler)});
    };
    AddTraceRoutes({.add = add, .app = "demo", .version = "1.0", .before = [] {}}, trace);
  }
  HttpAnswer Ask(const std::string& path, std::map<std::string, std::string> params = {}) {
    Found found = routes.Find("GET", path);
    REQUIRE(found.route);
    return found.route->handler({.method = "GET", .path = path, .params = std::move(params)});
  }
  void Frame(uint64_t number) {
    trace.frames().Begin(trace.Now());
    trace.frames().End(trace.Now(), number);
  }
  void Log(const std::string& text) {
    trace.Add({.kind = TraceKind::Log, .name = text, .start = trace.Now()});
  }
};

/// What Chrome's trace format asks of an event.
void CheckChromeEvent(const Json& event) {
  INFO(event.dump());
  CHECK(event.at("name").is_string());
  CHECK(event.at("cat").is_string());
  CHECK(event.at("pid").is_number_integer());
  CHECK(event.at("tid").is_number_integer());
  CHECK(event.at("ts").is_number());
  CHECK(event.at("ts").get<double>() >= 0);
  CHECK(event.at("args").is_object());
  const std::string phase = event.at("ph");
  if (phase == "X") {
    CHECK(event.at("dur").get<double>() >= 0);
  } else if (phase == "i") {
    CHECK(std::set<std::string>{"g", "p", "t"}.contains(event.at("s")));
  } else {
    CHECK(phase == "M");
    CHECK(event.at("args").at("name").is_string());
  }
}

}  // namespace

TEST_CASE("the last frames are told with number, start, duration and interval") {
  std::atomic<uint64_t> sequence = 1;
  FrameRing ring(sequence);
  for (int64_t i = 0; i < 3; ++i) {
    ring.Begin(i * 16'000'000);
    CHECK(ring.End(i * 16'000'000 + 2'000'000, static_cast<uint64_t>(i) + 1) == 2'000'000);
  }
  const auto frames = ring.Last(2);
  REQUIRE(frames.size() == 2);
  CHECK(frames[0].number == 2);
  CHECK(frames[1].start == 32'000'000);
  CHECK(frames[1].duration == 2'000'000);
  CHECK(frames[1].interval == 16'000'000);
  CHECK(ring.Last(9).front().interval == 0);
}

TEST_CASE("an end without a beginning is no frame") {
  std::atomic<uint64_t> sequence = 1;
  FrameRing ring(sequence);
  CHECK(ring.End(5, 1) == 0);
  CHECK(ring.written() == 0);
}

TEST_CASE("the ring keeps the last frames, and readers beside the writer see only whole ones") {
  std::atomic<uint64_t> sequence = 1;
  FrameRing ring(sequence);
  constexpr int64_t kWritten = 60'000;
  std::atomic<bool> done = false;
  std::atomic<int> torn = 0;
  std::thread reader([&] {
    while (!done) {
      for (const FrameTime& frame : ring.Last(FrameRing::kFrames)) {
        // Every member of a frame is a multiple of its number.
        const auto number = static_cast<int64_t>(frame.number);
        if (frame.start != number * 10 || frame.duration != number) ++torn;
      }
    }
  });
  for (int64_t i = 1; i <= kWritten; ++i) {
    ring.Begin(i * 10);
    ring.End(i * 11, static_cast<uint64_t>(i));
  }
  done = true;
  reader.join();
  CHECK(torn == 0);
  const auto frames = ring.Last(1'000'000);
  REQUIRE(frames.size() == FrameRing::kFrames);
  CHECK(frames.back().number == kWritten);
  CHECK(frames.front().number == kWritten - FrameRing::kFrames + 1);
}

TEST_CASE("the trace follows Chrome's format, with the names of process and threads") {
  Scene scene;
  scene.Frame(1);
  scene.trace.Add({.kind = TraceKind::Request,
                   .name = "GET /a \xff",
                   .start = 1'500,
                   .duration = 2'250,
                   .arguments = {{"status", int64_t{200}}}});
  std::thread([&] { scene.Log("from another thread"); }).join();
  const HttpAnswer answer = scene.Ask("/api/trace");
  const Json trace = Json::parse(answer.body);
  CHECK(trace["displayTimeUnit"] == "ms");
  std::map<std::string, int> phases;
  std::set<uint64_t> sequences;
  for (const Json& event : trace["traceEvents"]) {
    CheckChromeEvent(event);
    ++phases[event["ph"]];
    if (event["ph"] != "M") sequences.insert(event["args"]["seq"].get<uint64_t>());
    if (event["cat"] == "request") {
      CHECK(event["ts"] == 1.5);
      CHECK(event["dur"] == 2.25);
      CHECK(event["args"]["status"] == 200);
    }
  }
  CHECK(phases["X"] == 2);
  CHECK(phases["i"] == 1);
  CHECK(phases["M"] == 3);  // the process and two threads
  CHECK(sequences == std::set<uint64_t>{1, 2, 3});
  CHECK(trace["otherData"]["next"] == 4);
  CHECK(trace["otherData"]["dropped"] == 0);
}

TEST_CASE("what is asked for from a number on is only what came after it") {
  Scene scene;
  scene.Log("one");
  scene.Frame(1);
  const auto next = scene.trace.Since(0).next;
  CHECK(next == 3);
  CHECK(scene.trace.Since(next).events.empty());
  CHECK(scene.trace.Since(next + 100).dropped == 0);
  scene.Log("two");
  const Trace::Cut cut = scene.trace.Since(next);
  REQUIRE(cut.events.size() == 1);
  CHECK(cut.events[0].name == "two");
  CHECK(cut.next == 4);
}

TEST_CASE("the rings are bounded, and what is gone is counted") {
  Scene scene;
  for (size_t i = 0; i < Trace::kEvents + 10; ++i) scene.Log("line");
  for (uint64_t i = 1; i <= FrameRing::kFrames + 5; ++i) scene.Frame(i);
  const Trace::Cut cut = scene.trace.Since(0);
  CHECK(cut.events.size() == Trace::kEvents + FrameRing::kFrames);
  CHECK(cut.dropped == 15);
  CHECK(scene.trace.Since(cut.next).dropped == 0);
}

TEST_CASE(
    "who follows the trace while frames and threads add misses nothing and gets nothing twice") {
  Scene scene;
  std::atomic<int> adding = 2;
  std::thread frames([&] {
    for (uint64_t i = 1; i <= 1500; ++i) scene.Frame(i);
    --adding;
  });
  std::thread logs([&] {
    for (int i = 0; i < 3000; ++i) scene.Log("line");
    --adding;
  });
  uint64_t next = 0, expected = 1, wrong = 0;
  while (true) {
    const bool last = adding == 0;
    const Trace::Cut cut = scene.trace.Since(next);
    next = cut.next;
    for (const TraceEvent& event : cut.events) {
      if (event.sequence != expected++) ++wrong;
    }
    if (last) break;
  }
  frames.join();
  logs.join();
  CHECK(wrong == 0);
  CHECK(expected == 4501);
}

TEST_CASE("categories are filtered, and nonsense in the query is refused") {
  Scene scene;
  scene.Log("line");
  scene.Frame(1);
  const auto kinds = [&](const std::string& cat) {
    std::set<std::string> found;
    const Json trace = Json::parse(scene.Ask("/api/trace", {{"cat", cat}}).body);
    for (const Json& event : trace["traceEvents"]) {
      if (event["ph"] != "M") found.insert(event["cat"]);
    }
    return found;
  };
  CHECK(kinds("frame") == std::set<std::string>{"frame"});
  CHECK(kinds("frame,log") == std::set<std::string>{"frame", "log"});
  CHECK(kinds("health").empty());
  CHECK(scene.Ask("/api/trace", {{"cat", "frames"}}).status == 400);
  CHECK(scene.Ask("/api/trace", {{"since", "-1"}}).status == 400);
  CHECK(scene.Ask("/api/frames", {{"last", "all"}}).status == 400);
}

TEST_CASE("the hooks put health, asserts, logs and frames on one clock") {
  auto started = Hooks::Start({.app = "test",
                               .hang_after = 1ms,
                               .discovery = Discovery::Off,
                               .crash_note = CrashNote::Off});
  REQUIRE(started);
  const std::unique_ptr<Hooks> hooks = std::move(*started);
  hooks->Frame([] {});
  hooks->Log(LogLevel::Warning, "loaded");
  hooks->Frame([] { throw std::runtime_error("boom"); });
  hooks->ResetHealth();
  hooks->Frame([] { std::this_thread::sleep_for(3ms); });  // nobody asks while it hangs
  const Json trace = Json::parse(hooks->TraceJson());
  std::vector<std::string> told;
  double last_health = -1;
  for (const Json& event : trace["traceEvents"]) {
    CheckChromeEvent(event);
    if (event["ph"] == "M" || event["cat"] == "frame") continue;
    told.push_back(event["cat"].get<std::string>() + " " + event["name"].get<std::string>());
    if (event["cat"] != "health") continue;
    CHECK(event["ts"].get<double>() > last_health);
    last_health = event["ts"];
  }
  REQUIRE(told.size() >= 6);
  CHECK(told[0] == "health healthy");
  CHECK(told[1] == "log loaded");
  CHECK(told[2] == "assert boom");
  CHECK(told[3] == "health degraded");
  CHECK(told[4] == "health healthy");
  CHECK(told[5] == "health hung");
}

}  // namespace proctor::hooks
