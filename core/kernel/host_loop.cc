// What the host does on the loop: kernels started, restarted, ended, and their spares.

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <system_error>
#include <utility>

#include "core/kernel/connection.h"
#include "core/kernel/host_impl.h"
#include "core/process/environment.h"

namespace proctor {
namespace {

namespace fs = std::filesystem;
using Millis = std::chrono::milliseconds;

// The ports are chosen, let go, and bound by the kernel: somebody may be quicker.
constexpr int kPortTries = 4;
// Ids of requests: a spare's session, which takes another's place, has numbers of its own.
constexpr RequestId kRequestsPerStart = 1'000'000;

// Python's end and start take a core each for a while: what is asked of the one that took over at
// once goes before them.
constexpr Millis kBreather{100};

bool LostItsPorts(const std::string& tail) {
  return tail.find("Address already in use") != std::string::npos;
}

enum class Warming { Begun, NotNeeded };

/// The first cell of a fresh ipykernel takes twice as long as the next. One that shows a value
/// to nobody is no part of its history, and counts for nothing.
Warming Warm(KernelSession& session, const KernelInfo& info) {
  const auto client = session.client();
  if (!client || info.implementation != "ipython") return Warming::NotNeeded;
  ExecuteRequest request;
  request.code = "get_ipython().display_formatter.format(1)";
  request.silent = true;
  request.store_history = false;
  client->Execute(/*id=*/0, std::move(request), {});
  return Warming::Begun;
}

}  // namespace

/// libuv frees a timer only on a later turn of the loop, so that it lives by itself.
struct KernelHost::Impl::Pause {
  uv_timer_t timer{};
  Impl* host = nullptr;
  std::function<void()> work;

  void Close() {
    uv_close(reinterpret_cast<uv_handle_t*>(&timer),
             [](uv_handle_t* handle) { delete static_cast<Pause*>(handle->data); });
  }
  void Fire() {
    const auto due = std::move(work);
    host->pauses_.remove(this);
    Close();
    due();
  }
};

void KernelHost::Impl::After(Millis pause, std::function<void()> work) {
  auto* const one = new Pause{.host = this, .work = std::move(work)};
  pauses_.push_back(one);
  uv_timer_init(world_.loop, &one->timer);
  one->timer.data = one;
  uv_timer_start(
      &one->timer, [](uv_timer_t* timer) { static_cast<Pause*>(timer->data)->Fire(); },
      static_cast<uint64_t>(pause.count()), 0);
}

std::function<void()> KernelHost::Impl::Interrupter(ChildId child) {
  return [weak = weak_from_this(), tether = world_.tether, child] {
    const auto self = weak.lock();
    if (!self) return;
    self->RunOnLoop([tether, child] { tether->Signal(child, SIGINT, Target::Group); });
  };
}

Result<std::shared_ptr<KernelSession>, std::string> KernelHost::Impl::Open(
    const KernelConnection& connection, InterruptMode mode, std::function<void()> send_sigint,
    SessionOptions options) {
  options.client.connection = connection;
  options.client.interrupt_mode = mode;
  options.client.send_sigint = std::move(send_sigint);
  return KernelSession::Open(std::move(options));
}

void KernelHost::Impl::Fail(const EntryPtr& entry, std::string why) {
  Edit([&] {
    entry->view.start_error = std::move(why);
    entry->view.pid = 0;
  });
}

/// What a kernel is looked for and started with, but for what its kernelspec adds.
KernelEnvironment KernelHost::Impl::EnvironmentOf(const KernelOrder& order) const {
  KernelEnvironment environment = world_.environment;
  for (const auto& given : order.env) Set(environment, given.first, given.second);
  return environment;
}

Result<KernelLaunch, std::string> KernelHost::Impl::Prepare(KernelEntry& entry,
                                                            const fs::path& folder) const {
  fs::path workspace = entry.order.cwd;
  std::error_code error;
  if (workspace.empty()) {
    workspace = folder / "workspace";
    fs::create_directories(workspace, error);
  } else if (!fs::is_directory(workspace, error)) {
    return Failure{
        fmt::format("the kernel's working directory {} does not exist", workspace.string())};
  }
  if (error) {
    return Failure{fmt::format("{} cannot be made: {}", workspace.string(), error.message())};
  }
  entry.order.cwd = workspace;
  return PrepareKernel(entry.order.kernel, entry.order.sandbox, fs::current_path(), folder,
                       workspace, workspace, EnvironmentOf(entry.order));
}

Result<std::unique_ptr<KernelProcess>, std::string> KernelHost::Impl::Spawn(
    const KernelEntry& entry, KernelLaunch launch, const fs::path& log,
    std::function<void(std::string, std::string)> on_exit, std::function<void()> on_gone) {
  KernelEnvironment environment = world_.environment;
  for (const std::string& name : launch.unset) Unset(environment, name);
  for (const auto& named : launch.env) Set(environment, named.first, named.second);
  for (const auto& given : entry.order.env) Set(environment, given.first, given.second);
  return KernelProcess::Start({.loop = world_.loop,
                               .tether = world_.tether,
                               .launch = std::move(launch),
                               .environment = std::move(environment),
                               .cwd = entry.order.cwd,
                               .log = log,
                               .on_exit = std::move(on_exit),
                               .on_gone = std::move(on_gone)});
}

void KernelHost::Impl::Launch(const EntryPtr& entry) {
  auto launch = Prepare(*entry, FolderOf(*entry, ""));
  if (!launch) return Fail(entry, launch.error());
  StartProcess(entry, std::move(*launch));
}

void KernelHost::Impl::StartProcess(const EntryPtr& entry, KernelLaunch launch) {
  const fs::path log = FolderOf(*entry, ".log");
  const KernelConnection connection = launch.connection;
  const Kernelspec spec = launch.spec;
  const fs::path connection_file = launch.connection_file;
  auto process = Spawn(
      *entry, std::move(launch), log,
      [this, entry](const std::string& why, const std::string& tail) { OnExit(entry, why, tail); },
      [this, entry] { OnGone(entry); });
  if (!process) return Fail(entry, process.error());
  entry->process = std::move(*process);
  // First its session, then the new count of starts: whoever waits for that one would else see
  // the end of the process before as its own.
  const auto connected = Connect(entry, connection, spec.interrupt_mode);
  Edit([&] {
    KernelView& view = entry->view;
    view.display_name = spec.display_name;
    view.language = spec.language;
    view.cwd = entry->order.cwd;
    view.connection_file = connection_file;
    view.log = log;
    view.start_error.clear();
    ++view.starts;
  });
  if (!connected) Fail(entry, connected.error());
}

Result<void, std::string> KernelHost::Impl::Connect(const EntryPtr& entry,
                                                    const KernelConnection& connection,
                                                    InterruptMode mode) {
  const auto interrupt = Interrupter(entry->process->child());
  if (entry->session) {
    KernelClientOptions client;
    client.connection = connection;
    client.interrupt_mode = mode;
    client.send_sigint = interrupt;
    return entry->session->Reconnect(std::move(client));
  }
  SessionOptions options;
  options.ready_timeout = entry->order.ready_timeout;
  options.on_change = [weak = weak_from_this(), held = std::weak_ptr(entry)] {
    const auto self = weak.lock();
    const auto changed = held.lock();
    if (self && changed) self->OnChange(changed);
  };
  auto session = Open(connection, mode, interrupt, std::move(options));
  if (!session) return Failure{session.error()};
  Edit([&] { entry->session = std::move(*session); });
  return {};
}

/// On the kernel's thread.
void KernelHost::Impl::OnChange(const EntryPtr& entry) {
  Touch();
  if (entry->order.spares == 0) return;
  RunOnLoop([this, entry] {
    const bool ready =
        entry->session && entry->session->view()->status.activity == KernelActivity::Idle;
    if (ready && !entry->gone && !entry->spare_asked && !entry->restarting) LaunchSpare(entry);
  });
}

void KernelHost::Impl::OnExit(const EntryPtr& entry, const std::string& why,
                              const std::string& tail) {
  Edit([&] { entry->view.pid = 0; });
  const bool was_ready = entry->session && !entry->session->view()->info.session.empty();
  if (!was_ready && LostItsPorts(tail) && ++entry->port_tries < kPortTries) {
    entry->restarting = true;  // with other ports, when nothing of it is left
    return;
  }
  std::string text = "its process " + why;
  if (!tail.empty()) text += "\nThe end of its output:\n" + tail;
  if (entry->session) entry->session->ProcessEnded(text);
}

void KernelHost::Impl::OnGone(const EntryPtr& entry) {
  const std::unique_ptr<KernelProcess> old = std::move(entry->process);
  if (stopped_ || !old) return;
  RemoveSocketFiles(old->launch().connection);
  if (!std::exchange(entry->restarting, false) || entry->gone) return Touch();
  if (entry->port_tries > 0) return Launch(entry);
  StartProcess(entry, old->launch());
}

void KernelHost::Impl::LaunchSpare(const EntryPtr& entry) {
  entry->spare_asked = true;
  entry->spare_warmed = false;
  KernelOrder order = entry->order;
  const std::string name = fmt::format("-spare-{}", entry->view.starts + 1);
  auto launch = PrepareKernel(order.kernel, order.sandbox, fs::current_path(),
                              FolderOf(*entry, name), order.cwd, order.cwd, EnvironmentOf(order));
  if (!launch) return;  // the next restart says why
  const KernelConnection connection = launch->connection;
  const InterruptMode mode = launch->spec.interrupt_mode;
  const auto forget = [this, entry] {
    const auto lost = std::move(entry->spare);
    Edit([&] { entry->view.spare_ready = false; });
    if (entry->spare_session) entry->spare_session->Close();
    entry->spare_session.reset();
    entry->spare_asked = false;
  };
  auto process = Spawn(
      *entry, std::move(*launch), FolderOf(*entry, name + ".log"),
      [](const std::string&, const std::string&) {}, forget);
  if (!process) return;
  entry->spare = std::move(*process);
  SessionOptions options;
  options.ready_timeout = order.ready_timeout;
  options.first_request = kRequestsPerStart * static_cast<RequestId>(entry->view.starts) + 1;
  options.on_change = [weak = weak_from_this(), held = std::weak_ptr(entry)] {
    const auto self = weak.lock();
    const auto changed = held.lock();
    if (!self || !changed) return;
    self->OnChange(changed);
    self->RunOnLoop([self = self.get(), changed] { self->WatchSpare(changed); });
  };
  auto session = Open(connection, mode, Interrupter(entry->spare->child()), std::move(options));
  if (session) entry->spare_session = std::move(*session);
}

void KernelHost::Impl::WatchSpare(const EntryPtr& entry) {
  const auto view = entry->spare_session ? entry->spare_session->view() : nullptr;
  const bool idle = view && view->status.activity == KernelActivity::Idle;
  const bool cold = idle && !std::exchange(entry->spare_warmed, true);
  if (cold && Warm(*entry->spare_session, view->info) == Warming::Begun) return;
  Edit([&] { entry->view.spare_ready = idle; });
}

bool KernelHost::Impl::TakeSpare(const EntryPtr& entry) {
  const auto view = entry->spare_session ? entry->spare_session->view() : nullptr;
  // Busy: it is being warmed, which takes some milliseconds more.
  const bool ready = entry->spare && !entry->spare->exited() && view &&
                     (view->status.activity == KernelActivity::Idle ||
                      view->status.activity == KernelActivity::Busy);
  if (!ready) return false;
  std::unique_ptr<KernelProcess> old = std::exchange(entry->process, std::move(entry->spare));
  std::shared_ptr<KernelSession> old_session;
  entry->process->Rebind(
      [this, entry](const std::string& why, const std::string& tail) { OnExit(entry, why, tail); },
      [this, entry] { OnGone(entry); });
  Edit([&] {
    old_session = std::exchange(entry->session, std::move(entry->spare_session));
    entry->view.pid = entry->process->pid();
    entry->view.connection_file = entry->process->launch().connection_file;
    entry->view.spare_ready = false;
    ++entry->view.starts;
  });
  entry->spare_session.reset();
  old_session->ProcessEnded("a spare took its place: somebody asked for a restart");
  const ChildId leaving = old ? Leave(std::move(old), std::move(old_session)) : ChildId{};
  After(kBreather, [this, entry, leaving] {
    StopLeaving(leaving, kBreather);
    entry->spare_asked = false;
    if (!entry->gone && !entry->restarting) LaunchSpare(entry);
  });
  return true;
}

/// From here on it is in nobody's way, and what is left of it is cleared away at its end.
ChildId KernelHost::Impl::Leave(std::unique_ptr<KernelProcess> process,
                                std::shared_ptr<KernelSession> session) {
  const ChildId child = process->child();
  leaving_.push_back(std::move(process));
  KernelProcess* const leaving = leaving_.back().get();
  leaving->Rebind([](const std::string&, const std::string&) {},
                  [this, leaving, session = std::move(session)] {
                    if (session) session->Close();
                    RemoveSocketFiles(leaving->launch().connection);
                    leaving_.remove_if([&](const auto& each) { return each.get() == leaving; });
                  });
  return child;
}

void KernelHost::Impl::StopLeaving(ChildId child, std::chrono::milliseconds grace) {
  for (const auto& leaving : leaving_) {
    if (leaving->child() == child) leaving->Stop(grace);
  }
}

/// Ends it beside everything else.
void KernelHost::Impl::Retire(std::unique_ptr<KernelProcess> process,
                              std::shared_ptr<KernelSession> session, bool restart,
                              std::chrono::milliseconds grace) {
  if (process->exited() && process->pid() == 0) return;
  const ChildId leaving = Leave(std::move(process), session);
  if (const auto client = session ? session->client() : nullptr) {
    client->Shutdown(restart, grace / 2, [](const Result<std::string, std::string>&) {});
  }
  StopLeaving(leaving, grace);
}

void KernelHost::Impl::Restart(const EntryPtr& entry) {
  if (entry->gone || stopped_ || entry->restarting) return;
  entry->port_tries = 0;
  if (TakeSpare(entry)) return;
  if (!entry->process) return Launch(entry);
  entry->restarting = true;
  if (const auto client = entry->session ? entry->session->client() : nullptr) {
    client->Shutdown(/*restart=*/true, Millis(1000),
                     [](const Result<std::string, std::string>&) {});
  }
  entry->process->Stop(Millis(2000));
}

void KernelHost::Impl::Shutdown(const EntryPtr& entry, std::chrono::milliseconds grace) {
  std::shared_ptr<KernelSession> session;
  Edit([&] {
    entry->gone = true;
    session = entry->session;
    std::erase(entries_, entry);
  });
  if (entry->spare) Retire(std::move(entry->spare), entry->spare_session, false, grace);
  if (entry->process) return Retire(std::move(entry->process), session, false, grace);
  if (session) session->Close();
}

bool KernelHost::Impl::OnTether(const TetherEvent& event) {
  std::vector<EntryPtr> entries;
  {
    std::lock_guard lock(mutex_);
    entries = entries_;
  }
  for (const EntryPtr& entry : entries) {
    if (entry->process && entry->process->OnTether(event)) {
      const int pid = entry->process && !entry->process->exited() ? entry->process->pid() : 0;
      Edit([&] { entry->view.pid = pid; });
      return true;
    }
    if (entry->spare && entry->spare->OnTether(event)) return true;
  }
  for (const auto& leaving : leaving_) {
    if (leaving->OnTether(event)) return true;
  }
  return false;
}

void KernelHost::Impl::Stop() {
  if (std::exchange(stopped_, true)) return;
  {
    std::lock_guard lock(wake_mutex_);
    uv_close(reinterpret_cast<uv_handle_t*>(wake_),
             [](uv_handle_t* handle) { delete reinterpret_cast<uv_async_t*>(handle); });
    wake_ = nullptr;
  }
  for (Pause* pause : std::exchange(pauses_, {})) pause->Close();
  std::vector<EntryPtr> entries;
  {
    std::lock_guard lock(mutex_);
    entries = entries_;
  }
  for (const EntryPtr& entry : entries) {
    if (entry->session) entry->session->Close();
    if (entry->spare_session) entry->spare_session->Close();
    entry->process.reset();
    entry->spare.reset();
  }
  leaving_.clear();
  Touch();
}

}  // namespace proctor
