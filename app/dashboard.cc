#include "app/dashboard.h"

#include <fmt/format.h>
#include <imgui.h>
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <mutex>
#include <thread>

#include "app/format.h"
#include "app/frame_pacer.h"
#include "app/gui_routes.h"
#include "app/kernel_words.h"
#include "app/window.h"
#include "app/workbench.h"
#include "core/config/config.h"
#include "hooks/hooks.h"
#include "hooks/waker.h"

namespace proctor {
namespace {

using SteadyTime = std::chrono::steady_clock::time_point;
using std::chrono::nanoseconds;

/// How long a stop may take before the window closes without it; the engine's end
/// ends all that is left.
constexpr auto kStopPatience = std::chrono::seconds(10);

/// Where WakeDashboard() finds the window; GLFW is as global as this.
struct Sleeper {
  std::mutex mutex;
  hooks::Waker* waker = nullptr;  ///< null while there is no window
};
Sleeper sleeper;

/// A frame begins: what wakes the window from here on is about another one. Else a wake-up
/// right after a short frame would be taken for one that the frame has served.
void TellFrame() {
  const std::lock_guard lock(sleeper.mutex);
  if (sleeper.waker != nullptr) sleeper.waker->OnFrame();
}

/// Lets WakeDashboard() through for as long as it lives.
class Wakeable {
 public:
  Wakeable() : waker_(WakeWindow) { Set(&waker_); }
  ~Wakeable() { Set(nullptr); }
  Wakeable(const Wakeable&) = delete;
  Wakeable& operator=(const Wakeable&) = delete;

 private:
  static void Set(hooks::Waker* waker) {
    const std::lock_guard lock(sleeper.mutex);
    sleeper.waker = waker;
  }
  hooks::Waker waker_;
};

nanoseconds ThreadCpu() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return std::chrono::seconds(t.tv_sec) + nanoseconds(t.tv_nsec);
}

/// Wakes the window for what the kernels do. Their logs grow without a new version of the host,
/// so that while one is busy it is looked at some times a second.
void WatchKernels(const std::stop_token& stop, const KernelHost& host) {
  constexpr std::chrono::milliseconds kBusy{100}, kCalm{500};
  uint64_t seen = host.version();
  auto list = host.kernels();
  while (!stop.stop_requested()) {
    const bool busy = std::any_of(list->kernels.begin(), list->kernels.end(), [](const auto& k) {
      return ConditionOf(k).activity == KernelActivity::Busy;
    });
    const uint64_t before = seen;
    list = host.WaitNewer(before, busy ? kBusy : kCalm, &seen);
    if (busy || seen != before) WakeDashboard();
  }
}

/// The ends of a frame, where ImGui's own recovery cannot be used.
template <typename Work>
void Survive(hooks::Hooks& hooks, const Work& work) {
  try {
    work();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "proctor: a frame failed: %s\n", error.what());
    hooks.SetDegraded(error.what());
  }
}

/// The engine's clock as it is seen from here: the newest state's time, and on from
/// there.
class EngineTime {
 public:
  Time At(const Latest<const State>::Snapshot& snapshot, SteadyTime now) {
    if (snapshot.version != version_) {
      version_ = snapshot.version;
      seen_ = now;
    }
    return snapshot.value->now + (now - seen_);
  }

 private:
  uint64_t version_ = 0;
  SteadyTime seen_{};
};

class Dashboard {
 public:
  Dashboard(DashboardOptions& options, Window& window, std::shared_ptr<Workbench> bench)
      : options_(options), window_(window), bench_(std::move(bench)) {
    auto empty = std::make_shared<State>();
    empty->config = options_.config;
    empty_ = std::move(empty);
  }

  void Run() {
    do {
      DrawFrame();
      Close();
      if (!done_) WaitForWork();
    } while (!done_);
  }

 private:
  Latest<const State>::Snapshot Snapshot() const {
    auto snapshot = options_.states.Read();
    if (!snapshot.value) snapshot.value = empty_;
    return snapshot;
  }
  void DrawFrame();
  void WaitForWork();
  void Close();
  std::string Title(const State& state) const;

  DashboardOptions& options_;
  Window& window_;
  std::shared_ptr<Workbench> bench_;
  std::shared_ptr<const State> empty_;  ///< stands in until the engine has published one
  FramePacer pacer_;
  EngineTime time_;
  SteadyTime give_up_{};  ///< when a stop has taken too long
  bool done_ = false;
};

void Dashboard::DrawFrame() {
  const SteadyTime begun = FramePacer::Clock::now();
  const nanoseconds cpu_before = ThreadCpu();
  hooks::Hooks& hooks = options_.hooks;
  TellFrame();
  hooks.BeginFrame();
  const auto snapshot = Snapshot();
  const State& state = *snapshot.value;
  Survive(hooks, [&] { window_.BeginFrame(); });
  const Time now = time_.At(snapshot, begun);
  hooks.Guard("dashboard", [&] {
    DrawWorkbench(snapshot.value, now, *bench_, options_.post, options_.kernels, hooks);
  });
  FrameCost cost{.cpu = ThreadCpu() - cpu_before};
  Survive(hooks, [&] { cost.present = window_.Present(); });
  hooks.EndFrame();
  window_.SetTitle(Title(state));
  const bool subject_lives = !state.lanes.empty() && state.lanes[0].current.has_value();
  const bool remark = !bench_->said.empty();
  pacer_.SetTicking(IsRunning(state) || subject_lives || remark ||
                    bench_->closing == Closing::Stopping);
  pacer_.OnFrame(begun, cost.present);
  if (options_.on_frame) options_.on_frame(cost);
}

void Dashboard::WaitForWork() {
  window_.Wait(pacer_.UntilDue(FramePacer::Clock::now()));
  SteadyTime now = FramePacer::Clock::now();
  if (window_.HasInput()) pacer_.OnInput(now);
  const auto early = pacer_.UntilAllowed(now);
  if (early <= early.zero()) return;
  // What comes meanwhile is drawn in one frame.
  std::this_thread::sleep_for(early);
  window_.Poll();
  if (window_.HasInput()) pacer_.OnInput(FramePacer::Clock::now());
}

void Dashboard::Close() {
  const bool running = IsRunning(*Snapshot().value);
  Closing& closing = bench_->closing;
  if (window_.CloseAsked()) {
    window_.RefuseClose();
    if (closing == Closing::No) closing = Closing::Asking;
    if (!running || closing == Closing::Stopping) done_ = true;
    WakeDashboard();  // the question is to be drawn
  }
  if (options_.hooks.ShutdownRequested() && closing != Closing::Stopping) {
    if (running) options_.post(StopRequested{.mode = StopMode::Now});
    closing = Closing::Stopping;
  }
  if (closing != Closing::Stopping) return;
  const SteadyTime now = FramePacer::Clock::now();
  if (give_up_ == SteadyTime{}) give_up_ = now + kStopPatience;
  if (!running || now >= give_up_) done_ = true;
}

/// What a task bar shows: "3 bad · 45 of 200 - demo - Proctor".
std::string Dashboard::Title(const State& state) const {
  std::string title;
  const int bad = state.counts.Bad(), done = state.counts.Total();
  if (state.batch.phase == BatchPhase::Running && state.planned > 0) {
    title = fmt::format("{} of {} - ", FormatCount(done), FormatCount(state.planned));
  } else if (state.batch.phase == BatchPhase::Ended) {
    title = bad == 0 ? fmt::format("{} done - ", FormatCount(done)) : "";
  }
  if (bad > 0) title = fmt::format("{} bad, {}", FormatCount(bad), title.empty() ? "" : title);
  if (bad > 0 && state.batch.phase == BatchPhase::Ended) title = fmt::format("{} bad - ", bad);
  if (state.config) title += state.config->directory.filename().string() + " - ";
  return title + "Proctor";
}

}  // namespace

int RunDashboard(DashboardOptions options) {
  constexpr int kNoWindow = 4;
  // Shared with the routes, which may be called for as long as the hooks serve.
  auto bench = std::make_shared<Workbench>();
  auto window = Window::Open("Proctor", bench->layout);
  if (!window) {
    std::fprintf(stderr,
                 "proctor: %s. 'proctor run' needs no window; with SSH, connect with 'ssh -X'.\n",
                 window.error().c_str());
    return kNoWindow;
  }
  AddGuiRoutes(options.hooks, options.states, bench);
  options.hooks.Announce();
  const Wakeable wakeable;
  bench->details.evidence.wake = WakeDashboard;
  bench->kernels.wake = WakeDashboard;
  std::jthread watcher;
  if (options.kernels != nullptr) {
    watcher = std::jthread(
        [host = options.kernels](const std::stop_token& stop) { WatchKernels(stop, *host); });
  }
  Dashboard(options, **window, bench).Run();
  bench->kernels.Forget();
  bench->details.evidence.Change(nullptr);  // while the window's graphics are there
  return 0;
}

void WakeDashboard() {
  const std::lock_guard lock(sleeper.mutex);
  if (sleeper.waker != nullptr) sleeper.waker->Wake();
}

}  // namespace proctor
