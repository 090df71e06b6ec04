#include <doctest/doctest.h>

#include <ostream>

#include "app/frame_pacer.h"

namespace proctor {
namespace {

using namespace std::chrono_literals;
const FramePacer::Clock::time_point kStart{1h};

TEST_CASE("a window in which nothing happens sleeps until something does") {
  FramePacer pacer;
  pacer.OnFrame(kStart, 5ms);
  CHECK_FALSE(pacer.UntilDue(kStart + 1s));
}

TEST_CASE("a clock on the screen is drawn once a second") {
  FramePacer pacer;
  pacer.SetTicking(true);
  pacer.OnFrame(kStart, 5ms);
  CHECK(pacer.UntilDue(kStart + 300ms) == 700ms);
  CHECK(pacer.UntilDue(kStart + 3s) == 0ms);
}

TEST_CASE("after input frames come at full pace until hover effects have settled") {
  FramePacer pacer;
  pacer.OnInput(kStart);
  pacer.OnFrame(kStart, 30ms);
  CHECK(pacer.UntilDue(kStart + 1ms) == 15ms);
  CHECK_FALSE(pacer.UntilDue(kStart + FramePacer::kSettling));
}

TEST_CASE("a storm of news is drawn sixty times a second at most") {
  FramePacer pacer;
  pacer.OnFrame(kStart, 1ms);
  CHECK(pacer.UntilAllowed(kStart + 1ms) == 15ms);
  CHECK(pacer.UntilAllowed(kStart + 20ms) == 0ms);
}

TEST_CASE("where frames are dear, news waits longer, but input does not") {
  FramePacer pacer;
  pacer.OnFrame(kStart, 20ms);
  CHECK(pacer.UntilAllowed(kStart) == 60ms);
  pacer.OnFrame(kStart, 500ms);
  CHECK(pacer.UntilAllowed(kStart) == FramePacer::kMostApart);
  pacer.OnInput(kStart);
  CHECK(pacer.UntilAllowed(kStart) == FramePacer::kLeastApart);
}

}  // namespace
}  // namespace proctor
