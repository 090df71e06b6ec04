// What the hooks cost: the health route against a bare handler of the same HTTP library in the
// same process, its tail at a steady thousand requests a second, the item tree of a window with
// 2,000 items. With a port: the tail alone, of the program that listens there and of a bare
// handler. Prints one JSON line; ./dev bench runs it.

#include <httplib.h>
#include <imgui.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "hooks/hooks.h"
#include "hooks/quiet_thread.h"
#include "tests/fakes/headless_imgui.h"

namespace proctor::hooks {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::microseconds;

constexpr int kItems = 2000;
constexpr int kClients = 2;  // as many as a small machine has cores
constexpr int kRequestsEach = 4000;
constexpr microseconds kRefresh{16'667};
constexpr auto kSteady = std::chrono::seconds(5);

double Ms(Clock::duration length) {
  return std::chrono::duration<double, std::milli>(length).count();
}

double Quantile(std::vector<double> values, double q) {
  std::sort(values.begin(), values.end());
  return values[static_cast<size_t>(static_cast<double>(values.size() - 1) * q)];
}

/// A program that draws when it is woken, as an event loop does, no sooner than the screen's
/// refresh, in a thread of its own.
class Program {
 public:
  explicit Program(microseconds refresh) : refresh_(refresh) {
    std::mutex started;
    started.lock();
    thread_ = std::jthread([this, &started](const std::stop_token& stop) { Run(stop, started); });
    started.lock();  // unlocked once the hooks are there
    started.unlock();
  }
  ~Program() {
    thread_.request_stop();
    Wake();
  }
  Hooks& hooks() { return *hooks_; }

 private:
  void Wake() {
    const std::lock_guard lock(mutex_);
    woken_ = true;
    changed_.notify_one();
  }
  void Run(const std::stop_token& stop, std::mutex& started) {
    fakes::HeadlessImGui imgui;
    hooks_ = std::move(*Hooks::Start({.app = "bench",
                                      .wake = [this] { Wake(); },
                                      .discovery = Discovery::Off,
                                      .crash_note = CrashNote::Off}));
    started.unlock();
    auto next = Clock::now();
    while (!stop.stop_requested()) {
      std::this_thread::sleep_until(next);  // as the screen's refresh has it
      next = Clock::now() + refresh_;
      {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return woken_; });
        woken_ = false;
      }
      hooks_->BeginFrame();
      imgui.Frame([&] { hooks_->Guard("frame", Draw); });
      hooks_->EndFrame();
    }
    hooks_.reset();
  }
  static void Draw() {
    ImGui::Begin("Bench");
    for (int i = 0; i < kItems; ++i) {
      ImGui::PushID(i);
      ImGui::Button("item");
      ImGui::PopID();
    }
    ImGui::End();
  }

  const microseconds refresh_;
  std::unique_ptr<Hooks> hooks_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool woken_ = true;
  std::jthread thread_;  // last: it uses the others
};

/// The peer: the same library, the same body, nothing else.
class Bare {
 public:
  explicit Bare(std::string body) {
    server_.Get("/api/gui_health", [body](const httplib::Request&, httplib::Response& response) {
      response.set_content(body, "application/json");
    });
    server_.set_tcp_nodelay(true);
    server_.set_keep_alive_max_count(1'000'000);
    port_ = server_.bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    while (!server_.is_running()) std::this_thread::yield();
  }
  ~Bare() {
    server_.stop();
    thread_.join();
  }
  int port() const { return port_; }

 private:
  httplib::Server server_;
  int port_ = 0;
  std::thread thread_;
};

/// Requests a second, over kClients connections at once.
double Throughput(int port) {
  std::vector<std::jthread> clients;
  const auto begin = Clock::now();
  for (int i = 0; i < kClients; ++i) {
    clients.emplace_back([port] {
      httplib::Client client("127.0.0.1", port);
      client.set_keep_alive(true);
      client.set_tcp_nodelay(true);
      for (int n = 0; n < kRequestsEach; ++n) {
        const auto answer = client.Get("/api/gui_health");
        if (!answer || answer->status != 200) std::abort();
      }
    });
  }
  clients.clear();
  return kClients * kRequestsEach / (Ms(Clock::now() - begin) / 1000);
}

/// Milliseconds of each request, sent at a thousand a second whether or not the ones before
/// are answered: a slow answer is charged to all who wait behind it.
std::vector<double> Steady(int port) {
  AskForShortTurns();  // it is not its own waits that are to be measured
  std::vector<double> took;
  httplib::Client client("127.0.0.1", port);
  client.set_keep_alive(true);
  client.set_tcp_nodelay(true);
  const auto begin = Clock::now();
  for (auto due = begin; due < begin + kSteady; due += std::chrono::milliseconds(1)) {
    std::this_thread::sleep_until(due);
    if (const auto answer = client.Get("/api/gui_health"); !answer) std::abort();
    took.push_back(Ms(Clock::now() - due));
  }
  return took;
}

std::vector<double> Tree(Hooks& hooks) {
  std::vector<double> took;
  httplib::Client client("127.0.0.1", hooks.port());
  client.set_bearer_token_auth(hooks.token());
  client.set_keep_alive(true);
  client.set_tcp_nodelay(true);
  for (int n = 0; n < 50; ++n) {
    const auto begin = Clock::now();
    const auto answer = client.Get("/api/ui");
    if (!answer || answer->status != 200) std::abort();
    took.push_back(Ms(Clock::now() - begin));
  }
  return took;
}

int Watch(int port) {
  const std::vector<double> steady = Steady(port);
  const Bare bare("{}");  // what the machine takes for a handler that does nothing
  const std::vector<double> beside = Steady(bare.port());
  std::printf(
      "{\"p50_ms\": %.3f, \"p99_ms\": %.3f, \"bare_p50_ms\": %.3f, \"bare_p99_ms\": %.3f}\n",
      Quantile(steady, 0.5), Quantile(steady, 0.99), Quantile(beside, 0.5), Quantile(beside, 0.99));
  return 0;
}

int Run() {
  std::vector<double> tree;
  {
    Program at_once(microseconds(0));  // else the wait for the refresh is all there is to see
    tree = Tree(at_once.hooks());
  }
  Program program(kRefresh);
  const int port = program.hooks().port();
  std::string body = program.hooks().HealthJson();
  const Bare bare(body);
  std::vector<double> ratios;
  std::vector<double> ours;
  std::vector<double> theirs;
  for (int round = 0; round < 7; ++round) {
    ours.push_back(Throughput(port));
    theirs.push_back(Throughput(bare.port()));
    ratios.push_back(ours.back() / theirs.back());
  }
  const std::vector<double> steady = Steady(port);
  std::printf(
      "{\"ratio\": %.3f, \"ours\": %.0f, \"bare\": %.0f, \"p50_ms\": %.3f, "
      "\"p99_ms\": %.3f, \"tree_ms\": %.2f}\n",
      Quantile(ratios, 0.5), Quantile(ours, 0.5), Quantile(theirs, 0.5), Quantile(steady, 0.5),
      Quantile(steady, 0.99), Quantile(tree, 0.5));
  return 0;
}

}  // namespace
}  // namespace proctor::hooks

int main(int argc, char** argv) {
  return argc > 1 ? proctor::hooks::Watch(std::atoi(argv[1])) : proctor::hooks::Run();
}
