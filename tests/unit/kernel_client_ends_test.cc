// Interrupts, time limits and deaths, against a kernel that says just what the test tells it.
#include <doctest/doctest.h>

#include <atomic>

#include "fake_kernel.h"
#include "kernel_scene.h"

using namespace proctor;
using namespace proctor::test;

namespace {

bool IsExecute(const KernelMessage& request) {
  return request.type == "execute_request";
}

}  // namespace

TEST_CASE("an interrupt goes by message where that is the mode, and one at a time") {
  std::optional<KernelMessage> running;
  FakeKernel kernel([&](FakeKernel& k, const KernelMessage& request) {
    if (IsExecute(request)) {
      running = request;
      k.Busy(request);
      k.Running(request, 1);
    } else if (request.type == "interrupt_request") {
      k.Reply(*running, R"({"status": "error", "ename": "KeyboardInterrupt", "evalue": ""})");
      k.Idle(*running);
      k.Reply(request, R"({"status": "ok"})");
    }
  });
  KernelClientOptions options = To(kernel);
  options.interrupt_mode = InterruptMode::Message;
  options.send_sigint = [] { FAIL("no signal was wanted"); };
  const auto client = Connected(std::move(options));
  Told told;
  client->Execute(1, {.code = "x"}, told.Callbacks());
  REQUIRE(kernel.AwaitCount("execute_request", 1));
  client->Interrupt(1);
  const ExecuteResult result = told.End();
  CHECK(result.end == RequestEnd::Interrupted);
  REQUIRE(result.error);
  CHECK(result.error->name == "KeyboardInterrupt");
  REQUIRE(told.Outputs().size() == 1);
  CHECK(told.Outputs()[0].kind == ChunkKind::Error);
}

TEST_CASE("an interrupt waits for busy and is sent again until the request has ended") {
  std::atomic<int> signals = 0;
  std::optional<KernelMessage> running;
  FakeKernel kernel([&](FakeKernel&, const KernelMessage& request) { running = request; });
  KernelClientOptions options = To(kernel);
  options.send_sigint = [&] {
    // The first ones are lost, as just after execute.
    if (++signals != 3) return;
    kernel.Do([&] { kernel.Idle(*running); });
  };
  const auto client = Connected(std::move(options));
  Told told;
  client->Execute(1, {.code = "x"}, told.Callbacks());
  REQUIRE(kernel.AwaitCount("execute_request", 1));
  client->Interrupt(1);
  Told beat;
  client->Beat(60s, beat.Answer());
  (void)beat.TheAnswer();
  CHECK(signals == 0);
  kernel.Do([&] {
    kernel.Busy(*running);
    kernel.Running(*running, 1);
  });
  CHECK(told.End().end == RequestEnd::Interrupted);
  CHECK(signals == 3);
}

TEST_CASE("a request that has not begun is cancelled, without a word to the kernel") {
  std::optional<KernelMessage> running;
  FakeKernel kernel([&](FakeKernel& k, const KernelMessage& request) {
    if (running) return k.Run(request);
    running = request;
    k.Busy(request);
  });
  const auto client = Connected(To(kernel));
  Told first, second, third;
  client->Execute(1, {.code = "1"}, first.Callbacks());
  client->Execute(2, {.code = "2"}, second.Callbacks());
  client->Execute(3, {.code = "3"}, third.Callbacks());
  client->Interrupt(2);
  const ExecuteResult cancelled = second.End();
  CHECK(cancelled.end == RequestEnd::Interrupted);
  CHECK(cancelled.cancelled);
  REQUIRE(kernel.AwaitCount("execute_request", 1));
  kernel.Do([&] {
    kernel.ReplyOk(*running);
    kernel.Idle(*running);
  });
  CHECK(first.End().end == RequestEnd::Ok);
  CHECK(third.End().end == RequestEnd::Ok);
  CHECK(kernel.Count("execute_request") == 2);
  CHECK(kernel.Count("interrupt_request") == 0);
}

TEST_CASE("a kernel that does not heed a timeout is said to run on, and the next waits for it") {
  std::optional<KernelMessage> stuck;
  FakeKernel kernel([&](FakeKernel& k, const KernelMessage& request) {
    if (!IsExecute(request)) return;
    if (stuck) return k.Run(request);
    stuck = request;
    k.Busy(request);
    k.Running(request, 1);
  });
  const auto client = Connected(To(kernel));
  Told first, second;
  client->Execute(1, {.code = "1", .timeout = 50ms}, first.Callbacks());
  client->Execute(2, {.code = "2"}, second.Callbacks());
  const ExecuteResult result = first.End();
  CHECK(result.end == RequestEnd::TimedOut);
  CHECK(result.reason.find("still runs it") != std::string::npos);
  CHECK(client->status().activity == KernelActivity::Busy);
  CHECK(kernel.Count("execute_request") == 1);
  CHECK(kernel.Count("interrupt_request") >= 1);
  kernel.Do([&] {
    kernel.Stream(*stuck, "late");
    kernel.ReplyOk(*stuck);
    kernel.Idle(*stuck);
  });
  CHECK(second.End().end == RequestEnd::Ok);
  CHECK(first.Outputs().empty());
  CHECK(second.Outputs().empty());
  CHECK(first.ends() == 1);
}

TEST_CASE(
    "whoever waits behind a request that was given up has its own limit, and can be cancelled") {
  FakeKernel kernel([](FakeKernel& k, const KernelMessage& request) {
    if (!IsExecute(request)) return;
    k.Busy(request);
    k.Running(request, 1);
  });
  const auto client = Connected(To(kernel));
  Told stuck, limited, cancelled;
  client->Execute(1, {.code = "1", .timeout = 50ms}, stuck.Callbacks());
  client->Execute(2, {.code = "2", .timeout = 50ms}, limited.Callbacks());
  client->Execute(3, {.code = "3"}, cancelled.Callbacks());
  CHECK(stuck.End().end == RequestEnd::TimedOut);
  CHECK(limited.End().end == RequestEnd::TimedOut);
  CHECK(limited.End().reason.find("still runs an earlier request") != std::string::npos);
  client->Interrupt(3);
  CHECK(cancelled.End().end == RequestEnd::Interrupted);
  CHECK(cancelled.End().cancelled);
  CHECK(kernel.Count("execute_request") == 1);
}

TEST_CASE("the end of the process ends all that is in flight, queued or asked, each once") {
  FakeKernel kernel([](FakeKernel& k, const KernelMessage& request) {
    k.Busy(request);
    k.Stream(request, "last words");
  });
  const auto client = Connected(To(kernel));
  Told first, second, answer, beat;
  client->Execute(1, {.code = "1"}, first.Callbacks());
  client->Execute(2, {.code = "2"}, second.Callbacks());
  client->Complete("pri", 3, 60s, answer.Answer());
  REQUIRE(first.AwaitOutputs(1));
  client->ProcessEnded("it was ended by SIGKILL");
  CHECK(first.End().end == RequestEnd::KernelDied);
  CHECK(first.End().reason == "it was ended by SIGKILL");
  CHECK(second.End().end == RequestEnd::KernelDied);
  CHECK(answer.TheAnswer() == "refused: it was ended by SIGKILL");
  client->Beat(60s, beat.Answer());
  CHECK(beat.TheAnswer() == "refused: it was ended by SIGKILL");
  CHECK(Ran(*client, 3, {.code = "3"}).End().reason == "it was ended by SIGKILL");
  CHECK(client->status().activity == KernelActivity::Dead);
  CHECK(client->status().reason == "it was ended by SIGKILL");
  client->Close();
  CHECK(first.ends() == 1);
}

TEST_CASE("a restart by the kernel's owner ends what was in flight") {
  FakeKernel kernel([](FakeKernel& k, const KernelMessage& request) {
    k.Busy(request);
    k.SetSession("another");
    k.Publish({}, "status", R"({"execution_state": "starting"})");
  });
  const auto client = Connected(To(kernel));
  const ExecuteResult result = Ran(*client, 1, {.code = "x"}).End();
  CHECK(result.end == RequestEnd::KernelDied);
  CHECK(result.reason == "the kernel was restarted while it ran this");
}
