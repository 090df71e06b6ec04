#include "core/process/nest_linux.h"

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "core/process/launch_linux.h"
#include "core/process/packets_linux.h"
#include "core/process/proc_linux.h"
#include "core/process/protocol.h"
#include "core/process/spawn_spec.h"
#include "core/process/spawn_wire.h"

namespace proctor::tether {
namespace {

using SteadyTime = std::chrono::steady_clock::time_point;
using std::chrono::milliseconds;

constexpr int kMaxPriorityPasses = 1000;  // about a second

std::string ReadWhole(int fd) {
  struct stat info = {};
  fstat(fd, &info);
  std::string bytes(static_cast<size_t>(info.st_size), '\0');
  size_t size = 0;
  while (size < bytes.size()) {
    const ssize_t n = pread(fd, bytes.data() + size, bytes.size() - size, static_cast<off_t>(size));
    if (n <= 0) break;
    size += static_cast<size_t>(n);
  }
  close(fd);
  bytes.resize(size);
  return bytes;
}

class Nest {
 public:
  explicit Nest(const NestSeed& seed)
      : id_(seed.child), raise_right_(seed.raise_right), tether_(seed.tether), self_(getpid()) {}

  /// False: nothing was started, and that was reported.
  bool Start(const NestSeed& seed);

  /// One wait and what came of it. False: there is no tree any more.
  bool Step();

 private:
  void OnLaunched();
  void Reap();
  void OnChildExit(int status);
  void OnLingerOver();
  void ReadRequests();
  void OnRequest(const Request& request);
  void BeginEnd();
  void KillPass();
  void BeginPriority(Priority priority);
  void PriorityStep();
  void Signal(int signal, Target target);
  std::vector<ProcessInfo> Living() const;
  int WaitMillis() const;
  void Tell(Report report, const std::string& text = {}) const;

  const uint64_t id_;
  const RaiseRight raise_right_;
  int tether_;  ///< -1 once the tether is gone
  const int self_;
  int signals_ = -1;
  SpawnSpec spec_;
  int normal_nice_ = 0;
  int child_ = -1;
  int launch_errors_ = -1;  ///< -1 once it is known whether there was an exec
  bool child_exited_ = false;
  bool all_gone_ = false;                   ///< we have no children: nothing of the tree lives
  bool done_ = false;                       ///< nothing was ever started
  std::optional<SteadyTime> linger_until_;  ///< set while descendants may still end themselves
  std::optional<SteadyTime> ending_since_;
  std::optional<Priority> setting_;            ///< what the tree is being set to
  int set_passes_ = 0;                         ///< over the tree, since that began
  int clean_passes_ = 0;                       ///< the last ones that found nothing to change
  std::set<std::pair<int, uint64_t>> killed_;  ///< pid and start time, by the last KillPass
  bool found_new_ = true;                      ///< the last KillPass found others than before
  std::string leaked_;                         ///< the text of the TreeEnded report
};

bool Nest::Start(const NestSeed& seed) {
  prctl(PR_SET_NAME, "proctor-nest");
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  sigset_t child_only;
  sigemptyset(&child_only);
  sigaddset(&child_only, SIGCHLD);
  signals_ = signalfd(-1, &child_only, SFD_CLOEXEC | SFD_NONBLOCK);

  std::optional<SpawnSpec> spec = DecodeSpec(ReadWhole(seed.spec));
  if (!spec || spec->fds.size() != seed.descriptors.size() || signals_ < 0) {
    Tell({.kind = ReportKind::NotSpawned}, "the request to spawn it did not arrive whole");
    return false;
  }
  spec_ = std::move(*spec);
  if (raise_right_ == RaiseRight::No) spec_.priority = Priority::Normal;
  for (size_t i = 0; i < seed.descriptors.size(); ++i) spec_.fds[i].fd = seed.descriptors[i];
  Launch launch = StartLaunch(spec_);
  if (launch.pid < 0) {
    Tell({.kind = ReportKind::NotSpawned}, launch.reason);
    return false;
  }
  normal_nice_ = spec_.nice != 0 ? spec_.nice : getpriority(PRIO_PROCESS, 0);
  child_ = launch.pid;
  launch_errors_ = launch.errors;
  return true;
}

bool Nest::Step() {
  pollfd waits[3] = {{tether_, POLLIN, 0}, {signals_, POLLIN, 0}, {launch_errors_, POLLIN, 0}};
  poll(waits, 3, WaitMillis());
  if (waits[2].revents != 0) OnLaunched();
  signalfd_siginfo info;
  while (read(signals_, &info, sizeof info) > 0) continue;
  Reap();
  if (done_) return false;
  if (waits[0].revents != 0) ReadRequests();
  if (linger_until_ && std::chrono::steady_clock::now() >= *linger_until_) OnLingerOver();
  if (setting_ && launch_errors_ < 0) PriorityStep();
  if (ending_since_ && !all_gone_) KillPass();
  if (!all_gone_) return true;
  Tell({.kind = ReportKind::TreeEnded}, leaked_);
  return false;
}

void Nest::OnLaunched() {
  const std::string reason = FinishLaunch(spec_, std::exchange(launch_errors_, -1));
  if (reason.empty()) {
    Tell({.kind = ReportKind::Spawned, .pid = child_});
    return;
  }
  // Nothing but our own fork was ever there, which exits now if it has not yet.
  if (!child_exited_) waitpid(child_, nullptr, 0);
  Tell({.kind = ReportKind::NotSpawned}, reason);
  done_ = true;
}

void Nest::Reap() {
  while (!all_gone_ && !done_) {
    int status = 0;
    const pid_t pid = waitpid(-1, &status, WNOHANG | __WALL);
    if (pid == 0) return;
    if (pid < 0) {
      all_gone_ = true;
    } else if (pid == child_) {
      OnChildExit(status);
    }
  }
}

void Nest::OnChildExit(int status) {
  child_exited_ = true;
  if (launch_errors_ >= 0) OnLaunched();  // its end was seen before the outcome of its exec
  if (done_) return;
  Tell({.kind = ReportKind::Exited, .status = status});
  if (!ending_since_) linger_until_ = std::chrono::steady_clock::now() + spec_.linger;
}

void Nest::OnLingerOver() {
  linger_until_.reset();
  size_t count = 0;
  for (const ProcessInfo& process : Living()) {
    if (++count > kMaxLeaked) break;
    leaked_ += std::to_string(process.pid) + " " + CommandLine(process.pid, kMaxCommand) + "\n";
  }
  if (spec_.leave_descendants == LeaveDescendants::No) BeginEnd();
}

void Nest::ReadRequests() {
  Request request{};
  while (tether_ >= 0) {
    const ssize_t n = recv(tether_, &request, sizeof request, MSG_DONTWAIT);
    if (n == sizeof request) {
      OnRequest(request);
    } else if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
      close(std::exchange(tether_, -1));  // the tether is gone, and so must the tree be
      BeginEnd();
    } else if (n < 0) {
      return;
    }
  }
}

void Nest::OnRequest(const Request& request) {
  switch (request.kind) {
    case RequestKind::Spawn:
    case RequestKind::Ping:
      return;  // the tether's own
    case RequestKind::Signal:
      return Signal(request.signal, static_cast<Target>(request.target));
    case RequestKind::SetPriority:
      return BeginPriority(static_cast<Priority>(request.priority));
    case RequestKind::EndTree:
      if (linger_until_) OnLingerOver();
      return BeginEnd();
  }
}

/// The child lowers itself before its exec: it is not raised before that is over.
void Nest::BeginPriority(Priority priority) {
  if (raise_right_ == RaiseRight::No) return;
  setting_ = priority;
  set_passes_ = clean_passes_ = 0;
}

/// One pass is not enough, for a thread that it has not come to yet may beget another
/// that it has passed by. Two clean ones are; a tree that is never done is let be.
void Nest::PriorityStep() {
  const PriorityPass pass = SetTreePriority(*setting_, normal_nice_);
  clean_passes_ = pass == PriorityPass::Clean ? clean_passes_ + 1 : 0;
  if (clean_passes_ == 2 || ++set_passes_ == kMaxPriorityPasses) setting_.reset();
}

void Nest::BeginEnd() {
  if (!ending_since_) ending_since_ = std::chrono::steady_clock::now();
}

/// A process that forks and exits in a loop is only caught by being faster, so the
/// passes follow one another without a pause as long as they find anything new.
void Nest::KillPass() {
  KillOwnChildren({});
  Reap();  // so that the walk does not pass through zombies
  std::set<std::pair<int, uint64_t>> found;
  for (const ProcessInfo& process : DescendantsOf(self_)) {
    SignalDescendant(process, self_, SIGKILL);
    found.emplace(process.pid, process.start_ticks);
  }
  found_new_ = !std::includes(killed_.begin(), killed_.end(), found.begin(), found.end());
  killed_ = std::move(found);
  Reap();
}

void Nest::Signal(int signal, Target target) {
  switch (target) {
    case Target::Process:
      if (!child_exited_) kill(child_, signal);
      return;
    case Target::Group:
      for (const ProcessInfo& process : DescendantsOf(self_)) {
        if (process.group == child_) SignalDescendant(process, self_, signal);
      }
      return;
    case Target::Tree:
      for (const ProcessInfo& process : DescendantsOf(self_)) {
        SignalDescendant(process, self_, signal);
      }
      return;
  }
}

std::vector<ProcessInfo> Nest::Living() const {
  std::vector<ProcessInfo> processes = DescendantsOf(self_);
  std::erase_if(processes, [](const ProcessInfo& p) { return p.state == 'Z' || p.state == 'X'; });
  return processes;
}

/// How long nothing has to be done if nothing happens. What a second pass of
/// killing still finds is busy dying, or may not be signalled by us.
int Nest::WaitMillis() const {
  const SteadyTime now = std::chrono::steady_clock::now();
  if (ending_since_) {
    const auto ending_for = now - *ending_since_;
    if (found_new_) return 0;
    return ending_for < milliseconds(1000) ? 1 : 50;
  }
  if (setting_ && launch_errors_ < 0) return 1;
  if (!linger_until_) return -1;
  const auto left = std::chrono::ceil<milliseconds>(*linger_until_ - now).count();
  return static_cast<int>(std::clamp<int64_t>(left, 0, 1 << 30));
}

void Nest::Tell(Report report, const std::string& text) const {
  report.child = id_;
  if (tether_ >= 0) SendReport(tether_, report, text);
}

}  // namespace

void RunNest(NestSeed seed) {
  Nest nest(seed);
  if (nest.Start(seed)) {
    while (nest.Step()) continue;
  }
  _exit(0);
}

}  // namespace proctor::tether
