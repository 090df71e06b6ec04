// The protocol's corner cases, against a kernel that says just what the test tells it.
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

/// Answers one request and hands back how it ended.
ExecuteResult EndOf(FakeKernel::Script script, ExecuteRequest request = {.code = "x"}) {
  FakeKernel kernel(std::move(script));
  const auto client = Connected(To(kernel));
  Told told;
  client->Execute(1, std::move(request), told.Callbacks());
  const ExecuteResult result = told.End();
  client->Close();
  CHECK(told.ends() == 1);
  return result;
}

}  // namespace

TEST_CASE("a reply before idle and one after it end a request alike") {
  const auto before = EndOf([](FakeKernel& kernel, const KernelMessage& request) {
    kernel.Busy(request);
    kernel.ReplyOk(request);
    kernel.Idle(request);
  });
  CHECK(before.end == RequestEnd::Ok);
  CHECK(before.execution_count == 1);
  const auto after = EndOf([](FakeKernel& kernel, const KernelMessage& request) {
    kernel.Busy(request);
    kernel.Idle(request);
    kernel.ReplyOk(request);
  });
  CHECK(after.end == RequestEnd::Ok);
}

TEST_CASE("idle without a reply ends a request as interrupted") {
  const auto result = EndOf([](FakeKernel& kernel, const KernelMessage& request) {
    kernel.Busy(request);
    kernel.Idle(request);
  });
  CHECK(result.end == RequestEnd::Interrupted);
  CHECK(result.reason.find("without a reply") != std::string::npos);
}

TEST_CASE("a reply without idle does not hang") {
  const auto result = EndOf([](FakeKernel& kernel, const KernelMessage& request) {
    kernel.Busy(request);
    kernel.ReplyOk(request);
  });
  CHECK(result.end == RequestEnd::Ok);
  CHECK(result.reason.find("never said that it is idle") != std::string::npos);
}

TEST_CASE("an aborted request is never ok") {
  const auto result = EndOf([](FakeKernel& kernel, const KernelMessage& request) {
    kernel.Busy(request);
    kernel.Reply(request, R"({"status": "aborted"})");
    kernel.Idle(request);
  });
  CHECK(result.end == RequestEnd::Interrupted);
  CHECK(result.reason.find("aborted") != std::string::npos);
}

TEST_CASE("what a kernel says that is no JSON, or nothing known, is no hang and no crash") {
  for (const char* content : {"null", "[]", "{", "{\"status\": 7}", "\xff"}) {
    CAPTURE(content);
    const std::string said = content;
    const auto result = EndOf([said](FakeKernel& kernel, const KernelMessage& request) {
      kernel.Busy(request);
      kernel.Publish(request, "stream", said);
      kernel.Publish(request, "display_data", said);
      kernel.Publish(request, "error", said);
      kernel.Publish(request, "status", said);
      kernel.Publish(request, "something_new", said);
      kernel.Reply(request, said);
      kernel.Idle(request);
    });
    CHECK(result.end == RequestEnd::Error);
  }
}

TEST_CASE("output comes whole and in order, one chunk for each message, before the end") {
  FakeKernel kernel([](FakeKernel& k, const KernelMessage& request) {
    k.Run(request, [&] {
      for (int i = 0; i < 10000; ++i) k.Stream(request, std::to_string(i));
    });
  });
  const auto client = Connected(To(kernel));
  const Told told = Ran(*client, 1, {.code = "x"});
  const auto outputs = told.Outputs();
  REQUIRE(outputs.size() == 10000);
  for (int i = 0; i < 10000; ++i) {
    if (outputs[static_cast<size_t>(i)].text != std::to_string(i)) FAIL("out of order at ", i);
  }
}

TEST_CASE("every kind of output is told with what it has") {
  FakeKernel kernel([](FakeKernel& k, const KernelMessage& request) {
    k.Run(request, [&] {
      k.Publish(request, "stream", R"({"name": "stderr", "text": "oh"})");
      k.Publish(request, "display_data",
                R"({"data": {"text/plain": "a"}, "metadata": {"m": 1},
                    "transient": {"display_id": "d"}})");
      k.Publish(request, "update_display_data",
                R"({"data": {"text/plain": "b"}, "transient": {"display_id": "d"}})");
      k.Publish(request, "clear_output", R"({"wait": true})");
      k.Publish(request, "comm_open", R"({"comm_id": "c"})");
      k.Publish(request, "comm_msg", R"({"comm_id": "c"})");
      k.Publish(request, "execute_result",
                R"({"data": {"image/png": "aGk="}, "metadata": {}, "execution_count": 4})");
      k.Publish(request, "error", R"({"ename": "E", "evalue": "v", "traceback": ["1", "2"]})");
    });
  });
  const auto client = Connected(To(kernel));
  const auto outputs = Ran(*client, 1, {.code = "x"}).Outputs();
  REQUIRE(outputs.size() == 6);
  CHECK(outputs[0].name == "stderr");
  CHECK(outputs[0].text == "oh");
  CHECK(outputs[1].kind == ChunkKind::Display);
  CHECK(outputs[1].data == R"({"text/plain":"a"})");
  CHECK(outputs[1].metadata == R"({"m":1})");
  CHECK(outputs[1].display_id == "d");
  CHECK(outputs[2].kind == ChunkKind::Update);
  CHECK(outputs[2].display_id == "d");
  CHECK(outputs[3].kind == ChunkKind::Clear);
  CHECK(outputs[3].wait);
  CHECK(outputs[4].kind == ChunkKind::Result);
  CHECK(outputs[4].execution_count == 4);
  CHECK(outputs[5].kind == ChunkKind::Error);
  CHECK(outputs[5].traceback == std::vector<std::string>{"1", "2"});
}

TEST_CASE("bytes that are no UTF-8 are shown as such, and lose no output") {
  FakeKernel kernel([](FakeKernel& k, const KernelMessage& request) {
    k.Run(request, [&] { k.Stream(request, "a\xff z"); });
  });
  const auto client = Connected(To(kernel));
  CHECK(Ran(*client, 1, {.code = "x"}).Text() == "a\xEF\xBF\xBD z");
}

TEST_CASE("late output, another's output, and what is signed wrongly or twice is dropped") {
  std::optional<KernelMessage> before;
  FakeKernel kernel([&](FakeKernel& k, const KernelMessage& request) {
    KernelMessage stranger = request;
    stranger.id = "somebody else's";
    k.Run(request, [&] {
      if (before) k.Stream(*before, "late");
      k.Stream(stranger, "not ours");
      Frames forged = k.Made(request, "stream", R"({"name": "stdout", "text": "forged"})");
      forged[1][0] = forged[1][0] == 'a' ? 'b' : 'a';
      k.Raw(KernelChannel::Iopub, forged);
      k.Raw(KernelChannel::Iopub, {"no", "delimiter"});
      const Frames said = k.Made(request, "stream", R"({"name": "stdout", "text": "once"})");
      k.Raw(KernelChannel::Iopub, said);
      k.Raw(KernelChannel::Iopub, said);
    });
    before = request;
  });
  const auto client = Connected(To(kernel));
  const Told first = Ran(*client, 1, {.code = "x"});
  CHECK(Ran(*client, 2, {.code = "x"}).Text() == "once");
  CHECK(first.Text() == "once");
}

TEST_CASE("a foreign client's outputs are told to who asked for them, with whose they are") {
  std::atomic<bool> told_foreign = false;
  FakeKernel kernel([](FakeKernel& k, const KernelMessage& request) {
    KernelMessage stranger = request;
    stranger.id = "stranger";
    k.Stream(stranger, "theirs");
    k.Run(request);
  });
  KernelClientOptions options = To(kernel);
  options.on_foreign_output = [&](const std::string& parent, const OutputChunk& chunk) {
    told_foreign = parent == "stranger" && chunk.text == "theirs";
  };
  const auto client = Connected(std::move(options));
  const Told told = Ran(*client, 1, {.code = "x"});
  CHECK(told.Outputs().empty());
  CHECK(told_foreign);
}

TEST_CASE("the status says that somebody else keeps the kernel busy") {
  FakeKernel kernel([](FakeKernel& k, const KernelMessage& request) {
    k.Run(request);
    KernelMessage stranger = request;
    stranger.id = "stranger";
    k.Busy(stranger);
  });
  Told busy;
  KernelClientOptions options = To(kernel);
  options.on_status = [answer = busy.Answer()](const KernelStatus& status) {
    if (status.activity == KernelActivity::Busy && status.foreign) answer(std::string("foreign"));
  };
  const auto client = Connected(std::move(options));
  (void)Ran(*client, 1, {.code = "x"});
  CHECK(busy.TheAnswer() == "foreign");
}

TEST_CASE("ready means a reply and something on iopub: a late subscription is waited for") {
  FakeKernel kernel([](FakeKernel& k, const KernelMessage& request) { k.Run(request); },
                    {.iopub_from_info = 4});
  const auto client = Connected(To(kernel));
  Told ready;
  client->WhenReady(60s, ready.Ready());
  // Executed at once it waits for that, too: its `idle` would be lost.
  CHECK(Ran(*client, 1, {.code = "x"}).End().end == RequestEnd::Ok);
  CHECK(ready.TheAnswer() == "fake");
  CHECK(kernel.Count("kernel_info_request") >= 4);
  CHECK(client->status().activity == KernelActivity::Idle);
}

TEST_CASE("who is not ready in time is told what was missing") {
  const auto why = [](FakeKernel::Habits habits) {
    FakeKernel kernel([](FakeKernel&, const KernelMessage&) {}, habits);
    const auto client = Connected(To(kernel));
    Told ready;
    client->WhenReady(300ms, ready.Ready());
    return ready.TheAnswer();
  };
  CHECK(why({.answers_info = false}) ==
        "refused: the kernel was not ready within 0.3 s: it neither answered kernel_info nor said "
        "anything on iopub");
  CHECK(why({.iopub_from_info = 1000000}) ==
        "refused: the kernel was not ready within 0.3 s: it answered kernel_info, but nothing came "
        "on iopub");
}

TEST_CASE("requests run one at a time, in order") {
  FakeKernel kernel([](FakeKernel& k, const KernelMessage& request) { k.Run(request); });
  const auto client = Connected(To(kernel));
  std::vector<Told> told(20);
  for (size_t i = 0; i < told.size(); ++i) {
    client->Execute(i + 1, {.code = "code " + std::to_string(i)}, told[i].Callbacks());
  }
  for (const Told& one : told) CHECK(one.End().end == RequestEnd::Ok);
  const auto codes = kernel.Contents("execute_request");
  REQUIRE(codes.size() == 20);
  for (size_t i = 0; i < codes.size(); ++i) {
    CHECK(codes[i].find("\"code " + std::to_string(i) + "\"") != std::string::npos);
    CHECK(codes[i].find(R"("stop_on_error":false)") != std::string::npos);
  }
}

TEST_CASE("a line is asked for and answered once, on the stdin socket of who asked") {
  std::optional<KernelMessage> running;
  FakeKernel kernel([&](FakeKernel& k, const KernelMessage& request) {
    if (IsExecute(request)) {
      running = request;
      k.Busy(request);
      k.AskForLine(request, "name? ");
    } else if (request.type == "input_reply") {
      k.Run(*running);
    }
  });
  const auto client = Connected(To(kernel));
  Told told;
  client->Execute(1, {.code = "x", .allow_stdin = true}, told.Callbacks());
  REQUIRE(told.AwaitOutputs(1));
  CHECK(told.Outputs()[0].kind == ChunkKind::Input);
  CHECK(told.Outputs()[0].text == "name? ");
  CHECK(told.Outputs()[0].password);
  client->ReplyToInput("Ada");
  client->ReplyToInput("nobody asked for this one");
  CHECK(told.End().end == RequestEnd::Ok);
  CHECK(kernel.Contents("input_reply") == std::vector<std::string>{R"({"value":"Ada"})"});
}

TEST_CASE("missing heartbeats are counted, and asked for anew until one comes") {
  FakeKernel kernel([](FakeKernel& k, const KernelMessage& request) { k.Run(request); });
  Told missed, back;
  KernelClientOptions options = To(kernel);
  options.heartbeat_every = 50ms;
  std::atomic<bool> was_missed = false;
  options.on_status = [&, miss = missed.Answer(), again = back.Answer()](const KernelStatus& s) {
    if (s.missed_heartbeats >= 3) {
      was_missed = true;
      miss(std::string("missed"));
    }
    if (s.missed_heartbeats == 0 && was_missed) again(std::string("back"));
  };
  const auto client = Connected(std::move(options));
  (void)Ran(*client, 1, {.code = "x"});
  kernel.Do([&] { kernel.SetBeats(false); });
  CHECK(missed.TheAnswer() == "missed");
  CHECK(client->status().activity == KernelActivity::Idle);
  kernel.Do([&] { kernel.SetBeats(true); });
  CHECK(back.TheAnswer() == "back");
  Told beat;
  client->Beat(60s, beat.Answer());
  CHECK(std::stod(beat.TheAnswer()) >= 0);
}

TEST_CASE("questions are answered with what the kernel says, or that it said nothing") {
  FakeKernel kernel([](FakeKernel& k, const KernelMessage& request) {
    if (request.type == "complete_request") k.Reply(request, R"({"matches": ["print"]})");
    if (request.type == "shutdown_request") k.Reply(request, R"({"restart": true})");
  });
  const auto client = Connected(To(kernel));
  Told complete, inspect, shutdown;
  client->Complete("pri", 3, 60s, complete.Answer());
  client->Inspect("pri", 3, 0, 50ms, inspect.Answer());
  client->Shutdown(true, 60s, shutdown.Answer());
  CHECK(complete.TheAnswer() == R"({"matches": ["print"]})");
  CHECK(inspect.TheAnswer() == "refused: the kernel did not answer inspect_request within 0.05 s");
  CHECK(shutdown.TheAnswer() == R"({"restart": true})");
}

TEST_CASE("a kernel that is only watched is asked nothing") {
  FakeKernel kernel([](FakeKernel&, const KernelMessage&) {});
  KernelClientOptions options = To(kernel);
  options.read_only = true;
  const auto client = Connected(std::move(options));
  Told ready, complete;
  client->WhenReady(60s, ready.Ready());
  CHECK(ready.TheAnswer().empty());
  CHECK(client->status().activity == KernelActivity::Idle);
  client->Complete("x", 1, 60s, complete.Answer());
  CHECK(complete.TheAnswer() == "refused: the kernel is attached read-only: it is not asked");
  const ExecuteResult result = Ran(*client, 1, {.code = "x"}).End();
  CHECK(result.cancelled);
  CHECK(kernel.asked().empty());
}

TEST_CASE("callbacks may call any method, and even end the client") {
  FakeKernel kernel([](FakeKernel& k, const KernelMessage& request) {
    k.Run(request, [&] { k.Stream(request, "x"); });
  });
  std::unique_ptr<KernelClient> client = Connected(To(kernel));
  Told done;
  client->Execute(1, {.code = "1"}, {{}, [&, answer = done.Answer()](const ExecuteResult&) {
                                       client->Interrupt();
                                       client->ReplyToInput("");
                                       (void)client->status();
                                       client->Close();
                                       client.reset();
                                       answer(std::string("gone"));
                                     }});
  CHECK(done.TheAnswer() == "gone");
}

TEST_CASE("what is asked of a closed client is answered at once") {
  FakeKernel kernel([](FakeKernel&, const KernelMessage&) {});
  const auto client = Connected(To(kernel));
  Told in_flight;
  client->Execute(1, {.code = "1"}, in_flight.Callbacks());
  client->Close();
  CHECK(in_flight.End().end == RequestEnd::KernelDied);
  CHECK(in_flight.End().reason == "the client was closed");
  Told ready, beat;
  CHECK(Ran(*client, 2, {.code = "2"}).End().reason == "the client was closed");
  client->WhenReady(1s, ready.Ready());
  client->Beat(1s, beat.Answer());
  CHECK(ready.TheAnswer() == "refused: the client was closed");
  CHECK(beat.TheAnswer() == "refused: the client was closed");
  CHECK_FALSE(client->Run([] {}));
}

TEST_CASE("an address that is none is an error in words") {
  KernelClientOptions options;
  options.connection.ip = "no address at all";
  options.connection.ports = {1, 2, 3, 4, 5};
  const auto client = KernelClient::Connect(std::move(options));
  REQUIRE_FALSE(client);
  CHECK(client.error().find("no connection to the kernel's 'tcp://no address at all:1'") == 0);
}
