// Hooks, the loop's driver, streams and ends of a session, with a scripted kernel.
#include <doctest/doctest.h>

#include <atomic>
#include <filesystem>
#include <stdexcept>
#include <thread>

#include "core/kernel/session.h"
#include "fake_kernel.h"
#include "kernel_scene.h"

using namespace proctor;
using namespace proctor::test;

namespace {

void Echo(FakeKernel& kernel, const KernelMessage& request) {
  if (request.type != "execute_request") return;
  kernel.Busy(request);
  kernel.Running(request, 1);
  if (request.content.find("hang") != std::string::npos) return;
  kernel.Stream(request, "out");
  const bool fails = request.content.find("fail") != std::string::npos;
  kernel.Reply(request, fails ? R"({"status": "error", "ename": "E", "evalue": "v"})"
                              : R"({"status": "ok", "execution_count": 1})");
  kernel.Idle(request);
}

std::shared_ptr<KernelSession> Opened(const FakeKernel& kernel) {
  SessionOptions options;
  options.client.connection = kernel.connection();
  auto session = KernelSession::Open(std::move(options));
  REQUIRE(session);
  return *session;
}

ExecuteResult EndOf(const std::shared_ptr<const RequestLog>& log) {
  const auto view = log->WaitForEnd(kLong);
  REQUIRE(view.result);
  return *view.result;
}

struct Recorded : OutputStream {
  void Write(RequestId, const OutputChunk& chunk) override {
    if (stops > 0) written_after_stop = true;
    text += chunk.text;
  }
  void Stop() override { ++stops; }
  std::string text;
  std::atomic<int> stops = 0;
  std::atomic<bool> written_after_stop = false;
};

size_t Entries(const char* folder) {
  size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder)) ++count;
  return count;
}

std::vector<std::pair<HookPhase, HookOutcome>> PhasesOf(KernelSession& session, RequestId id) {
  std::vector<std::pair<HookPhase, HookOutcome>> phases;
  for (const HookCall& call : session.recorder().Calls()) {
    if (call.request == id) phases.emplace_back(call.phase, call.outcome);
  }
  return phases;
}

using Phases = std::vector<std::pair<HookPhase, HookOutcome>>;

}  // namespace

TEST_CASE("hooks are called in four phases, the highest priority first, equal ones in order") {
  FakeKernel kernel(Echo);
  const auto session = Opened(kernel);
  std::string order;  // of the client's thread, until the request has ended
  const auto mark = [&](const char* word) {
    return [&order, word](HookCall&) { order += std::string(word) + " "; };
  };
  session->AddHook(HookPhase::OnFinish, 0, mark("finish"));
  session->AddHook(HookPhase::PreExecution, 1, mark("low"));
  session->AddHook(HookPhase::PreExecution, 5, mark("high"));
  session->AddHook(HookPhase::PreExecution, 1, mark("low2"));
  session->AddHook(HookPhase::Preparation, -1, mark("prepare"));
  session->AddHook(HookPhase::PostExecution, 0, mark("post"));
  session->RemoveHook(session->AddHook(HookPhase::PreExecution, 9, mark("removed")));
  CHECK(EndOf(session->Submit({.code = "x"})).end == RequestEnd::Ok);
  CHECK(order == "prepare high low low2 post finish ");
}

TEST_CASE("hooks are told success, failure, cancellation, interrupt and death") {
  FakeKernel kernel(Echo);
  const auto session = Opened(kernel);
  CHECK(EndOf(session->Submit({.code = "x"})).end == RequestEnd::Ok);
  CHECK(EndOf(session->Submit({.code = "fail"})).end == RequestEnd::Error);
  const auto interrupted = session->Submit({.code = "hang", .timeout = 1ms});
  const auto cancelled = session->Submit({.code = "x"});
  session->Interrupt(cancelled->id());
  CHECK(EndOf(cancelled).cancelled);
  CHECK(EndOf(interrupted).end == RequestEnd::TimedOut);
  const auto died = session->Submit({.code = "x"});
  session->ProcessEnded("gone");
  CHECK(EndOf(died).end == RequestEnd::KernelDied);
  REQUIRE(session->SettleLoop(kLong) == Settled::Yes);
  const auto start = [](HookPhase phase) { return std::pair(phase, HookOutcome::Pending); };
  const auto prepared = start(HookPhase::Preparation), begun = start(HookPhase::PreExecution);
  using enum HookOutcome;
  CHECK(
      PhasesOf(*session, 1) ==
      Phases{prepared, begun, {HookPhase::PostExecution, Success}, {HookPhase::OnFinish, Success}});
  CHECK(
      PhasesOf(*session, 2) ==
      Phases{prepared, begun, {HookPhase::PostExecution, Failure}, {HookPhase::OnFinish, Failure}});
  CHECK(PhasesOf(*session, 3) == Phases{prepared, begun, {HookPhase::OnFinish, Interrupted}});
  CHECK(PhasesOf(*session, 4).back() == std::pair(HookPhase::OnFinish, Cancelled));
  CHECK(PhasesOf(*session, 5).back() == std::pair(HookPhase::OnFinish, Died));
}

TEST_CASE("the recorder keeps values: outputs as they were, code as it was given") {
  FakeKernel kernel(Echo);
  const auto session = Opened(kernel);
  session->AddHook(HookPhase::Preparation, 0, [](HookCall& call) { call.code += " fail"; });
  session->AddHook(HookPhase::PostExecution, 0, [](HookCall& call) { call.outputs.clear(); });
  const auto log = session->Submit({.code = "x"});
  CHECK(EndOf(log).end == RequestEnd::Error);  // the changed code was sent
  CHECK(log->code() == "x");
  const auto calls = session->recorder().Calls();
  REQUIRE(calls.size() == 4);
  CHECK(calls[0].code == "x");
  CHECK(calls[1].code == "x fail");
  CHECK(calls[1].outputs.empty());
  REQUIRE(calls[2].outputs.size() == 2);
  CHECK(calls[2].outputs[0].text == "out");
  CHECK(calls[3].result->end == RequestEnd::Error);
  CHECK(calls[3].number == 3);
  CHECK(session->recorder().Calls(3).size() == 1);
  session->recorder().Clear();
  CHECK(session->recorder().size() == 0);
}

TEST_CASE("what a hook or a callback throws is told in the output and stops nobody else") {
  FakeKernel kernel(Echo);
  const auto session = Opened(kernel);
  std::atomic<int> others = 0;
  for (const HookPhase phase : {HookPhase::Preparation, HookPhase::PreExecution,
                                HookPhase::PostExecution, HookPhase::OnFinish}) {
    session->AddHook(phase, 1, [](HookCall&) { throw std::runtime_error("broken"); });
    session->AddHook(phase, 0, [&](HookCall&) { ++others; });
  }
  const auto log = session->Submit({.code = "x"}, {{}, [](const ExecuteResult&) { throw 7; }});
  CHECK(EndOf(log).end == RequestEnd::Ok);
  REQUIRE(session->SettleLoop(kLong) == Settled::Yes);
  CHECK(others == 4);
  std::vector<std::string> notices;
  for (const OutputChunk& chunk : log->Read().chunks) {
    if (chunk.name == "hook") notices.push_back(chunk.text);
  }
  CHECK(notices ==
        std::vector<std::string>{
            "a hook of preparation failed: broken\n", "a hook of pre_execution failed: broken\n",
            "a hook of post_execution failed: broken\n", "a hook of on_finish failed: broken\n",
            "the callback for the end failed: it threw something that is no "
            "std::exception\n"});
}

TEST_CASE("a driven loop begins nothing but by a step, and settles with nothing in flight") {
  FakeKernel kernel(Echo);
  const auto session = Opened(kernel);
  session->StartLoop();
  CHECK_FALSE(session->StepLoop());
  const auto first = session->Submit({.code = "1"});
  const auto second = session->Submit({.code = "2"});
  CHECK(session->view()->driven);
  CHECK(session->view()->queued == std::vector<RequestId>{1, 2});
  CHECK(session->SettleLoop(0ms) == Settled::NotInTime);
}

TEST_CASE("a step begins one, settling runs the rest, stopping drops what is behind") {
  FakeKernel kernel(Echo);
  const auto session = Opened(kernel);
  REQUIRE(session->WaitReady(kLong));
  session->StartLoop();
  std::vector<std::shared_ptr<const RequestLog>> logs;
  for (const char* code : {"1", "hang", "3", "4"}) logs.push_back(session->Submit({.code = code}));
  CHECK(session->StepLoop() == logs[0]);
  CHECK(EndOf(logs[0]).end == RequestEnd::Ok);
  CHECK(session->view()->queued == std::vector<RequestId>{2, 3, 4});
  CHECK(session->StepLoop() == logs[1]);
  CHECK_FALSE(session->StepLoop());  // one is in flight
  CHECK(session->SettleLoop(20ms) == Settled::NotInTime);
  CHECK(session->StopLoop() == std::vector<RequestId>{3, 4});
  for (const auto& dropped : {logs[2], logs[3]}) {
    CHECK(EndOf(dropped).cancelled);
    CHECK(EndOf(dropped).reason == "the loop was stopped before it began");
  }
  CHECK_FALSE(session->view()->driven);
  session->ProcessEnded("gone");
  CHECK(EndOf(logs[1]).end == RequestEnd::KernelDied);
  CHECK(session->SettleLoop(kLong) == Settled::Yes);
  CHECK(kernel.Count("execute_request") == 2);
}

TEST_CASE("settling runs all that is queued") {
  FakeKernel kernel(Echo);
  const auto session = Opened(kernel);
  session->StartLoop();
  std::vector<std::shared_ptr<const RequestLog>> logs;
  for (int i = 0; i < 10; ++i) logs.push_back(session->Submit({.code = "x"}));
  CHECK(session->SettleLoop(kLong) == Settled::Yes);
  for (const auto& log : logs) CHECK(log->Read().result->end == RequestEnd::Ok);
  const auto later = session->Submit({.code = "x"});
  CHECK(session->view()->queued == std::vector<RequestId>{later->id()});
}

TEST_CASE("streams are stopped once each, the one that was swapped too") {
  FakeKernel kernel(Echo);
  const auto session = Opened(kernel);
  const auto first = std::make_shared<Recorded>(), second = std::make_shared<Recorded>();
  session->SetStream(first);
  (void)EndOf(session->Submit({.code = "x"}));
  session->SetStream(second);
  (void)EndOf(session->Submit({.code = "x"}));
  session->Close();
  const auto late = std::make_shared<Recorded>();
  session->SetStream(late);
  CHECK(first->text == "out");
  CHECK(second->text == "out");
  for (const auto& stream : {first, second, late}) {
    CHECK(stream->stops == 1);
    CHECK_FALSE(stream->written_after_stop);
  }
}

TEST_CASE("a session's options are its own") {
  FakeKernel kernel(Echo);
  SessionOptions options;
  options.client.connection = kernel.connection();
  const auto session = KernelSession::Open(options);
  REQUIRE(session);
  options.client.connection.key = "another";
  options.keep_requests = 0;
  CHECK(EndOf((*session)->Submit({.code = "x"})).end == RequestEnd::Ok);
  CHECK((*session)->Find(1));
}

TEST_CASE("a close ends everything on its way out, with hooks, and once") {
  FakeKernel kernel(Echo);
  const auto session = Opened(kernel);
  const auto in_flight = session->Submit({.code = "hang"});
  const auto queued = session->Submit({.code = "x"});
  REQUIRE(kernel.AwaitCount("execute_request", 1));
  std::thread other([&] { session->Close(); });
  session->Close();
  CHECK(in_flight->Read().result->reason == "the session was closed");
  CHECK(queued->Read().result->reason == "the session was closed");
  CHECK_FALSE(session->client());
  CHECK(session->view()->status.activity == KernelActivity::Dead);
  other.join();
  const auto late = session->Submit({.code = "x"});
  CHECK(late->Read().result->end == RequestEnd::KernelDied);
  CHECK(PhasesOf(*session, 1).back() == std::pair(HookPhase::OnFinish, HookOutcome::Died));
  CHECK_FALSE(session->WaitReady(kLong));
}

TEST_CASE("what a kernel died of stays to be read when its session is closed") {
  FakeKernel kernel(Echo);
  const auto session = Opened(kernel);
  session->ProcessEnded("it was ended by SIGKILL");
  uint64_t seen = 0;
  while (session->view()->status.activity != KernelActivity::Dead) {
    seen = session->WaitNewer(seen, kLong)->version;
  }
  session->Close();
  CHECK(session->view()->status.reason == "it was ended by SIGKILL");
}

TEST_CASE("hooks may call any method, closing included") {
  FakeKernel kernel(Echo);
  const auto session = Opened(kernel);
  std::atomic<bool> waited = false;
  session->AddHook(HookPhase::PostExecution, 0, [&](HookCall& call) {
    if (call.request > 1) return;
    session->Submit({.code = "another"});
    session->Interrupt(99);
    (void)session->view();
    (void)session->StepLoop();
    waited = session->SettleLoop(kLong) == Settled::Yes;
    session->Close();
  });
  const auto log = session->Submit({.code = "x"});
  (void)EndOf(log);
  const auto second = session->Find(2);
  REQUIRE(second);
  CHECK(EndOf(second).end == RequestEnd::KernelDied);
  CHECK_FALSE(waited);
}

TEST_CASE("the last reference may go in a callback") {
  FakeKernel kernel(Echo);
  auto session = Opened(kernel);
  Told done;
  std::shared_ptr<const RequestLog> log =
      session->Submit({.code = "x"}, {{}, [&, answer = done.Answer()](const ExecuteResult&) {
                                        session.reset();
                                        answer(std::string("gone"));
                                      }});
  CHECK(done.TheAnswer() == "gone");
  CHECK(EndOf(log).end == RequestEnd::Ok);
}

TEST_CASE("after a restart the session goes on: hooks and logs stay, what was queued has died") {
  FakeKernel before(Echo), after(Echo, {.session = "after"});
  const auto session = Opened(before);
  CHECK(EndOf(session->Submit({.code = "x"})).end == RequestEnd::Ok);
  const auto in_flight = session->Submit({.code = "hang"});
  const auto queued = session->Submit({.code = "x"});
  REQUIRE(before.AwaitCount("execute_request", 2));
  const auto old = session->client();
  KernelClientOptions options;
  options.connection = after.connection();
  REQUIRE(session->Reconnect(std::move(options)));
  CHECK(EndOf(in_flight).end == RequestEnd::KernelDied);
  CHECK(EndOf(queued).reason == "the kernel was restarted: another process took its place");
  const auto ready = session->WaitReady(kLong);
  REQUIRE(ready);
  CHECK(ready->session == "after");
  CHECK(EndOf(session->Submit({.code = "x"})).end == RequestEnd::Ok);
  CHECK(session->view()->requests.size() == 4);
  CHECK_FALSE(old->Run([] {}));
}

TEST_CASE("a restart that cannot be is told, and so is what is submitted afterwards") {
  FakeKernel kernel(Echo);
  const auto session = Opened(kernel);
  KernelClientOptions options;
  options.connection.ip = "no address at all";
  const auto connected = session->Reconnect(std::move(options));
  REQUIRE_FALSE(connected);
  CHECK(EndOf(session->Submit({.code = "x"})).reason == connected.error());
  CHECK(session->view()->status.reason == connected.error());
}

TEST_CASE("what waits for a kernel that is not ready in time ends and says why") {
  FakeKernel kernel(Echo, {.answers_info = false});
  SessionOptions options;
  options.client.connection = kernel.connection();
  options.ready_timeout = 50ms;
  const auto session = *KernelSession::Open(options);
  const ExecuteResult result = EndOf(session->Submit({.code = "x"}));
  CHECK(result.end == RequestEnd::KernelDied);
  CHECK(result.reason.find("not ready within 0.05 s") != std::string::npos);
  CHECK(session->WaitReady(kLong).error() == result.reason);
}

TEST_CASE("a view is a value, and its version tells of changes") {
  FakeKernel kernel(Echo);
  const auto session = Opened(kernel);
  const auto before = session->view();
  const auto log = session->Submit({.code = "hang"});
  REQUIRE(kernel.AwaitCount("execute_request", 1));
  CHECK(before->requests.empty());
  auto now = session->WaitNewer(before->version, kLong);
  CHECK(now->version > before->version);
  while (now->status.activity != KernelActivity::Busy) {
    const uint64_t seen = now->version;
    now = session->WaitNewer(seen, kLong);
    REQUIRE(now->version > seen);
  }
  CHECK(now->in_flight == log->id());
  CHECK(session->WaitNewer(now->version, 0ms)->requests.size() == 1);
}

TEST_CASE("of finished requests the latest are kept") {
  FakeKernel kernel(Echo);
  SessionOptions options;
  options.client.connection = kernel.connection();
  options.keep_requests = 3;
  const auto session = *KernelSession::Open(options);
  for (int i = 0; i < 10; ++i) (void)EndOf(session->Submit({.code = "x"}));
  CHECK(session->view()->requests.size() == 3);
  CHECK_FALSE(session->Find(1));
  CHECK(session->Find(10));
}

TEST_CASE("of output without an end the first part is kept, and a line that says so") {
  RequestLog log(1, "x");
  const OutputChunk chunk{.name = "stdout", .text = std::string(16 << 20, 'x')};
  for (int i = 0; i < 20; ++i) log.Append(chunk);
  const auto view = log.Read();
  CHECK(log.bytes() < RequestLog::kMostBytes + chunk.text.size() + 4096);
  CHECK(view.chunks.back().text.find("left out") != std::string::npos);
  log.Append({.kind = ChunkKind::Error, .name = "KeyboardInterrupt"});
  CHECK(log.Read().chunks.back().kind == ChunkKind::Error);  // how it ended is told all the same
}

TEST_CASE("a log can be read while it grows") {
  FakeKernel kernel(Echo);
  const auto session = Opened(kernel);
  const auto log = session->Submit({.code = "x"});
  const auto first = log->Wait(0, kLong);
  REQUIRE(first.chunks.size() == 1);
  CHECK(log->WaitForEnd(kLong).result);
  CHECK(log->Read(first.next).chunks.empty());
  CHECK(log->Read(1000).next == 1);
}

TEST_CASE("a hundred sessions leave no thread and no descriptor") {
  const auto run = [](int sessions) {
    FakeKernel kernel(Echo);
    for (int i = 0; i < sessions; ++i) {
      const auto session = Opened(kernel);
      const auto log = session->Submit({.code = i % 3 == 0 ? "hang" : "x"});
      if (i % 3 == 1) (void)EndOf(log);
    }
  };
  run(2);
  const size_t threads = Entries("/proc/self/task"), descriptors = Entries("/proc/self/fd");
  run(100);
  CHECK(Entries("/proc/self/fd") == descriptors);
  // A thread that was joined is listed for a moment longer.
  const auto end = std::chrono::steady_clock::now() + kLong;
  while (Entries("/proc/self/task") > threads && std::chrono::steady_clock::now() < end) {
    std::this_thread::yield();
  }
  CHECK(Entries("/proc/self/task") == threads);
}
