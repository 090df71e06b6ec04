// When a request is interrupted and how it has ended, decided without a kernel.
#include <doctest/doctest.h>

#include "core/kernel/heartbeat.h"
#include "core/kernel/request_tracker.h"

using namespace proctor;
using namespace std::chrono_literals;

namespace {

using Time = RequestTracker::Time;
const Time kStart = Time(std::chrono::hours(1));

RequestTracker Sent(std::chrono::milliseconds timeout = 0ms) {
  return {7, kStart, timeout, RequestTracker::Kernel::Free};
}

ExecuteReply Ok() {
  return {.status = ExecuteReply::Status::Ok, .execution_count = 3};
}

ExecuteReply Failed() {
  return {.status = ExecuteReply::Status::Error,
          .error = OutputChunk{.kind = ChunkKind::Error, .name = "ValueError", .text = "no"}};
}

}  // namespace

TEST_CASE("a request ends when both its reply and idle have come, in whatever order") {
  RequestTracker reply_first = Sent();
  reply_first.OnBusy(kStart);
  reply_first.OnReply(Ok());
  CHECK_FALSE(reply_first.Advance(kStart + 1s).end);
  reply_first.OnIdle(kStart + 2s);
  const auto ended = reply_first.Advance(kStart + 2s).end;
  REQUIRE(ended);
  CHECK(ended->end == RequestEnd::Ok);
  CHECK(ended->reason.empty());
  CHECK(ended->request == 7);
  CHECK(ended->execution_count == 3);
  CHECK(ended->duration_ms == doctest::Approx(2000));

  RequestTracker idle_first = Sent();
  idle_first.OnBusy(kStart);
  idle_first.OnIdle(kStart);
  CHECK_FALSE(idle_first.Advance(kStart + 500ms).end);
  idle_first.OnReply(Ok());
  CHECK(idle_first.Advance(kStart + 500ms).end->end == RequestEnd::Ok);
}

TEST_CASE("idle without a reply is an interrupt after a second, and not before") {
  RequestTracker request = Sent();
  request.OnBusy(kStart);
  request.OnIdle(kStart + 10ms);
  CHECK(request.Next() == kStart + 1010ms);
  CHECK_FALSE(request.Advance(kStart + 1009ms).end);
  CHECK(request.Advance(kStart + 1010ms).end->end == RequestEnd::Interrupted);
}

TEST_CASE("after an interrupt idle alone is enough, but for a moment") {
  RequestTracker request = Sent();
  request.AskInterrupt();
  request.OnRunning(kStart, 1);
  CHECK(request.Advance(kStart).interrupt);
  request.OnIdle(kStart + 10ms);
  CHECK_FALSE(request.Advance(kStart + 209ms).end);
  CHECK(request.Advance(kStart + 210ms).end->reason == "it was interrupted");
}

TEST_CASE("a reply without idle ends too, once iopub has been silent for long") {
  RequestTracker request = Sent();
  request.OnBusy(kStart);
  request.OnReply(Ok());
  request.OnOutput({.text = "late"}, kStart + 4s);
  CHECK_FALSE(request.Advance(kStart + 8s).end);
  const auto ended = request.Advance(kStart + 9s).end;
  REQUIRE(ended);
  CHECK(ended->end == RequestEnd::Ok);
  CHECK(ended->reason == "the kernel answered, but never said that it is idle");
}

TEST_CASE("an aborted request was interrupted, never ok") {
  RequestTracker request = Sent();
  request.OnBusy(kStart);
  request.OnReply({.status = ExecuteReply::Status::Aborted});
  request.OnIdle(kStart);
  const auto ended = request.Advance(kStart).end;
  REQUIRE(ended);
  CHECK(ended->end == RequestEnd::Interrupted);
  CHECK(ended->reason == "the kernel aborted it, because a request before it failed");
}

TEST_CASE("an error that iopub did not bring is taken from the reply") {
  RequestTracker request = Sent();
  request.OnBusy(kStart);
  request.OnReply(Failed());
  request.OnIdle(kStart);
  const auto step = request.Advance(kStart);
  REQUIRE(step.error);
  CHECK(step.error->name == "ValueError");
  CHECK(step.end->end == RequestEnd::Error);
  CHECK(step.end->reason == "ValueError: no");
  REQUIRE(step.end->error);

  RequestTracker told = Sent();
  told.OnOutput(*Failed().error, kStart);
  told.OnReply(Failed());
  told.OnIdle(kStart);
  const auto once = told.Advance(kStart);
  CHECK_FALSE(once.error);
  CHECK(once.end->error->name == "ValueError");
}

TEST_CASE("an interrupt waits until the code runs, and comes again until it has ended") {
  RequestTracker request = Sent();
  request.AskInterrupt();
  CHECK_FALSE(request.Advance(kStart + 1s).interrupt);
  CHECK(request.Next() == Time::max());
  request.OnBusy(kStart + 1s);
  CHECK_FALSE(request.Advance(kStart + 1s).interrupt);
  request.OnRunning(kStart + 1001ms, 1);
  CHECK(request.Next() <= kStart + 1001ms);
  CHECK(request.Advance(kStart + 1001ms).interrupt);
  CHECK_FALSE(request.Advance(kStart + 1002ms).interrupt);
  int more = 0;
  Time now = kStart + 1001ms;
  for (int i = 0; i < 10; ++i) {
    const Time next = request.Next();
    CHECK(next > now);
    CHECK(next - now <= 1s);
    now = next;
    if (request.Advance(now).interrupt) ++more;
  }
  CHECK(more == 10);
  request.OnReply(Failed());
  CHECK_FALSE(request.Advance(now + 2s).interrupt);
  request.OnIdle(now + 2s);
  CHECK(request.Advance(now + 2s).end->end == RequestEnd::Interrupted);
}

TEST_CASE("where the kernel does not say what it runs, busy alone lets the interrupt go") {
  RequestTracker silent = Sent();
  silent.AskInterrupt();
  silent.OnBusy(kStart);
  CHECK(silent.Next() == kStart + RequestTracker::kBusyToRunning);
  CHECK(silent.Advance(kStart + RequestTracker::kBusyToRunning).interrupt);
}

TEST_CASE("over its time it is interrupted, and has timed out") {
  RequestTracker request = Sent(2s);
  request.OnBusy(kStart);
  request.OnRunning(kStart, 1);
  CHECK(request.Next() == kStart + 2s);
  CHECK(request.Advance(kStart + 2s).interrupt);
  request.OnReply(Failed());
  request.OnIdle(kStart + 2010ms);
  const auto ended = request.Advance(kStart + 2010ms).end;
  REQUIRE(ended);
  CHECK(ended->end == RequestEnd::TimedOut);
  CHECK(ended->reason == "it took longer than 2 s and was interrupted");
}

TEST_CASE("a kernel that does not heed the interrupt of a timeout is said to run on") {
  RequestTracker request = Sent(2s);
  request.OnBusy(kStart);
  request.OnRunning(kStart, 1);
  CHECK(request.Advance(kStart + 2s).interrupt);
  CHECK_FALSE(request.Advance(kStart + 3499ms).end);
  const auto step = request.Advance(kStart + 3500ms);
  REQUIRE(step.end);
  CHECK(step.still_runs);
  CHECK(step.end->end == RequestEnd::TimedOut);
  CHECK(step.end->reason.find("still runs it") != std::string::npos);
}

TEST_CASE("behind another's request the time counts from our own busy") {
  RequestTracker request(7, kStart, 2s, RequestTracker::Kernel::Busy);
  CHECK(request.Next() == Time::max());
  CHECK_FALSE(request.Advance(kStart + 1h).end);
  request.OnBusy(kStart + 1h);
  CHECK(request.Next() == kStart + 1h + 2s);
}

TEST_CASE("a heartbeat that starts is silent, later silence is a miss") {
  Heartbeat heart(500ms);
  CHECK(heart.Advance(kStart) == Heartbeat::Step::Send);
  CHECK(heart.Advance(kStart + 500ms) == Heartbeat::Step::Nothing);
  CHECK(heart.missed() == 0);
  heart.OnAnswer(kStart + 700ms);
  CHECK(heart.last() == kStart + 700ms);
  CHECK(heart.Advance(kStart + 800ms) == Heartbeat::Step::Nothing);
  CHECK(heart.Advance(kStart + 1200ms) == Heartbeat::Step::Send);
  CHECK(heart.Advance(kStart + 1700ms) == Heartbeat::Step::Renew);
  CHECK(heart.Advance(kStart + 2200ms) == Heartbeat::Step::Renew);
  CHECK(heart.missed() == 2);
  heart.OnAnswer(kStart + 2300ms);
  CHECK(heart.missed() == 0);
  heart.Hurry(kStart + 2301ms);
  CHECK(heart.Advance(kStart + 2301ms) == Heartbeat::Step::Send);
}
