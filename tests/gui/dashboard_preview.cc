// The dashboard on made-up states, without an engine: to look at it, to develop
// panels, and to measure what a frame costs.
//
//   dashboard_preview SCENE [--frames N]
//
// SCENE: empty, running, lanes, failure, done, large (100,000 tests), storm (100,000 tests, and
// news all the time). With --frames it closes by itself and prints a JSON line.

#include <fmt/format.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "app/dashboard.h"
#include "app/routes.h"
#include "hooks/hooks.h"
#include "tests/fakes/sample_state.h"

namespace proctor {
namespace {

using std::chrono::nanoseconds;

double Milliseconds(nanoseconds t) {
  return static_cast<double>(t.count()) / 1e6;
}

/// Since this process was started, by the kernel's clock (in steps of 10 ms).
double SinceStart() {
  std::ifstream file("/proc/self/stat");
  std::string stat((std::istreambuf_iterator<char>(file)), {});
  stat.erase(0, stat.rfind(')') + 2);
  size_t at = 0;
  for (int field = 3; field < 22; ++field) at = stat.find(' ', at) + 1;
  const double started =
      std::strtod(stat.c_str() + at, nullptr) / static_cast<double>(sysconf(_SC_CLK_TCK));
  timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);
  return (static_cast<double>(now.tv_sec) + now.tv_nsec / 1e9 - started) * 1e3;
}

struct Preview {
  Latest<const State> states;
  std::unique_ptr<hooks::Hooks> hooks;
  std::vector<double> cpu_ms;
  std::optional<double> first_frame_ms;
  size_t frames_wanted = 0;  ///< 0: until closed
  std::string scene;

  void OnFrame(const FrameCost& cost) {
    if (!first_frame_ms) first_frame_ms = SinceStart();
    cpu_ms.push_back(Milliseconds(cost.cpu));
    if (frames_wanted == 0) return;
    if (cpu_ms.size() >= frames_wanted) hooks->RequestShutdown();
    WakeDashboard();
  }
  void Report() {
    constexpr size_t kWarmUp = 5;  // the first frames rasterise the glyphs
    if (cpu_ms.size() > kWarmUp * 2) cpu_ms.erase(cpu_ms.begin(), cpu_ms.begin() + kWarmUp);
    std::sort(cpu_ms.begin(), cpu_ms.end());
    const auto share = [&](double p) {
      return cpu_ms[static_cast<size_t>(p * static_cast<double>(cpu_ms.size() - 1))];
    };
    fmt::print(
        "{{\"bench\": \"dashboard_frame\", \"scene\": \"{}\", \"frames\": {}, \"cpu_ms\": "
        "{{\"p50\": "
        "{:.3f}, \"p90\": {:.3f}, \"p99\": {:.3f}, \"max\": {:.3f}}}, \"first_frame_ms\": "
        "{:.0f}}}\n",
        scene, cpu_ms.size(), share(0.5), share(0.9), share(0.99), cpu_ms.back(), *first_frame_ms);
  }
};

std::shared_ptr<State> SceneState(const std::string& scene) {
  if (scene == "running") return fakes::MakeSampleState({.done = 0.62});
  if (scene == "lanes") return fakes::MakeTwoLanes();
  if (scene == "failure" || scene == "done") return fakes::MakeSampleState({});
  if (scene == "large" || scene == "storm") {
    return fakes::MakeSampleState(
        {.files = 1000, .tests_per_file = 100, .done = 0.5, .output_lines = 10000});
  }
  auto state = std::make_shared<State>();
  state->config = fakes::MakeSampleConfig();
  return state;
}

/// Publishes a changed state a thousand times a second.
void MakeNews(Preview& preview, std::shared_ptr<State> state, std::stop_token stop) {
  uint32_t file = 500, test = 0;
  while (!stop.stop_requested() && file < state->files.size()) {
    TestState& next = state->files.Edit(file).tests.Edit(test);
    next.progress = TestProgress::Done;
    next.outcome = Outcome::Passed;
    next.final = true;
    ++state->counts[Outcome::Passed];
    ++state->files.Edit(file).counts[Outcome::Passed];
    state->now = state->now + std::chrono::milliseconds(1);
    if (++test == 100) {
      test = 0;
      ++file;
    }
    preview.states.Publish(std::make_shared<const State>(*state));
    WakeDashboard();
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

int Main(int argc, char** argv) {
  Preview preview;
  preview.scene = argc > 1 ? argv[1] : "failure";
  if (argc > 3 && std::string(argv[2]) == "--frames") {
    preview.frames_wanted = std::strtoul(argv[3], nullptr, 10);
  }
  auto hooks =
      hooks::Hooks::Start({.app = "dashboard_preview", .version = "0", .wake = WakeDashboard});
  if (!hooks) {
    fmt::print(stderr, "{}\n", hooks.error());
    return 3;
  }
  preview.hooks = std::move(*hooks);
  const auto state = SceneState(preview.scene);
  preview.states.Publish(std::make_shared<const State>(*state));
  const Post post = [](Event event) { fmt::print(stderr, "posted event {}\n", event.index()); };
  AddRoutes({.hooks = *preview.hooks, .states = preview.states, .post = post});
  std::jthread news;
  if (preview.scene == "storm") {
    news =
        std::jthread([&preview, state](std::stop_token stop) { MakeNews(preview, state, stop); });
  }
  const int code =
      RunDashboard({.config = state->config,
                    .states = preview.states,
                    .post = post,
                    .hooks = *preview.hooks,
                    .on_frame = [&](const FrameCost& cost) { preview.OnFrame(cost); }});
  if (code == 0) preview.Report();
  return code;
}

}  // namespace
}  // namespace proctor

int main(int argc, char** argv) {
  return proctor::Main(argc, argv);
}
