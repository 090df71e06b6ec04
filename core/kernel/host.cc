// The list of kernels, which any thread reads, and the door to it.

#include "core/kernel/host.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/kernel/connection.h"
#include "core/kernel/host_impl.h"

namespace proctor {
namespace {

namespace fs = std::filesystem;
using Millis = std::chrono::milliseconds;

constexpr size_t kDeadToKeep = 8;

}  // namespace

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

std::optional<KernelView> KernelHost::Impl::View(const std::string& id) const {
  std::optional<KernelView> view;
  std::shared_ptr<KernelSession> session;
  {
    std::lock_guard lock(mutex_);
    for (const EntryPtr& entry : entries_) {
      if (entry->view.id != id || entry->gone) continue;
      view = entry->view;
      session = entry->session;
      break;
    }
  }
  if (session) view->session = session->view();
  return view;
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

void KernelHost::Impl::PruneDead() {
  std::vector<EntryPtr> forgotten;  // a session that ends calls back: not under the lock
  Edit([&] {
    size_t dead = 0;
    for (auto it = entries_.rbegin(); it != entries_.rend(); ++it) {
      KernelEntry& entry = **it;
      if (entry.view.generation == 0 || entry.view.pid != 0) continue;
      entry.gone = ++dead > kDeadToKeep;
      if (entry.gone) forgotten.push_back(*it);
    }
    std::erase_if(entries_, [](const EntryPtr& entry) { return entry->gone; });
  });
}

/// On the kernel's thread. A generation's kernel does not come back: when its last words are
/// taken in, its sockets and its thread are let go of; what it said stays to be read.
void KernelHost::Impl::CloseWhenDead(const EntryPtr& entry,
                                     const std::shared_ptr<KernelSession>& session,
                                     const SessionView& view) {
  if (view.status.activity != KernelActivity::Dead) return;
  {
    std::lock_guard lock(mutex_);
    if (entry->view.pid != 0) return;
  }
  RunOnLoop([session] { session->Close(); });
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
  options.on_change = [weak = std::weak_ptr(impl_), held = std::weak_ptr(entry),
                       then = std::move(kernel.on_change)] {
    const auto host = weak.lock();
    const auto changed = held.lock();
    if (!host || !changed) return;
    host->Touch();
    const auto session = host->SessionOf(changed->view.id);
    if (!session) return;
    const auto view = session->view();
    if (then) then(*view);
    host->CloseWhenDead(changed, session, *view);
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
  if (entry->session) entry->session->ProcessEnded(why);
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
std::optional<KernelView> KernelHost::View(const std::string& id) const {
  return impl_->View(id);
}
uint64_t KernelHost::version() const {
  return impl_->version();
}

uint64_t KernelHost::AwaitNewer(uint64_t seen, std::chrono::milliseconds timeout) const {
  impl_->WaitNewer(seen, timeout);
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
