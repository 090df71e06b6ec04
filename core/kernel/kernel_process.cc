#include "core/kernel/kernel_process.h"

#include <fmt/format.h>
#include <uv.h>

#include <csignal>
#include <utility>

#include "core/base/overloaded.h"
#include "core/process/exit_status.h"
#include "core/process/pipe.h"

namespace proctor {
namespace {

constexpr size_t kTailLines = 20;
constexpr size_t kLastWords = 1 << 20;  // bytes

}  // namespace

/// libuv frees a timer only on a later turn of the loop, so that it lives by itself.
struct KernelProcess::Timer {
  explicit Timer(uv_loop_s* loop) : timer(new uv_timer_t) { uv_timer_init(loop, timer); }
  ~Timer() {
    uv_close(reinterpret_cast<uv_handle_t*>(timer),
             [](uv_handle_t* handle) { delete reinterpret_cast<uv_timer_t*>(handle); });
  }
  uv_timer_t* timer;
};

KernelProcess::KernelProcess(Options options)
    : options_(std::move(options)),
      log_(options_.log),
      timer_(std::make_unique<Timer>(options_.loop)) {
  timer_->timer->data = this;
}

KernelProcess::~KernelProcess() = default;

Result<std::unique_ptr<KernelProcess>, std::string> KernelProcess::Start(Options options) {
  auto pipe = MakePipe();
  if (!pipe) return Failure{"the kernel's output cannot be read: " + pipe.error()};
  std::unique_ptr<KernelProcess> process(new KernelProcess(std::move(options)));
  KernelProcess* const self = process.get();
  SpawnSpec spec;
  spec.argv = self->options_.launch.argv;
  spec.env = self->options_.environment;
  spec.cwd = self->options_.cwd.string();
  spec.fds = {{1, pipe->second.get()}, {2, pipe->second.get()}};
  self->output_copy_ = Duplicate(pipe->first.get());
  self->reader_ = std::make_unique<OutputReader>(
      self->options_.loop, std::move(pipe->first),
      OutputReader::Callbacks{[self](std::string_view chunk) { self->log_.Append(chunk); }, [] {}});
  self->child_ = self->options_.tether->Spawn(spec);
  return process;
}

void KernelProcess::Rebind(std::function<void(std::string, std::string)> on_exit,
                           std::function<void()> on_gone) {
  options_.on_exit = std::move(on_exit);
  options_.on_gone = std::move(on_gone);
}

void KernelProcess::OnExit(const std::string& why) {
  if (std::exchange(exited_, true)) return;
  uv_timer_stop(timer_->timer);
  DrainNow(output_copy_.get(), kLastWords, [this](std::string_view chunk) { log_.Append(chunk); });
  options_.tether->EndTree(child_);
  options_.on_exit(why, fmt::format("{}", fmt::join(log_.Tail(kTailLines), "\n")));
}

void KernelProcess::Stop(std::chrono::milliseconds grace) {
  grace_ = grace;
  if (exited_) return;
  uv_timer_start(
      timer_->timer, [](uv_timer_t* t) { static_cast<KernelProcess*>(t->data)->Climb(); },
      static_cast<uint64_t>(grace.count() / 2), 0);
}

void KernelProcess::Climb() {
  if (std::exchange(terminated_, true)) return options_.tether->EndTree(child_);
  options_.tether->Signal(child_, SIGTERM, Target::Process);
  uv_timer_start(
      timer_->timer, [](uv_timer_t* t) { static_cast<KernelProcess*>(t->data)->Climb(); },
      static_cast<uint64_t>(grace_.count() / 2), 0);
}

bool KernelProcess::OnTether(const TetherEvent& event) {
  return std::visit(overloaded{[&](const ChildSpawned& e) {
                                 if (e.child != child_) return false;
                                 pid_ = e.pid;
                                 return true;
                               },
                               [&](const ChildNotSpawned& e) {
                                 if (e.child != child_) return false;
                                 exited_ = true;
                                 options_.on_exit("could not be started: " + e.reason, "");
                                 const auto gone = options_.on_gone;
                                 gone();
                                 return true;
                               },
                               [&](const ChildExited& e) {
                                 if (e.child != child_) return false;
                                 OnExit(Describe(e.status));
                                 return true;
                               },
                               [&](const TreeEnded& e) {
                                 if (e.child != child_) return false;
                                 OnExit("was ended");
                                 const auto gone = options_.on_gone;  // outlives this
                                 gone();
                                 return true;
                               },
                               [&](const TetherLost&) { return false; }},
                    event);
}

}  // namespace proctor
