#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <uv.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <deque>
#include <optional>
#include <set>

#include "core/base/utf8.h"
#include "core/process/packets_linux.h"
#include "core/process/pipe.h"
#include "core/process/proc_linux.h"
#include "core/process/protocol.h"
#include "core/process/run_record.h"
#include "core/process/spawn_wire.h"
#include "core/process/tether_client.h"

namespace proctor {
namespace {

/// For how long the tether may take to end everything once the client is gone.
constexpr int kEndMillis = 5000;

/// As long as the tether holds anything it is asked at every look, and given up when it has
/// let so many pass without an answer. Only looks count: when Proctor itself was stopped, the
/// time that passed says nothing.
constexpr uint64_t kLookMillis = 1000;
constexpr int kSilentLooks = 5;

/// Waits for a process to end, at most so long. Empty: it still runs.
std::optional<int> WaitForEnd(pid_t pid, int millis) {
  const int pidfd = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
  pollfd wait = {pidfd, POLLIN, 0};
  int ready = 0;
  do {
    ready = pidfd < 0 ? 1 : poll(&wait, 1, millis);
  } while (ready < 0 && errno == EINTR);
  if (pidfd >= 0) close(pidfd);
  if (ready <= 0) return std::nullopt;
  int status = 0;
  while (waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) return 0;
  }
  return status;
}

ExitStatus FromWaitStatus(int status) {
  if (WIFSIGNALED(status)) return {.signal = WTERMSIG(status), .core = WCOREDUMP(status) != 0};
  return {.code = WEXITSTATUS(status)};
}

std::vector<Leaked> ParseLeaked(std::string_view text) {
  std::vector<Leaked> leaked;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    Leaked one;
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), one.pid);
    if (error != std::errc{}) continue;
    const size_t digits = static_cast<size_t>(end - line.data());
    one.command = Utf8Safe(line.substr(std::min(line.size(), digits + 1)));
    leaked.push_back(std::move(one));
  }
  return leaked;
}

/// A memfd that holds the bytes, or an invalid Fd with errno set.
Fd FileOf(const std::string& bytes) {
  Fd file(memfd_create("proctor-spawn", MFD_CLOEXEC));
  size_t size = 0;
  while (file && size < bytes.size()) {
    const ssize_t n = write(file.get(), bytes.data() + size, bytes.size() - size);
    if (n < 0) return Fd();
    size += static_cast<size_t>(n);
  }
  return file;
}

/// In a session of its own and with all signals blocked from its first instant,
/// so that a Ctrl-C cannot meet it while it starts. Returns an errno value.
int SpawnTether(const std::filesystem::path& program, int socket, pid_t& pid) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  for (int standard = 0; standard <= 2; ++standard) {
    posix_spawn_file_actions_addopen(&actions, standard, "/dev/null", O_RDWR, 0);
  }
  const Fd source = Duplicate(socket);  // never one of those just opened
  posix_spawn_file_actions_adddup2(&actions, source.get(), tether::kSocket);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK);
  sigset_t all;
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &all);
  char name[] = "proctor-tether";
  char* argv[] = {name, nullptr};
  const int error = posix_spawn(&pid, program.c_str(), &actions, &attributes, argv, environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return error;
}

}  // namespace

class TetherClient::Impl {
 public:
  Impl(uv_loop_t* loop, pid_t tether, Fd socket, OnEvent on_event);
  ~Impl();

  ChildId Spawn(const SpawnSpec& spec);
  void Send(const tether::Request& request, const std::vector<int>& descriptors);
  pid_t tether_pid() const { return tether_; }
  void KeepRecord(RunRecorder* recorder);
  RunRecorder* recorder() const { return recorder_; }

 private:
  /// What libuv may still touch, and a callback may still run in, after the Impl
  /// is gone; freed when both handles are closed.
  struct Handles {
    uv_poll_t poll{};
    uv_async_t async{};
    uv_timer_t look{};
    int open = 3;
    Impl* owner = nullptr;
    OnEvent on_event;
  };
  struct Unsent {
    tether::Request request;
    std::vector<Fd> descriptors;
  };

  static void OnClosed(uv_handle_t* handle);
  static void OnPoll(uv_poll_t* poll, int status, int events);
  static void OnAsync(uv_async_t* async);
  static void OnLook(uv_timer_t* look);
  void Watch();
  void ReadReports();
  bool OnReport(const tether::Report& report, const std::string& text);
  void FlushUnsent();
  void Lose(const std::string& how);
  void Look();
  void OnSilence();
  void RefuseSpawn(const tether::Request& request, int error);
  std::string NotSent(int error) const;
  void Defer(TetherEvent event);
  bool Emit(TetherEvent event);

  Handles* handles_;
  const pid_t tether_;
  Fd socket_;                        ///< invalid once the tether is lost
  RunRecorder* recorder_ = nullptr;  ///< null: nothing is written down
  uint64_t last_child_ = 0;
  std::set<uint64_t> held_;  ///< children that were asked for, until their tree has ended
  bool pinged_ = false;      ///< a Pong is awaited
  int silent_looks_ = 0;     ///< since the Ping
  bool greeted_ = false;
  std::deque<Unsent> unsent_;          ///< the socket was full
  std::vector<TetherEvent> deferred_;  ///< found within a method, to be told from the loop
};

TetherClient::Impl::Impl(uv_loop_t* loop, pid_t tether, Fd socket, OnEvent on_event)
    : handles_(new Handles), tether_(tether), socket_(std::move(socket)) {
  handles_->owner = this;
  handles_->on_event = std::move(on_event);
  handles_->poll.data = handles_;
  handles_->async.data = handles_;
  handles_->look.data = handles_;
  uv_timer_init(loop, &handles_->look);
  uv_poll_init(loop, &handles_->poll, socket_.get());
  uv_async_init(loop, &handles_->async, &Impl::OnAsync);
  Watch();
}

TetherClient::Impl::~Impl() {
  handles_->owner = nullptr;
  uv_close(reinterpret_cast<uv_handle_t*>(&handles_->poll), &Impl::OnClosed);
  uv_close(reinterpret_cast<uv_handle_t*>(&handles_->async), &Impl::OnClosed);
  uv_close(reinterpret_cast<uv_handle_t*>(&handles_->look), &Impl::OnClosed);
  if (!socket_) return;
  socket_ = Fd();  // which tells the tether to end everything, and itself
  if (!WaitForEnd(tether_, kEndMillis)) {
    kill(tether_, SIGKILL);
    WaitForEnd(tether_, kEndMillis);
  }
}

void TetherClient::Impl::OnClosed(uv_handle_t* handle) {
  auto* handles = static_cast<Handles*>(handle->data);
  if (--handles->open == 0) delete handles;
}

void TetherClient::Impl::Watch() {
  uv_poll_start(&handles_->poll, UV_READABLE | (unsent_.empty() ? 0 : UV_WRITABLE), &Impl::OnPoll);
}

ChildId TetherClient::Impl::Spawn(const SpawnSpec& spec) {
  const ChildId child{++last_child_};
  if (!socket_) {
    Defer(ChildNotSpawned{child, "the tether is gone"});
    return child;
  }
  if (spec.fds.size() + 1 > tether::kMaxDescriptors) {
    Defer(ChildNotSpawned{child, "too many descriptors for one process"});
    return child;
  }
  const Fd file = FileOf(tether::EncodeSpec(spec));
  if (!file) {
    Defer(ChildNotSpawned{
        child, std::string("the system gives no more memory files: ") + std::strerror(errno)});
    return child;
  }
  std::vector<int> descriptors = {file.get()};
  for (const FdMapping& mapping : spec.fds) descriptors.push_back(mapping.fd);
  held_.insert(child.value);
  uv_timer_t* look = &handles_->look;
  if (uv_is_active(reinterpret_cast<uv_handle_t*>(look)) == 0) {
    uv_timer_start(look, &Impl::OnLook, kLookMillis, kLookMillis);
  }
  Send({.kind = tether::RequestKind::Spawn, .child = child.value}, descriptors);
  return child;
}

void TetherClient::Impl::OnLook(uv_timer_t* look) {
  Impl* impl = static_cast<Handles*>(look->data)->owner;
  if (impl != nullptr) impl->Look();
}

void TetherClient::Impl::Look() {
  if (pinged_) {
    if (++silent_looks_ >= kSilentLooks) OnSilence();
    return;
  }
  if (held_.empty()) {
    uv_timer_stop(&handles_->look);
    return;
  }
  pinged_ = true;
  silent_looks_ = 0;
  Send({.kind = tether::RequestKind::Ping}, {});
}

/// Stopped, or starved: what waits for it would wait for ever. Its end is seen by the nests,
/// for which they must not be stopped themselves.
void TetherClient::Impl::OnSilence() {
  for (const ProcessInfo& process : DescendantsOf(tether_)) {
    if (process.parent == tether_) kill(process.pid, SIGCONT);
  }
  kill(tether_, SIGKILL);
  Lose("the tether (pid " + std::to_string(tether_) +
       "), which holds all processes, has not answered for " +
       std::to_string(kSilentLooks * kLookMillis / 1000) +
       " s, as if it had been stopped; it and all that it held are ended");
}

void TetherClient::Impl::Send(const tether::Request& request, const std::vector<int>& descriptors) {
  if (!socket_) return;
  const tether::Sent sent =
      unsent_.empty() ? SendRequest(socket_.get(), request, descriptors) : tether::Sent::Full;
  switch (sent) {
    case tether::Sent::Yes:
      return;
    case tether::Sent::Gone:
      return RefuseSpawn(request, errno);
    case tether::Sent::Full:
      break;
  }
  Unsent later{request, {}};
  for (const int fd : descriptors) later.descriptors.push_back(Duplicate(fd));
  unsent_.push_back(std::move(later));
  Watch();
}

void TetherClient::Impl::RefuseSpawn(const tether::Request& request, int error) {
  if (request.kind != tether::RequestKind::Spawn) return;
  held_.erase(request.child);
  Defer(ChildNotSpawned{ChildId{request.child}, NotSent(error)});
}

std::string TetherClient::Impl::NotSent(int error) const {
  if (error == EPIPE || error == ECONNRESET) return "the tether is gone";
  return std::string("its descriptors could not be sent: ") + std::strerror(error);
}

void TetherClient::Impl::FlushUnsent() {
  while (!unsent_.empty() && socket_) {
    const Unsent& next = unsent_.front();
    std::vector<int> descriptors;
    for (const Fd& fd : next.descriptors) descriptors.push_back(fd.get());
    const tether::Sent sent = SendRequest(socket_.get(), next.request, descriptors);
    if (sent == tether::Sent::Full) return;
    if (sent == tether::Sent::Gone) RefuseSpawn(next.request, errno);
    unsent_.pop_front();
  }
  if (socket_) Watch();
}

void TetherClient::Impl::OnPoll(uv_poll_t* poll, int status, int events) {
  Impl* impl = static_cast<Handles*>(poll->data)->owner;
  if (impl == nullptr) return;
  if ((events & UV_WRITABLE) != 0) impl->FlushUnsent();
  if (status < 0 || (events & UV_READABLE) != 0) impl->ReadReports();
}

/// Takes some, and leaves the rest to the next turn of the loop.
void TetherClient::Impl::ReadReports() {
  tether::Report report{};
  std::string text;
  for (int i = 0; i < 64; ++i) {
    switch (ReceiveReport(socket_.get(), report, text)) {
      case tether::Received::Nothing:
        return;
      case tether::Received::Gone:
        return Lose("");
      case tether::Received::Packet:
        if (!OnReport(report, text)) return;
    }
  }
}

/// False: `this` may be gone, or the tether is.
bool TetherClient::Impl::OnReport(const tether::Report& report, const std::string& text) {
  const ChildId child{report.child};
  if (!greeted_ &&
      (report.kind != tether::ReportKind::Hello || report.version != tether::kVersion)) {
    Lose("the program proctor-tether is not of this version of Proctor; install both anew");
    return false;
  }
  switch (report.kind) {
    case tether::ReportKind::Hello:
      greeted_ = true;
      return true;
    case tether::ReportKind::Spawned:
      if (recorder_ != nullptr) recorder_->AddChild(report.pid);
      return Emit(ChildSpawned{child, report.pid});
    case tether::ReportKind::NotSpawned:
      held_.erase(report.child);
      return Emit(ChildNotSpawned{child, Utf8Safe(text)});
    case tether::ReportKind::Exited:
      return Emit(ChildExited{child, FromWaitStatus(report.status), Utf8Safe(text)});
    case tether::ReportKind::TreeEnded:
      held_.erase(report.child);
      return Emit(TreeEnded{child, ParseLeaked(text)});
    case tether::ReportKind::Pong:
      pinged_ = false;
      return true;
  }
  return true;
}

void TetherClient::Impl::KeepRecord(RunRecorder* recorder) {
  recorder_ = recorder;
  recorder_->AddTether(tether_);
}

void TetherClient::Impl::Lose(const std::string& how) {
  uv_poll_stop(&handles_->poll);
  uv_timer_stop(&handles_->look);
  socket_ = Fd();
  unsent_.clear();
  std::string reason = how;
  const std::optional<int> status = WaitForEnd(tether_, 1000);
  if (!status) {
    kill(tether_, SIGKILL);
    WaitForEnd(tether_, kEndMillis);
  }
  if (reason.empty()) {
    reason = "the tether, which holds all processes, " +
             (status ? Describe(FromWaitStatus(*status)) : "no longer answers") +
             "; all that it held is ended";
  }
  Emit(TetherLost{reason});
}

void TetherClient::Impl::Defer(TetherEvent event) {
  deferred_.push_back(std::move(event));
  uv_async_send(&handles_->async);
}

void TetherClient::Impl::OnAsync(uv_async_t* async) {
  auto* handles = static_cast<Handles*>(async->data);
  if (handles->owner == nullptr) return;
  for (TetherEvent& event : std::exchange(handles->owner->deferred_, {})) {
    if (!handles->owner->Emit(std::move(event))) return;
  }
}

/// False: the callback destroyed the client.
bool TetherClient::Impl::Emit(TetherEvent event) {
  Handles* handles = handles_;
  handles->on_event(std::move(event));
  return handles->owner != nullptr;
}

TetherClient::TetherClient(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TetherClient::~TetherClient() = default;

Result<std::unique_ptr<TetherClient>, TetherError> TetherClient::Start(
    uv_loop_s* loop, const std::filesystem::path& tether, OnEvent on_event) {
  Result<FdPair, std::string> pair = MakeSocketPair(SocketKind::Packets);
  if (!pair) return Failure{TetherError{pair.error()}};

  pid_t pid = -1;
  const int error = SpawnTether(tether, pair->second.get(), pid);
  if (error != 0) {
    return Failure{TetherError{"the program '" + tether.string() + "', which Proctor needs to " +
                               "start any other, cannot be run: " + std::strerror(error) +
                               "; install Proctor anew, or build it whole"}};
  }
  auto impl = std::make_unique<Impl>(loop, pid, std::move(pair->first), std::move(on_event));
  return std::unique_ptr<TetherClient>(new TetherClient(std::move(impl)));
}

ChildId TetherClient::Spawn(const SpawnSpec& spec) {
  return impl_->Spawn(spec);
}

void TetherClient::Signal(ChildId child, int signal, Target target) {
  impl_->Send({.kind = tether::RequestKind::Signal,
               .signal = signal,
               .child = child.value,
               .target = static_cast<int32_t>(target)},
              {});
}

void TetherClient::SetPriority(ChildId child, Priority priority) {
  impl_->Send({.kind = tether::RequestKind::SetPriority,
               .child = child.value,
               .priority = static_cast<int32_t>(priority)},
              {});
}

void TetherClient::EndTree(ChildId child) {
  impl_->Send({.kind = tether::RequestKind::EndTree, .child = child.value}, {});
}

int TetherClient::tether_pid() const {
  return impl_->tether_pid();
}

void TetherClient::KeepRecord(RunRecorder* recorder) {
  impl_->KeepRecord(recorder);
}

void TetherClient::NoteDisplay(int number, int pid) {
  if (impl_->recorder() != nullptr) impl_->recorder()->AddDisplay(number, pid);
}

}  // namespace proctor
