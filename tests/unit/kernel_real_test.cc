// Every trap of speaking to a real ipykernel.
#include <doctest/doctest.h>
#include <signal.h>

#include <algorithm>
#include <thread>

#include "core/kernel/session.h"
#include "kernel_process.h"
#include "kernel_scene.h"

using namespace proctor;
using namespace proctor::test;

namespace {

/// A kernel process and a client that is connected to it.
struct Live {
  explicit Live(KernelTransport transport = KernelTransport::Tcp) : process(transport) {
    client = Connected(process.Options());
  }
  Told Run(const std::string& code) { return Run(ExecuteRequest{.code = code}); }
  Told Run(ExecuteRequest request) { return Ran(*client, ++last, std::move(request)); }
  /// Begins one; its output is there when this returns.
  Told Begin(ExecuteRequest request) {
    Told told;
    client->Execute(++last, std::move(request), told.Callbacks());
    return told;
  }

  KernelProcess process;
  std::unique_ptr<KernelClient> client;
  RequestId last = 0;
};

constexpr const char* kEndless = "import sys\nprint('on', flush=True)\nwhile True: pass";

double MsSince(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
      .count();
}

}  // namespace

TEST_CASE("a cold kernel is waited for: what is executed at once neither hangs nor loses output") {
  Live live;
  Told ready;
  live.client->WhenReady(kLong, ready.Ready());
  const Told told = live.Run("print('hello')\n6 * 7");
  CHECK(told.End().end == RequestEnd::Ok);
  CHECK(told.End().execution_count == 1);
  REQUIRE(told.Outputs().size() == 2);
  CHECK(told.Text() == "hello\n");
  CHECK(told.Outputs()[1].kind == ChunkKind::Result);
  CHECK(told.Outputs()[1].data == R"({"text/plain":"42"})");
  CHECK(ready.TheAnswer().find("refused") == std::string::npos);
  CHECK(live.client->status().execution_count == 1);
}

TEST_CASE("after an error the next request runs") {
  Live live;
  std::vector<Told> told;
  for (const char* code : {"1 / 0", "2", "raise ValueError('x')", "4"}) {
    told.push_back(live.Begin({.code = code}));
  }
  CHECK(told[0].End().end == RequestEnd::Error);
  CHECK(told[0].End().error->name == "ZeroDivisionError");
  CHECK(told[0].End().error->text == "division by zero");
  CHECK_FALSE(told[0].End().error->traceback.empty());
  CHECK(told[1].End().end == RequestEnd::Ok);
  CHECK(told[2].End().reason == "ValueError: x");
  CHECK(told[3].End().end == RequestEnd::Ok);
}

TEST_CASE("interrupts 0 to 5 ms after execute end the request, and never the next one") {
  Live live;
  (void)live.Run("1");
  for (int ms = 0; ms <= 5; ++ms) {
    for (int round = 0; round < 5; ++round) {
      CAPTURE(ms);
      const Told told = live.Begin({.code = "while True: pass"});
      std::this_thread::sleep_for(std::chrono::milliseconds(ms));
      live.client->Interrupt();
      live.client->Interrupt(live.last);
      CHECK(told.End().end == RequestEnd::Interrupted);
      CHECK(live.Run("x = 1").End().end == RequestEnd::Ok);
    }
  }
}

TEST_CASE("a busy loop is interrupted by signal and by message, with its traceback") {
  for (const InterruptMode mode : {InterruptMode::Signal, InterruptMode::Message}) {
    KernelProcess process;
    KernelClientOptions options = process.Options();
    options.interrupt_mode = mode;
    if (mode == InterruptMode::Message) options.send_sigint = {};
    const auto client = Connected(std::move(options));
    Told told;
    client->Execute(1, {.code = kEndless}, told.Callbacks());
    REQUIRE(told.AwaitOutputs(1));
    const auto asked = std::chrono::steady_clock::now();
    client->Interrupt();
    const ExecuteResult result = told.End();
    MESSAGE("interrupted after ", MsSince(asked), " ms");
    CHECK(result.end == RequestEnd::Interrupted);
    REQUIRE(result.error);
    CHECK(result.error->name == "KeyboardInterrupt");
    CHECK(Ran(*client, 2, {.code = "1"}).End().end == RequestEnd::Ok);
  }
}

TEST_CASE("a timeout interrupts, and leaves the kernel with its variables") {
  Live live;
  CHECK(live.Run("x = 41").End().end == RequestEnd::Ok);
  (void)live.Run("1 / 0");  // the first traceback takes long, and a second interrupt would spoil it
  const Told told =
      live.Run({.code = "import time\nwhile True: time.sleep(0.01)", .timeout = 300ms});
  CHECK(told.End().end == RequestEnd::TimedOut);
  CHECK(told.End().duration_ms >= 300);
  REQUIRE_FALSE(told.Outputs().empty());
  CHECK(told.Outputs().back().kind == ChunkKind::Error);
  CHECK(told.Outputs().back().name == "KeyboardInterrupt");
  CHECK_FALSE(told.Outputs().back().traceback.empty());
  CHECK(live.Run("print(x + 1)").Text() == "42\n");
}

TEST_CASE("a cell that ignores interrupts is given up, and the next one waits for it") {
  Live live;
  const Told told = live.Run({.code = R"(
import signal, time
signal.signal(signal.SIGINT, signal.SIG_IGN)
end = time.monotonic() + 5
while time.monotonic() < end: time.sleep(0.01)
print('late'))",
                              .timeout = 200ms});
  CHECK(told.End().end == RequestEnd::TimedOut);
  CHECK(told.End().reason.find("still runs it") != std::string::npos);
  CHECK(live.client->status().activity == KernelActivity::Busy);
  CHECK(live.Run("print('next')").Text() == "next\n");
  CHECK(told.Text().empty());
}

TEST_CASE("a kernel that dies in mid-cell is known at once, with what it said before") {
  Live live;
  const Told told = live.Begin({.code = kEndless});
  REQUIRE(told.AwaitOutputs(1));
  kill(live.process.pid(), SIGABRT);
  live.process.AwaitEnd();
  const auto ended = std::chrono::steady_clock::now();
  live.client->ProcessEnded("it was ended by SIGABRT");
  CHECK(told.End().end == RequestEnd::KernelDied);
  MESSAGE("known after ", MsSince(ended), " ms");
  CHECK(told.End().reason == "it was ended by SIGABRT");
  CHECK(told.Text() == "on\n");
  CHECK(live.Run("1").End().end == RequestEnd::KernelDied);
}

TEST_CASE("a kernel that leaves by itself has ended its request before") {
  Live live;
  const Told told = live.Begin({.code = "print('bye')\nexit()"});
  CHECK(told.End().end == RequestEnd::Ok);
  CHECK(told.Text() == "bye\n");
  live.process.AwaitEnd();
}

TEST_CASE("10,000 messages come without a loss, in order, one chunk each") {
  Live live;
  const Told told = live.Run(R"(
from IPython.display import display
for i in range(10000): display(i))");
  const auto outputs = told.Outputs();
  REQUIRE(outputs.size() == 10000);
  for (size_t i = 0; i < outputs.size(); ++i) {
    const std::string expected = R"({"text/plain":")" + std::to_string(i) + R"("})";
    if (outputs[i].data != expected) FAIL("out of order at ", i);
  }
}

TEST_CASE("50,000 lines and 500,000 characters come whole") {
  Live live;
  std::string expected;
  for (int i = 0; i < 50000; ++i) expected += std::to_string(i) + "\n";
  CHECK((live.Run("for i in range(50000): print(i)").Text() == expected));
  CHECK((live.Run("print('a' * 500000)").Text() == std::string(500000, 'a') + "\n"));
  const std::string large(1000000, 'x');
  CHECK(live.Run("print(len('" + large + "'))").Text() == "1000000\n");
}

TEST_CASE("output is streamed while the cell runs") {
  Live live;
  const Told told =
      live.Begin({.code = "print('first', flush=True)\nx = input()", .allow_stdin = true});
  REQUIRE(told.AwaitOutput([](const auto& outputs) {
    return !outputs.empty() && outputs.back().kind == ChunkKind::Input;
  }));
  CHECK(told.Text() == "first\n");
  CHECK(told.ends() == 0);
  live.client->ReplyToInput("");
  CHECK(told.End().end == RequestEnd::Ok);
}

TEST_CASE("displays are updated by their id, and cleared at once or with the next output") {
  Live live;
  const auto outputs = live.Run(R"(
from IPython.display import display, update_display, clear_output
handle = display('one', display_id='d1')
handle.update('two')
update_display('three', display_id='d1')
clear_output(wait=True)
clear_output())")
                           .Outputs();
  REQUIRE(outputs.size() == 5);
  CHECK(outputs[0].kind == ChunkKind::Display);
  CHECK(outputs[1].kind == ChunkKind::Update);
  CHECK(outputs[2].kind == ChunkKind::Update);
  for (int i = 0; i < 3; ++i) CHECK(outputs[static_cast<size_t>(i)].display_id == "d1");
  CHECK(outputs[2].data == R"({"text/plain":"'three'"})");
  CHECK(outputs[3].kind == ChunkKind::Clear);
  CHECK(outputs[3].wait);
  CHECK_FALSE(outputs[4].wait);
}

TEST_CASE("rich results come by MIME type") {
  Live live;
  const auto outputs = live.Run(R"(
class Rich:
    def _repr_mimebundle_(self, include=None, exclude=None):
        return {'text/plain': 'plain', 'text/html': '<b>x</b>', 'application/json': {'a': [1]},
                'image/png': 'aGVsbG8='}
Rich())")
                           .Outputs();
  REQUIRE(outputs.size() == 1);
  CHECK(outputs[0].kind == ChunkKind::Result);
  CHECK(outputs[0].execution_count == 1);
  for (const char* part : {R"("text/html":"<b>x</b>")", R"("application/json":{"a":[1]})",
                           R"("image/png":"aGVsbG8=)", R"("text/plain":"plain")"}) {
    CAPTURE(part);
    CHECK(outputs[0].data.find(part) != std::string::npos);
  }
}

TEST_CASE("comms are tolerated") {
  Live live;
  const Told told = live.Run(R"(
from ipykernel.comm import Comm
comm = Comm(target_name='nobody')
comm.send({'x': 1})
comm.close()
print('after'))");
  CHECK(told.End().end == RequestEnd::Ok);
  CHECK(told.Text() == "after\n");
}

TEST_CASE("input and getpass ask for lines, and are refused where nobody answers") {
  Live live;
  const Told told = live.Begin(
      {.code = "import getpass\nname = input('name? ')\nword = getpass.getpass('word? ')\n"
               "print(name, word)",
       .allow_stdin = true});
  const auto asked = [&](size_t count) {
    return told.AwaitOutput([&](const auto& outputs) {
      return std::count_if(outputs.begin(), outputs.end(), [](const OutputChunk& chunk) {
               return chunk.kind == ChunkKind::Input;
             }) == static_cast<long>(count);
    });
  };
  REQUIRE(asked(1));
  CHECK(told.Outputs().back().text == "name? ");
  CHECK_FALSE(told.Outputs().back().password);
  live.client->ReplyToInput("Ada \xC3\xBC");
  REQUIRE(asked(2));
  CHECK(told.Outputs().back().password);
  live.client->ReplyToInput("secret");
  CHECK(told.End().end == RequestEnd::Ok);
  CHECK(told.Text() == "Ada \xC3\xBC secret\n");
  const Told refused = live.Run("input()");
  CHECK(refused.End().end == RequestEnd::Error);
  CHECK(refused.End().error->name == "StdinNotImplementedError");
}

TEST_CASE("an interrupt ends a cell that waits for a line") {
  Live live;
  const Told told = live.Begin({.code = "input('?')", .allow_stdin = true});
  REQUIRE(told.AwaitOutputs(1));
  live.client->Interrupt();
  CHECK(told.End().end == RequestEnd::Interrupted);
  CHECK(live.Run("print(1)").Text() == "1\n");
}

TEST_CASE("completion and inspection answer") {
  Live live;
  (void)live.Run("value_of_mine = 1");
  Told complete, inspect;
  live.client->Complete("value_of_", 9, kLong, complete.Answer());
  CHECK(complete.TheAnswer().find("value_of_mine") != std::string::npos);
  live.client->Inspect("print", 5, 0, kLong, inspect.Answer());
  CHECK(inspect.TheAnswer().find("\"found\"") != std::string::npos);
}

TEST_CASE("a silent request leaves no count and no result") {
  Live live;
  (void)live.Run("1");
  const Told silent = live.Run(ExecuteRequest{.code = "print('s')\n5", .silent = true});
  CHECK(silent.End().end == RequestEnd::Ok);
  CHECK(live.Run("2").End().execution_count == 2);
}

TEST_CASE("a silent endless loop can be interrupted, too") {
  Live live;
  (void)live.Run("1");
  const Told told = live.Begin({.code = "while True: pass", .silent = true});
  live.client->Interrupt();
  CHECK(told.End().end == RequestEnd::Interrupted);
}

TEST_CASE("while a cell runs the heart beats, and a stopped process misses beats") {
  Live live;
  const Told told = live.Begin({.code = kEndless});
  REQUIRE(told.AwaitOutputs(1));
  Told beat;
  live.client->Beat(kLong, beat.Answer());
  CHECK(beat.TheAnswer().find("refused") == std::string::npos);
  live.process.Stop();
  Told none;
  live.client->Beat(300ms, none.Answer());
  CHECK(none.TheAnswer() == "refused: no heartbeat of the kernel came within 0.3 s");
  live.process.Continue();
  live.client->Interrupt();
  CHECK(told.End().end == RequestEnd::Interrupted);
}

TEST_CASE("a kernel over ipc is as good as one over tcp") {
  Live live(KernelTransport::Ipc);
  CHECK(live.Run("print('ipc')").Text() == "ipc\n");
  const Told told = live.Begin({.code = kEndless});
  REQUIRE(told.AwaitOutputs(1));
  live.client->Interrupt();
  CHECK(told.End().end == RequestEnd::Interrupted);
}

TEST_CASE("a shutdown is answered, and the process ends") {
  Live live;
  (void)live.Run("1");
  Told answer;
  live.client->Shutdown(false, kLong, answer.Answer());
  CHECK(answer.TheAnswer().find("\"restart\"") != std::string::npos);
  live.process.AwaitEnd();
}

TEST_CASE("a restart on the same connection file has another session and no variables") {
  KernelProcess process;
  SessionOptions options;
  options.client = process.Options();
  const auto opened = KernelSession::Open(std::move(options));
  REQUIRE(opened);
  KernelSession& session = **opened;
  (void)session.Submit({.code = "x = 1"})->WaitForEnd(kLong);
  const auto before = session.WaitReady(kLong);
  REQUIRE(before);
  const auto in_flight = session.Submit({.code = kEndless});
  REQUIRE_FALSE(in_flight->Wait(0, kLong).chunks.empty());
  process.Kill();
  session.ProcessEnded("it was ended by SIGKILL");
  CHECK(in_flight->WaitForEnd(kLong).result->reason == "it was ended by SIGKILL");
  process.Start();
  REQUIRE(session.Reconnect(process.Options()));
  const auto after = session.WaitReady(kLong);
  REQUIRE(after);
  CHECK(after->session != before->session);
  const auto gone = session.Submit({.code = "x"})->WaitForEnd(kLong);
  CHECK(gone.result->error->name == "NameError");
}

TEST_CASE("another's restart of an attached kernel ends what ran, and the client goes on") {
  KernelProcess process;
  const auto client = Connected(process.Options());
  Told told;
  client->Execute(1, {.code = kEndless}, told.Callbacks());
  REQUIRE(told.AwaitOutputs(1));
  process.Kill();
  process.Start();
  Told next;
  client->Execute(2, {.code = "print('new')"}, next.Callbacks());
  CHECK(told.End().end == RequestEnd::KernelDied);
  CHECK(next.End().end == RequestEnd::Ok);
}

TEST_CASE("two clients share a kernel, and see whose output is whose") {
  KernelProcess process;
  const auto first = Connected(process.Options());
  (void)Ran(*first, 1, {.code = "1"});
  Told foreign, ready;
  KernelClientOptions options = process.Options();
  options.read_only = true;
  options.on_foreign_output = [answer = foreign.Answer()](const std::string&,
                                                          const OutputChunk& chunk) {
    answer(chunk.text);
  };
  const auto watcher = Connected(std::move(options));
  watcher->WhenReady(kLong, ready.Ready());
  (void)ready.TheAnswer();
  // A subscription has no answer: it stands when the first output has come through it.
  RequestId id = 1;
  std::string seen;
  while (seen.empty()) {
    const Told told = Ran(*first, ++id, {.code = "print('theirs')"});
    CHECK(told.Text() == "theirs\n");
    if (foreign.Answered()) seen = foreign.TheAnswer();
  }
  CHECK(seen == "theirs\n");
}
