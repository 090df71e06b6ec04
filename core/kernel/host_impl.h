#pragma once

#include <uv.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/inbox.h"
#include "core/kernel/host.h"
#include "core/kernel/kernel_process.h"

namespace proctor {

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
  bool spare_warmed = false;  ///< or on its way to be
};

/// What stands behind the host: a list that any thread reads (host.cc), and what happens on the
/// loop (host_loop.cc).
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
  std::optional<KernelView> View(const std::string& id) const;
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
  void CloseWhenDead(const EntryPtr& entry, const std::shared_ptr<KernelSession>& session,
                     const SessionView& view);

 private:
  struct Pause;
  /// Calls it on the loop after a while; not where the host has stopped by then.
  void After(std::chrono::milliseconds pause, std::function<void()> work);
  void Wake() {
    std::lock_guard lock(wake_mutex_);
    if (wake_) uv_async_send(wake_);
  }
  void OnWake() {
    for (const auto& work : inbox_.TakeAll()) work();
  }
  std::filesystem::path FolderOf(const KernelEntry& entry, std::string_view what) const {
    return world_.folder / fmt::format("{}{}", entry.view.id, what);
  }
  KernelEnvironment EnvironmentOf(const KernelOrder& order) const;
  Result<KernelLaunch, std::string> Prepare(KernelEntry& entry,
                                            const std::filesystem::path& folder) const;
  Result<std::unique_ptr<KernelProcess>, std::string> Spawn(
      const KernelEntry& entry, KernelLaunch launch, const std::filesystem::path& log,
      std::function<void(std::string, std::string)> on_exit, std::function<void()> on_gone);
  std::function<void()> Interrupter(ChildId child);
  void Fail(const EntryPtr& entry, std::string why);
  void StartProcess(const EntryPtr& entry, KernelLaunch launch);
  Result<void, std::string> Connect(const EntryPtr& entry, const KernelConnection& connection,
                                    InterruptMode mode);
  void OnExit(const EntryPtr& entry, const std::string& why, const std::string& tail);
  void OnGone(const EntryPtr& entry);
  void OnChange(const EntryPtr& entry);
  void LaunchSpare(const EntryPtr& entry);
  void WatchSpare(const EntryPtr& entry);
  bool TakeSpare(const EntryPtr& entry);
  ChildId Leave(std::unique_ptr<KernelProcess> process, std::shared_ptr<KernelSession> session);
  void Retire(std::unique_ptr<KernelProcess> process, std::shared_ptr<KernelSession> session,
              bool restart, std::chrono::milliseconds grace);
  void StopLeaving(ChildId child, std::chrono::milliseconds grace);

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
  std::list<Pause*> pauses_;                           ///< freed by libuv's close callback
};

}  // namespace proctor
