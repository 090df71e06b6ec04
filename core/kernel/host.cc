#include "core/kernel/host.h"

#include <fmt/format.h>
#include <uv.h>

#include <algorithm>
#include <condition_variable>
#include <csignal>
#include <list>
#include <mutex>
#include <system_error>
#include <utility>

#include "core/base/inbox.h"
#include "core/kernel/connection.h"
#include "core/kernel/kernel_process.h"

namespace proctor {
namespace {

namespace fs = std::filesystem;

// The ports are chosen, let go, and bound by the kernel: somebody may be quicker.
constexpr int kPortTries = 4;
constexpr size_t kDeadToKeep = 8;
using Millis = std::chrono::milliseconds;
// Ids of requests: a spare's session, which takes another's place, has numbers of its own.
constexpr RequestId kRequestsPerStart = 1'000'000;

bool LostItsPorts(const std::string& tail) {
  return tail.find("Address already in use") != std::string::npos;
}

void Set(KernelEnvironment& environment, const std::pair<std::string, std::string>& entry) {
  std::erase_if(environment, [&](const auto& e) { return e.first == entry.first; });
  environment.push_back(entry);
}

}  // namespace

/// One kernel of the list. What stands in `view` and `session` is read by any thread, under the
/// host's mutex; all else is the loop's.
struct KernelEntry {
  KernelView view;
  std::shared_ptr<KernelSession> session;
  bool gone = false;  ///< shut down: in the list no more

  KernelOrder order;
  std::unique_ptr<KernelProcess> process;
  std::unique_ptr<KernelProcess> spare;
  std::shared_ptr<KernelSession> spare_session;
  int port_tries = 0;
  bool restarting = false;
  bool spare_asked = false;
};

class KernelHost::Impl : public std::enable_shared_from_this<KernelHost::Impl> {
 public:
  using EntryPtr = std::shared_ptr<KernelEntry>;

  explicit Impl(World world) : world_(std::move(world)), inbox_([this] { Wake(); }) {
    wake_ = new uv_async_t;
    uv_async_init(world_.loop, wake_,
                  [](uv_async_t* handle) { static_cast<Impl*>(handle->data)->OnWake(); });
    wake_->data = this;
  }
  ~Impl() { Stop(); }

  void RunOnLoop(std::function<void()> work) { inbox_.Post(std::move(work)); }

  // ---- the list; any thread ----

  template <typename Change>
  void Edit(const Change& change) {
    {
      std::lock_guard lock(mutex_);
      change();
      ++version_;
    }
    changed_.notify_all();
  }
  void Touch() {
    Edit([] {});
  }
  EntryPtr Add(KernelView view) {
    auto entry = std::make_shared<KernelEntry>();
    Edit([&] {
      if (view.id.empty()) view.id = fmt::format("k{}", ++last_id_);
      entry->view = std::move(view);
      entries_.push_back(entry);
    });
    return entry;
  }
  EntryPtr Find(const std::string& id) const {
    std::lock_guard lock(mutex_);
    for (const EntryPtr& entry : entries_) {
      if (entry->view.id == id && !entry->gone) return entry;
    }
    return nullptr;
  }
  std::shared_ptr<KernelSession> SessionOf(const std::string& id) const {
    std::lock_guard lock(mutex_);
    for (const EntryPtr& entry : entries_) {
      if (entry->view.id == id && !entry->gone) return entry->session;
    }
    return nullptr;
  }
  std::shared_ptr<const KernelList> List() const;
  uint64_t version() const {
    std::lock_guard lock(mutex_);
    return version_;
  }
  void WaitNewer(uint64_t seen, std::chrono::milliseconds timeout) const {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, timeout, [&] { return version_ > seen; });
  }
  std::vector<Kernelspec> Installed() const;

  // ---- the loop's thread ----

  bool OnTether(const TetherEvent& event);
  void Stop();
  void Launch(const EntryPtr& entry);
  void Restart(const EntryPtr& entry);
  void Shutdown(const EntryPtr& entry, std::chrono::milliseconds grace);
  Result<std::shared_ptr<KernelSession>, std::string> Open(const KernelConnection& connection,
                                                           InterruptMode mode,
                                                           std::function<void()> send_sigint,
                                                           SessionOptions options);
  void PruneDead();

 private:
  void Wake() {
    std::lock_guard lock(wake_mutex_);
    if (wake_) uv_async_send(wake_);
  }
  void OnWake() {
    for (const auto& work : inbox_.TakeAll()) work();
  }
  fs::path FolderOf(const KernelEntry& entry, std::string_view what) const {
    return world_.folder / fmt::format("{}{}", entry.view.id, what);
  }
  Result<KernelLaunch, std::string> Prepare(KernelEntry& entry, const fs::path& folder) const;
  Result<std::unique_ptr<KernelProcess>, std::string> Spawn(
      const KernelEntry& entry, KernelLaunch launch, const fs::path& log,
      std::function<void(std::string, std::string)> on_exit, std::function<void()> on_gone);
  std::function<void()> Interrupter(ChildId child);
  void Fail(const EntryPtr& entry, std::string why);
  void StartProcess(const EntryPtr& entry, KernelLaunch launch);
  void OnExit(const EntryPtr& entry, const std::string& why, const std::string& tail);
  void OnGone(const EntryPtr& entry);
  void OnChange(const EntryPtr& entry);
  void LaunchSpare(const EntryPtr& entry);
  bool TakeSpare(const EntryPtr& entry);
  void Retire(std::unique_ptr<KernelProcess> process, std::shared_ptr<KernelSession> session,
              bool restart, std::chrono::milliseconds grace);

  const World world_;
  mutable std::mutex mutex_;  ///< of the list, the versions, and what KernelEntry says
  mutable std::condition_variable changed_;
  std::vector<EntryPtr> entries_;
  uint64_t version_ = 0;
  int last_id_ = 0;
  mutable std::mutex installed_mutex_;
  mutable std::vector<Kernelspec> installed_;
  mutable std::chrono::steady_clock::time_point installed_read_;
  std::mutex wake_mutex_;
  uv_async_t* wake_ = nullptr;  ///< null once stopped
  bool stopped_ = false;        ///< the loop's
  Inbox<std::function<void()>> inbox_;
  std::list<std::unique_ptr<KernelProcess>> leaving_;  ///< on their way out
};

std::shared_ptr<const KernelList> KernelHost::Impl::List() const {
  std::vector<std::pair<KernelView, std::shared_ptr<KernelSession>>> found;
  {
    std::lock_guard lock(mutex_);
    for (const EntryPtr& entry : entries_) {
      if (!entry->gone) found.emplace_back(entry->view, entry->session);
    }
  }
  auto list = std::make_shared<KernelList>();
  list->installed = Installed();
  for (auto& [view, session] : found) {
    if (session) view.session = session->view();
    list->kernels.push_back(std::move(view));
  }
  return list;
}

/// Read again where the last time was some seconds ago: one may have been installed.
std::vector<Kernelspec> KernelHost::Impl::Installed() const {
  const auto now = std::chrono::steady_clock::now();
  std::lock_guard lock(installed_mutex_);
  if (now - installed_read_ > std::chrono::seconds(5)) {
    installed_ = InstalledKernels(world_.environment);
    installed_read_ = now;
  }
  return installed_;
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
                       workspace, workspace, world_.environment);
}

Result<std::unique_ptr<KernelProcess>, std::string> KernelHost::Impl::Spawn(
    const KernelEntry& entry, KernelLaunch launch, const fs::path& log,
    std::function<void(std::string, std::string)> on_exit, std::function<void()> on_gone) {
  KernelEnvironment environment = world_.environment;
  for (const std::string& name : launch.unset) {
    std::erase_if(environment, [&](const auto& e) { return e.first == name; });
  }
  for (const auto& entry_of_spec : launch.env) Set(environment, entry_of_spec);
  for (const auto& given : entry.order.env) Set(environment, given);
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
  const auto interrupt = Interrupter(entry->process->child());
  if (entry->session) {
    KernelClientOptions client;
    client.connection = connection;
    client.interrupt_mode = spec.interrupt_mode;
    client.send_sigint = interrupt;
    const auto again = entry->session->Reconnect(std::move(client));
    if (!again) Fail(entry, again.error());
    return;
  }
  SessionOptions options;
  options.ready_timeout = entry->order.ready_timeout;
  options.on_change = [weak = weak_from_this(), held = std::weak_ptr(entry)] {
    const auto self = weak.lock();
    const auto changed = held.lock();
    if (self && changed) self->OnChange(changed);
  };
  auto session = Open(connection, spec.interrupt_mode, interrupt, std::move(options));
  if (!session) return Fail(entry, session.error());
  Edit([&] { entry->session = std::move(*session); });
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
  KernelOrder order = entry->order;
  const std::string name = fmt::format("-spare-{}", entry->view.starts + 1);
  auto launch = PrepareKernel(order.kernel, order.sandbox, fs::current_path(),
                              FolderOf(*entry, name), order.cwd, order.cwd, world_.environment);
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
    self->RunOnLoop([self = self.get(), changed] {
      const bool ready = changed->spare_session &&
                         changed->spare_session->view()->status.activity == KernelActivity::Idle;
      self->Edit([&] { changed->view.spare_ready = ready; });
    });
  };
  auto session = Open(connection, mode, Interrupter(entry->spare->child()), std::move(options));
  if (session) entry->spare_session = std::move(*session);
}

bool KernelHost::Impl::TakeSpare(const EntryPtr& entry) {
  const bool ready = entry->spare && entry->spare_session && !entry->spare->exited() &&
                     entry->spare_session->view()->status.activity == KernelActivity::Idle;
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
  entry->spare_asked = false;
  old_session->ProcessEnded("a spare took its place: somebody asked for a restart");
  if (old) Retire(std::move(old), std::move(old_session), /*restart=*/false, Millis(1000));
  LaunchSpare(entry);
  return true;
}

/// Ends it beside everything else.
void KernelHost::Impl::Retire(std::unique_ptr<KernelProcess> process,
                              std::shared_ptr<KernelSession> session, bool restart,
                              std::chrono::milliseconds grace) {
  if (process->exited() && process->pid() == 0) return;
  leaving_.push_back(std::move(process));
  KernelProcess* const leaving = leaving_.back().get();
  leaving->Rebind([](const std::string&, const std::string&) {},
                  [this, leaving, session] {
                    if (session) session->Close();
                    RemoveSocketFiles(leaving->launch().connection);
                    leaving_.remove_if([&](const auto& each) { return each.get() == leaving; });
                  });
  if (KernelClient* client = session ? session->client() : nullptr) {
    client->Shutdown(restart, grace / 2, [](const Result<std::string, std::string>&) {});
  }
  leaving->Stop(grace);
}

void KernelHost::Impl::Restart(const EntryPtr& entry) {
  if (entry->gone || stopped_ || entry->restarting) return;
  entry->port_tries = 0;
  if (TakeSpare(entry)) return;
  if (!entry->process) return Launch(entry);
  entry->restarting = true;
  if (KernelClient* client = entry->session ? entry->session->client() : nullptr) {
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

void KernelHost::Impl::PruneDead() {
  std::vector<std::shared_ptr<KernelSession>> closed;
  Edit([&] {
    size_t dead = 0;
    for (auto it = entries_.rbegin(); it != entries_.rend(); ++it) {
      KernelEntry& entry = **it;
      if (entry.view.generation == 0 || entry.view.pid != 0) continue;
      entry.gone = ++dead > kDeadToKeep;
    }
    std::erase_if(entries_, [](const EntryPtr& entry) { return entry->gone; });
  });
}

void KernelHost::Impl::Stop() {
  if (std::exchange(stopped_, true)) return;
  {
    std::lock_guard lock(wake_mutex_);
    uv_close(reinterpret_cast<uv_handle_t*>(wake_),
             [](uv_handle_t* handle) { delete reinterpret_cast<uv_async_t*>(handle); });
    wake_ = nullptr;
  }
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

// ---- the door ----

KernelHost::KernelHost(World world) : impl_(std::make_shared<Impl>(std::move(world))) {}
KernelHost::~KernelHost() {
  impl_->Stop();
}

bool KernelHost::OnTether(const TetherEvent& event) {
  return impl_->OnTether(event);
}
void KernelHost::Stop() {
  impl_->Stop();
}
void KernelHost::RunOnLoop(std::function<void()> work) {
  impl_->RunOnLoop(std::move(work));
}

Result<std::shared_ptr<KernelSession>, std::string> KernelHost::Adopt(Adopted kernel) {
  KernelView view;
  view.id = fmt::format("g{}", kernel.generation);
  if (const auto old = impl_->Find(view.id)) impl_->Shutdown(old, Millis(0));  // another batch's
  view.kernel = kernel.spec.name;
  view.display_name = kernel.spec.display_name;
  view.language = kernel.spec.language;
  view.pid = kernel.pid;
  view.starts = 1;
  view.generation = kernel.generation;
  view.sandbox = kernel.sandbox;
  view.cwd = kernel.cwd;
  view.connection_file = kernel.connection_file;
  view.log = kernel.log;
  const auto entry = impl_->Add(std::move(view));
  SessionOptions options;
  options.ready_timeout = kernel.ready_timeout;
  options.on_change = [weak = std::weak_ptr(impl_), then = std::move(kernel.on_change)] {
    if (const auto host = weak.lock()) host->Touch();
    if (then) then();
  };
  auto session = impl_->Open(kernel.connection, kernel.spec.interrupt_mode,
                             std::move(kernel.send_sigint), std::move(options));
  if (!session) {
    impl_->Shutdown(entry, Millis(0));
    return session;
  }
  impl_->Edit([&] { entry->session = *session; });
  return session;
}

void KernelHost::NoteEnd(uint64_t generation, const std::string& why) {
  const auto entry = impl_->Find(fmt::format("g{}", generation));
  if (!entry) return;
  impl_->Edit([&] { entry->view.pid = 0; });
  if (entry->session) {
    entry->session->ProcessEnded(why);
    entry->session->Close();
  }
  impl_->PruneDead();
}

std::string KernelHost::Start(KernelOrder order) {
  KernelView view;
  view.kernel = order.kernel;
  view.sandbox = order.sandbox;
  view.cwd = order.cwd;
  const auto entry = impl_->Add(std::move(view));
  impl_->RunOnLoop([impl = impl_.get(), entry, order = std::move(order)]() mutable {
    entry->order = std::move(order);
    impl->Launch(entry);
  });
  return entry->view.id;
}

Result<std::string, std::string> KernelHost::Attach(const fs::path& connection_file,
                                                    bool read_only) {
  auto connection = ReadConnectionFile(connection_file);
  if (!connection) return Failure{connection.error()};
  KernelView view;
  view.kernel = connection->kernel_name;
  view.attached = true;
  view.read_only = read_only;
  view.connection_file = connection_file;
  const auto entry = impl_->Add(std::move(view));
  SessionOptions options;
  options.client.read_only = read_only;
  options.on_change = [weak = std::weak_ptr(impl_)] {
    if (const auto host = weak.lock()) host->Touch();
  };
  auto session = impl_->Open(*connection, InterruptMode::Message, {}, std::move(options));
  if (!session) {
    impl_->RunOnLoop([impl = impl_.get(), entry] { impl->Shutdown(entry, Millis(0)); });
    return Failure{session.error()};
  }
  impl_->Edit([&] { entry->session = std::move(*session); });
  return entry->view.id;
}

namespace {

Failure<std::string> NoKernel(const std::string& id, const KernelList& list) {
  std::string there;
  for (const KernelView& view : list.kernels) there += (there.empty() ? "" : ", ") + view.id;
  return {fmt::format("there is no kernel {}; there are: {}", id, there.empty() ? "none" : there)};
}

}  // namespace

Result<void, std::string> KernelHost::Restart(const std::string& id) {
  const auto entry = impl_->Find(id);
  if (!entry) return NoKernel(id, *impl_->List());
  if (entry->view.attached) {
    return Failure{
        fmt::format("kernel {} was not started from here: whoever started it restarts "
                    "it",
                    id)};
  }
  if (entry->view.generation != 0) {
    return Failure{
        fmt::format("kernel {} is generation {} of the subject: restart its lane's "
                    "subject instead",
                    id, entry->view.generation)};
  }
  impl_->RunOnLoop([impl = impl_.get(), entry] { impl->Restart(entry); });
  return {};
}

Result<void, std::string> KernelHost::Shutdown(const std::string& id,
                                               std::chrono::milliseconds grace) {
  const auto entry = impl_->Find(id);
  if (!entry) return NoKernel(id, *impl_->List());
  if (entry->view.generation != 0) {
    return Failure{
        fmt::format("kernel {} is generation {} of the subject: kill its lane's "
                    "subject instead",
                    id, entry->view.generation)};
  }
  impl_->RunOnLoop([impl = impl_.get(), entry, grace] { impl->Shutdown(entry, grace); });
  return {};
}

std::shared_ptr<KernelSession> KernelHost::Find(const std::string& id) const {
  return impl_->SessionOf(id);
}

std::shared_ptr<const KernelList> KernelHost::kernels() const {
  return impl_->List();
}
uint64_t KernelHost::version() const {
  return impl_->version();
}

std::shared_ptr<const KernelList> KernelHost::WaitNewer(uint64_t seen,
                                                        std::chrono::milliseconds timeout,
                                                        uint64_t* version) const {
  impl_->WaitNewer(seen, timeout);
  if (version) *version = impl_->version();
  return impl_->List();
}

}  // namespace proctor
