#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <thread>

#include "hooks/frame_gate.h"

namespace proctor::hooks {
namespace {

using namespace std::chrono_literals;

/// A frame loop on a thread of its own.
class LoopThread {
 public:
  explicit LoopThread(FrameGate& gate)
      : thread_([this, &gate] {
          while (!ending_) {
            gate.OnBegin();
            ++frames;
            gate.OnEnd();
            std::this_thread::yield();
          }
        }) {}
  ~LoopThread() {
    ending_ = true;
    thread_.join();
  }
  LoopThread(const LoopThread&) = delete;
  LoopThread& operator=(const LoopThread&) = delete;

  std::atomic<int> frames = 0;

 private:
  std::atomic<bool> ending_ = false;
  std::thread thread_;
};

}  // namespace

TEST_CASE("work runs on the frame thread, and its frame has ended when Run returns") {
  FrameGate gate;
  LoopThread loop(gate);
  std::thread::id ran_on;
  int frames_before = -1;
  REQUIRE(gate.Run(
      [&] {
        ran_on = std::this_thread::get_id();
        frames_before = loop.frames;
      },
      10s, nullptr));
  CHECK(ran_on != std::this_thread::get_id());
  CHECK(ran_on != std::thread::id());
  CHECK(loop.frames > frames_before);
}

TEST_CASE("what work throws reaches who asked for it, and the loop goes on") {
  FrameGate gate;
  LoopThread loop(gate);
  CHECK_THROWS_WITH_AS((void)gate.Run([] { throw std::runtime_error("broken"); }, 10s, nullptr),
                       "broken", std::runtime_error);
  CHECK(gate.Run([] {}, 10s, nullptr));
}

TEST_CASE("work that found no frame in time is not run later") {
  FrameGate gate;
  const auto ran = std::make_shared<bool>(false);
  CHECK_FALSE(gate.Run([ran] { *ran = true; }, 1ms, nullptr));
  gate.OnBegin();
  gate.OnEnd();
  CHECK_FALSE(*ran);
}

TEST_CASE("the loop is woken for work and for waits") {
  FrameGate gate;
  int woken = 0;
  CHECK_FALSE(gate.Run([] {}, 1ms, [&] { ++woken; }));
  CHECK_FALSE(gate.WaitForFrame(1ms, [&] { ++woken; }));
  CHECK(woken == 2);
}

TEST_CASE("work asked for on the frame thread runs at once") {
  FrameGate gate;
  gate.OnBegin();
  bool ran = false;
  CHECK(gate.Run([&] { ran = true; }, 1ms, nullptr));
  CHECK(ran);
}

TEST_CASE("before the first frame, who is expected to draw need not wait for it") {
  FrameGate gate;
  gate.Expect();
  bool ran = false;
  CHECK(gate.Run([&] { ran = true; }, 1ms, nullptr));
  CHECK(ran);
}

TEST_CASE("who draws counts, and not who was expected to") {
  FrameGate gate;
  gate.Expect();
  LoopThread loop(gate);
  while (loop.frames == 0) std::this_thread::yield();
  std::thread::id ran_on;
  CHECK(gate.Run([&] { ran_on = std::this_thread::get_id(); }, 10s, nullptr));
  CHECK(ran_on != std::this_thread::get_id());
}

TEST_CASE("a wait for a frame ends with the next one") {
  FrameGate gate;
  LoopThread loop(gate);
  CHECK(gate.WaitForFrame(10s, nullptr));
}

TEST_CASE("closing lets everybody go, at once and for ever") {
  FrameGate gate;
  std::atomic<bool> waiting = false;
  std::thread asker([&] { CHECK_FALSE(gate.Run([] {}, 60s, [&] { waiting = true; })); });
  while (!waiting) std::this_thread::yield();
  gate.Close();
  asker.join();
  CHECK_FALSE(gate.Run([] {}, 60s, nullptr));
  CHECK_FALSE(gate.WaitForFrame(60s, nullptr));
}

TEST_CASE("many askers at once are all served") {
  FrameGate gate;
  LoopThread loop(gate);
  std::atomic<int> served = 0;
  {
    std::vector<std::jthread> askers;
    for (int i = 0; i < 8; ++i) {
      askers.emplace_back([&] {
        for (int n = 0; n < 50; ++n) served += gate.Run([] {}, 10s, nullptr) ? 1 : 0;
      });
    }
  }
  CHECK(served == 400);
}

}  // namespace proctor::hooks
