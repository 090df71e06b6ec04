#include <doctest/doctest.h>
#include <httplib.h>
#include <signal.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include "hooks/hooks.h"
#include "hooks/quiet_thread.h"
#include "tests/fakes/headless_imgui.h"

namespace proctor::hooks {
namespace {

using namespace std::chrono_literals;

Options Quiet() {
  return {.app = "test", .discovery = Discovery::Off, .crash_note = CrashNote::Off};
}

std::unique_ptr<Hooks> StartOrThrow(Options options) {
  auto started = Hooks::Start(std::move(options));
  if (!started) throw std::runtime_error(started.error());
  return std::move(*started);
}

nlohmann::json Health(Hooks& hooks) {
  return nlohmann::json::parse(hooks.HealthJson());
}

/// A loop that draws only when it is woken.
class SleepingLoop {
 public:
  void Wake() {
    const std::lock_guard lock(mutex_);
    woken_ = true;
    changed_.notify_one();
  }
  void RunUntilShutdown(Hooks& hooks) {
    while (!hooks.ShutdownRequested()) {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return woken_; });
      woken_ = false;
      lock.unlock();
      hooks.Frame([] {});
    }
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool woken_ = true;
};

}  // namespace

TEST_CASE("a taken port is refused with its number") {
  const auto first = StartOrThrow(Quiet());
  Options options = Quiet();
  options.port = first->port();
  const auto second = Hooks::Start(std::move(options));
  REQUIRE_FALSE(second);
  CHECK(second.error().find(std::to_string(first->port())) != std::string::npos);
}

TEST_CASE("a thread of the hooks has a stack to tell of its overflow on") {
  stack_t stack{.ss_sp = nullptr, .ss_flags = SS_DISABLE, .ss_size = 0};
  StartQuietThread([&] { sigaltstack(nullptr, &stack); }).join();
  CHECK((stack.ss_flags & SS_DISABLE) == 0);
  CHECK(stack.ss_size >= 64 * 1024);
}

TEST_CASE("a port out of range is an error") {
  Options options = Quiet();
  options.port = 70000;
  CHECK_FALSE(Hooks::Start(std::move(options)));
}

TEST_CASE("token and generation come from the environment unless they are given") {
  setenv("PROCTOR_HOOKS_TOKEN", "from-the-environment", 1);
  setenv("PROCTOR_GENERATION", "7", 1);
  Options given = Quiet();
  given.token = "given";
  given.generation = 3;
  const auto by_environment = StartOrThrow(Quiet());
  const auto by_options = StartOrThrow(std::move(given));
  unsetenv("PROCTOR_HOOKS_TOKEN");
  unsetenv("PROCTOR_GENERATION");
  CHECK(by_environment->token() == "from-the-environment");
  CHECK(Health(*by_environment)["generation"] == 7);
  CHECK(by_options->token() == "given");
  CHECK(Health(*by_options)["generation"] == 3);
  CHECK(StartOrThrow(Quiet())->token().size() == 64);
}

TEST_CASE("a program without frames is starting, and healthy after the first") {
  const auto hooks = StartOrThrow(Quiet());
  CHECK(Health(*hooks)["state"] == "starting");
  hooks->Frame([] {});
  CHECK(Health(*hooks)["state"] == "healthy");
}

TEST_CASE("a check that throws whatever it likes is a check that fails") {
  const auto hooks = StartOrThrow(Quiet());
  hooks->AddCheck("odd", CheckOn::ServerThread, []() -> CheckAnswer { throw 7; });
  hooks->Frame([] {});
  const auto health = Health(*hooks);
  CHECK(health["state"] == "degraded");
  CHECK(health["checks"]["odd"]["ok"] == false);
}

TEST_CASE("the document tells of every route that is served, and of no other") {
  const auto hooks = StartOrThrow(Quiet());
  httplib::Client client("127.0.0.1", hooks->port());
  const httplib::Headers token = {{"Authorization", "Bearer " + hooks->token()}};
  const auto document = [&] {
    return nlohmann::json::parse(client.Get("/api/openapi.json", token)->body);
  };
  nlohmann::json told = document();
  for (const auto& [path, methods] : told["paths"].items()) {
    for (const auto& [method, operation] : methods.items()) {
      CAPTURE(method + " " + path);
      CHECK_FALSE(operation.contains("x-undescribed"));
      CHECK_FALSE(operation.contains("x-absent"));
      CHECK(operation["responses"].contains("403"));
      const auto content = operation["requestBody"]["content"]["application/json"];
      if (path.starts_with("/api/ui/") && method == "post") {
        CHECK(content["schema"]["properties"].contains("timeout_ms"));
      }
    }
  }
  hooks->AddRoute("GET", "/api/mine/{rest*}", Access::Token,
                  [](const HttpRequest&) { return HttpAnswer{}; });
  hooks->Describe({{"get", "/api/nowhere", "A route that was taken out"}});
  const auto paths = document()["paths"];
  CHECK(paths["/api/mine/{rest}"]["get"]["x-undescribed"] == true);
  CHECK(paths["/api/nowhere"]["get"]["x-absent"] == true);
}

TEST_CASE("a throw in a frame does not leave it") {
  const auto hooks = StartOrThrow(Quiet());
  hooks->Frame([] { throw std::runtime_error("in the frame"); });
  CHECK(Health(*hooks)["first_error"]["message"] == "in the frame");
  CHECK(Health(*hooks)["frame"] == 1);
  hooks->ResetHealth();
  CHECK(Health(*hooks)["state"] == "healthy");
}

TEST_CASE("a loop that slept longer than a hang takes is woken, and not called hung") {
  SleepingLoop loop;
  Options options = Quiet();
  options.hang_after = 20ms;
  options.wake = [&] { loop.Wake(); };
  const auto hooks = StartOrThrow(std::move(options));
  std::thread frames([&] { loop.RunUntilShutdown(*hooks); });
  while (Health(*hooks)["state"] == "starting") std::this_thread::yield();
  const auto before = Health(*hooks)["frame"].get<uint64_t>();
  std::this_thread::sleep_for(60ms);  // the loop sleeps meanwhile: nobody wakes it
  CHECK(Health(*hooks)["state"] == "healthy");
  // Each health request is worth two frames, so that its asker sees them advance.
  while (Health(*hooks)["frame"].get<uint64_t>() < before + 2) std::this_thread::yield();
  hooks->RequestShutdown();
  frames.join();
}

TEST_CASE("a wake-up that blocks does not delay the health answer") {
  std::mutex window_system;
  Options options = Quiet();
  options.wake = [&] { const std::lock_guard wait(window_system); };
  window_system.lock();
  {
    const auto hooks = StartOrThrow(std::move(options));
    const auto begin = std::chrono::steady_clock::now();
    CHECK(Health(*hooks)["state"] == "starting");
    CHECK(std::chrono::steady_clock::now() - begin < 5s);
    window_system.unlock();
  }
}

TEST_CASE(
    "a check of the frame thread runs there, only when asked for, and never blocks the answer") {
  const auto hooks = StartOrThrow(Quiet());
  int runs = 0;
  hooks->AddCheck("disk", CheckOn::FrameThread, [&] {
    ++runs;
    return CheckAnswer{.ok = false, .detail = "full"};
  });
  hooks->Frame([] {});
  CHECK(runs == 0);
  CHECK(Health(*hooks)["checks"] == nlohmann::json::object());  // not run yet, and not waited for
  hooks->Frame([] {});
  CHECK(runs == 1);
  CHECK(Health(*hooks)["checks"]["disk"]["detail"] == "full");
  CHECK(Health(*hooks)["degraded_reason"] == "check 'disk' failed: full");
}

TEST_CASE("a check of the server thread runs with the request, and its throw is a failure") {
  const auto hooks = StartOrThrow(Quiet());
  hooks->AddCheck("disk", CheckOn::ServerThread,
                  []() -> CheckAnswer { throw std::runtime_error("gone"); });
  hooks->Frame([] {});
  CHECK(Health(*hooks)["degraded_reason"] == "check 'disk' failed: the check threw: gone");
}

TEST_CASE("a shutdown calls the handler, sets the flag and wakes the loop") {
  std::atomic<int> handled = 0;
  std::atomic<int> woken = 0;
  Options options = Quiet();
  options.on_shutdown = [&] { ++handled; };
  options.wake = [&] { ++woken; };
  const auto hooks = StartOrThrow(std::move(options));
  CHECK_FALSE(hooks->ShutdownRequested());
  hooks->RequestShutdown();
  CHECK(hooks->ShutdownRequested());
  CHECK(handled == 1);
  while (woken == 0) std::this_thread::yield();
}

TEST_CASE("a frame that nobody watches costs a few microseconds at most") {
  const auto hooks = StartOrThrow(Quiet());
  constexpr int kFrames = 20'000;
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < kFrames; ++i) hooks->Frame([] {});
  const auto each = (std::chrono::steady_clock::now() - begin) / kFrames;
  MESSAGE("ns per frame: ", std::chrono::nanoseconds(each).count());
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  CHECK(each < 5us);
#endif
}

TEST_CASE("a program that listens only when it is asked to is silent, and guarded all the same") {
  unsetenv("PROCTOR_HOOKS");
  unsetenv("PROCTOR_HOOKS_TOKEN");
  Options options{.app = "test", .listen = Listen::WhenAsked, .crash_note = CrashNote::Off};
  {
    const auto hooks = StartOrThrow(options);
    CHECK(hooks->port() == 0);
    CHECK(hooks->url() == "");
    CHECK(hooks->discovery_file() == "");
    hooks->Frame([] { throw std::runtime_error("survived"); });
    CHECK(Health(*hooks)["state"] == "degraded");
  }
  setenv("PROCTOR_HOOKS", "1", 1);
  {
    const auto hooks = StartOrThrow(options);
    CHECK(hooks->port() > 0);
    CHECK(hooks->url() != "");
  }
  unsetenv("PROCTOR_HOOKS");
}

TEST_CASE("a wait for a check of the program's own ends once the check says ok") {
  fakes::HeadlessImGui imgui;
  const auto hooks = StartOrThrow(Quiet());
  std::atomic<int> asked = 0;
  hooks->AddCheck("ready", CheckOn::ServerThread,
                  [&] { return CheckAnswer{.ok = ++asked > 5, .detail = "not yet"}; });
  hooks->AddCheck("never", CheckOn::FrameThread,
                  [] { return CheckAnswer{.ok = false, .detail = "no database"}; });
  const auto post = [&](const char* body) {
    httplib::Client client("127.0.0.1", hooks->port());
    client.set_bearer_token_auth(hooks->token());
    const auto answer = client.Post("/api/ui/wait", body, "application/json");
    return answer ? std::make_pair(answer->status, answer->body) : std::make_pair(0, std::string());
  };
  std::pair<int, std::string> ready, never, unknown;
  std::atomic<bool> done = false;
  std::thread client([&] {
    ready = post(R"({"check": "ready"})");
    never = post(R"({"check": "never", "timeout_ms": 50})");
    unknown = post(R"({"check": "nobody"})");
    done = true;
  });
  while (!done) {
    hooks->BeginFrame();
    imgui.Frame([&] { hooks->Guard("frame", [] {}); });
    hooks->EndFrame();
  }
  client.join();
  CHECK(ready.first == 200);
  CHECK(asked > 5);
  CHECK(never.first == 408);
  CHECK(never.second.find("check 'never' (no database)") != std::string::npos);
  CHECK(unknown.first == 404);
}

}  // namespace proctor::hooks
