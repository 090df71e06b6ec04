#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/process/nest_linux.h"
#include "core/process/packets_linux.h"
#include "core/process/priority_linux.h"
#include "core/process/proc_linux.h"
#include "core/process/protocol.h"

/// The tether: started by TetherClient with its socket as descriptor 3. It forks
/// a nest for every child, passes requests to the nests and their reports back,
/// and is the second line: when a nest is killed, what it held falls to the
/// tether, which ends it. When the client is gone, everything is ended.
///
/// It sends nothing while the client does not read, and that is sound: a client
/// never waits for the tether, and when it dies, sending fails.
namespace proctor::tether {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

/// How long a nest may take to end its tree before it is killed itself.
constexpr milliseconds kEndGrace{1000};

/// How long a nest may take to tell whether its child was spawned. It says so within
/// milliseconds; one that does not is stopped or worse, and the child may never have been.
constexpr milliseconds kSpawnGrace{10'000};

struct NestRecord {
  pid_t pid = -1;  ///< -1 once reaped
  int socket = -1;
  pid_t child_pid = -1;       ///< -1 until it has been spawned
  bool child_exited = false;  ///< and that was reported
  bool ending = false;        ///< it was told to end its tree
  bool finished = false;      ///< the last report of this child was passed on
  std::optional<steady_clock::time_point>
      kill_at;  ///< when it must have spawned, or ended its tree
};

class Tether {
 public:
  explicit Tether(int signals) : signals_(signals) {}

  /// Returns when the client is gone and nothing lives any more.
  void Run();

 private:
  void Step();
  void ReadClient();
  void OnClientGone();
  void OnRequest(const ReceivedRequest& received);
  void SpawnNest(const ReceivedRequest& received);
  void PassToNest(const Request& request);
  void ReadNest(uint64_t child, NestRecord& nest);
  void Reap();
  void OnReaped(pid_t pid, int status);
  void EndOrphans();
  void KillSlowNests();
  void FinishOrphaned(uint64_t child, NestRecord& nest);
  void Tell(const Report& report, const std::string& text = {});
  bool HasOrphanedTree() const;
  int WaitMillis() const;

  int client_ = kSocket;  ///< -1 once the client is gone
  const int signals_;
  const RaiseRight raise_right_ = FindRaiseRight();
  std::map<uint64_t, NestRecord> nests_;  ///< by child
  bool childless_ = true;                 ///< as of the last Reap
  int orphan_passes_ = 0;                 ///< since there were no orphans
};

void Tether::Run() {
  Tell({.kind = ReportKind::Hello});
  while (client_ >= 0 || !childless_) Step();
}

void Tether::Step() {
  std::vector<pollfd> waits = {{client_, POLLIN, 0}, {signals_, POLLIN, 0}};
  std::vector<uint64_t> children;
  for (const auto& [child, nest] : nests_) {
    waits.push_back({nest.socket, POLLIN, 0});
    children.push_back(child);
  }
  poll(waits.data(), waits.size(), WaitMillis());
  for (size_t i = 0; i < children.size(); ++i) {
    if (waits[i + 2].revents != 0) ReadNest(children[i], nests_[children[i]]);
  }
  signalfd_siginfo info;
  while (read(signals_, &info, sizeof info) > 0) continue;
  Reap();
  HasOrphanedTree() ? EndOrphans() : KillSlowNests();
  std::erase_if(nests_,
                [](const auto& each) { return each.second.finished && each.second.pid < 0; });
  if (waits[0].revents != 0) ReadClient();
}

int Tether::WaitMillis() const {
  if (HasOrphanedTree()) return orphan_passes_ < 1000 ? 1 : 50;
  const bool any_must_end = std::any_of(nests_.begin(), nests_.end(), [](const auto& each) {
    return each.second.kill_at.has_value();
  });
  return any_must_end ? 100 : -1;
}

void Tether::KillSlowNests() {
  orphan_passes_ = 0;
  for (auto& [child, nest] : nests_) {
    if (nest.pid < 0 || !nest.kill_at || steady_clock::now() < *nest.kill_at) continue;
    kill(nest.pid, SIGKILL);
    nest.kill_at.reset();
  }
}

/// One request a turn, so that a burst of them cannot hold back what nests report.
void Tether::ReadClient() {
  ReceivedRequest received;
  switch (ReceiveRequest(client_, received)) {
    case Received::Packet:
      OnRequest(received);
      for (const int fd : received.descriptors) close(fd);
      return;
    case Received::Nothing:
      return;
    case Received::Gone:
      return OnClientGone();
  }
}

void Tether::OnClientGone() {
  close(client_);
  client_ = -1;
  for (auto& [child, nest] : nests_) {  // an end of file is what tells a nest to end
    if (nest.socket >= 0) close(nest.socket);
    nest.socket = -1;
    nest.ending = true;
    nest.kill_at = steady_clock::now() + kEndGrace;
  }
  Reap();
}

void Tether::OnRequest(const ReceivedRequest& received) {
  switch (received.request.kind) {
    case RequestKind::Spawn:
      return SpawnNest(received);
    case RequestKind::Signal:
    case RequestKind::EndTree:
    case RequestKind::SetPriority:
      return PassToNest(received.request);
    case RequestKind::Ping:
      return Tell({.kind = ReportKind::Pong});
  }
}

void Tether::SpawnNest(const ReceivedRequest& received) {
  const uint64_t child = received.request.child;
  const auto fail = [&](const char* what) {
    Tell({.kind = ReportKind::NotSpawned, .child = child},
         std::string(what) + ": " + std::strerror(errno));
  };
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
    return fail("the system gives no more sockets");
  }
  const pid_t pid = fork();
  if (pid == 0) {
    NestSeed seed{.child = child, .tether = ends[1], .raise_right = raise_right_};
    if (!received.descriptors.empty()) {
      seed.spec = received.descriptors[0];
      seed.descriptors.assign(received.descriptors.begin() + 1, received.descriptors.end());
    }
    std::vector<int> keep = received.descriptors;
    keep.push_back(ends[1]);
    CloseAllExcept(keep);
    RunNest(seed);
  }
  close(ends[1]);
  if (pid < 0) {
    fail("the system gives no more processes");
    close(ends[0]);
    return;
  }
  nests_[child] = {.pid = pid, .socket = ends[0], .kill_at = steady_clock::now() + kSpawnGrace};
  childless_ = false;
}

void Tether::PassToNest(const Request& request) {
  const auto found = nests_.find(request.child);
  if (found == nests_.end() || found->second.socket < 0) return;
  // A nest that does not read is stopped or worse: without it, its tree is ours.
  NestRecord& nest = found->second;
  if (SendRequest(nest.socket, request) == Sent::Full) kill(nest.pid, SIGKILL);
  if (request.kind == RequestKind::EndTree && !std::exchange(nest.ending, true)) {
    nest.kill_at = steady_clock::now() + kEndGrace;
  }
}

void Tether::ReadNest(uint64_t child, NestRecord& nest) {
  Report report{};
  std::string text;
  while (nest.socket >= 0) {
    switch (ReceiveReport(nest.socket, report, text)) {
      case Received::Packet:
        break;
      case Received::Nothing:
        return;
      case Received::Gone:
        close(nest.socket);
        nest.socket = -1;
        return;
    }
    report.child = child;
    switch (report.kind) {
      case ReportKind::Hello:
      case ReportKind::Pong:
        continue;
      case ReportKind::Spawned:
        nest.child_pid = report.pid;
        if (!nest.ending) nest.kill_at.reset();
        break;
      case ReportKind::Exited:
        nest.child_exited = true;
        break;
      case ReportKind::NotSpawned:
      case ReportKind::TreeEnded:
        nest.finished = true;
        break;
    }
    Tell(report, text);
  }
}

void Tether::Reap() {
  int status = 0;
  for (;;) {
    const pid_t pid = waitpid(-1, &status, WNOHANG | __WALL);
    childless_ = pid < 0;
    if (pid <= 0) return;
    OnReaped(pid, status);
  }
}

/// Either a nest, or an orphan that a killed nest has left to us.
void Tether::OnReaped(pid_t pid, int status) {
  for (auto& [child, nest] : nests_) {
    if (nest.pid == pid) {
      ReadNest(child, nest);  // what it said before it went
      nest.pid = -1;
      return;
    }
    if (nest.child_pid == pid && !nest.child_exited) {
      nest.child_exited = true;
      Tell({.kind = ReportKind::Exited, .child = child, .status = status},
           "the process that supervised it was killed, so it was ended");
      return;
    }
  }
}

bool Tether::HasOrphanedTree() const {
  return std::any_of(nests_.begin(), nests_.end(),
                     [](const auto& each) { return each.second.pid < 0 && !each.second.finished; });
}

/// Kills all that descends from us and from no living nest; once there is nothing
/// of that kind, the trees of the killed nests have ended.
void Tether::EndOrphans() {
  ++orphan_passes_;
  std::vector<int> spared;
  for (const auto& [child, nest] : nests_) {
    if (nest.pid > 0) spared.push_back(nest.pid);
  }
  KillOwnChildren(spared);
  Reap();  // so that the walk does not pass through zombies
  bool any = false;
  const int self = getpid();
  for (const ProcessInfo& process : DescendantsOf(self)) {  // parents come first
    const auto is = [&](int pid) {
      return std::find(spared.begin(), spared.end(), pid) != spared.end();
    };
    if (is(process.pid) || is(process.parent)) {
      spared.push_back(process.pid);
    } else {
      any = true;
      SignalDescendant(process, self, SIGKILL);
    }
  }
  if (any) return;
  for (auto& [child, nest] : nests_) {
    if (nest.pid < 0 && !nest.finished) FinishOrphaned(child, nest);
  }
}

void Tether::FinishOrphaned(uint64_t child, NestRecord& nest) {
  const std::string reason = "the process that supervised it was killed";
  nest.finished = true;
  if (nest.child_pid < 0) {
    return Tell({.kind = ReportKind::NotSpawned, .child = child}, reason);
  }
  if (!nest.child_exited) {
    Tell({.kind = ReportKind::Exited, .child = child, .status = SIGKILL}, reason);
  }
  Tell({.kind = ReportKind::TreeEnded, .child = child});
}

void Tether::Tell(const Report& report, const std::string& text) {
  if (client_ >= 0) SendReport(client_, report, text);  // a failure is soon read as its end
}

/// Signals to our process group, such as a terminal's Ctrl-C, are not for us, nor
/// for the nests: all that can be blocked is blocked. Children get a clean mask.
int BlockAllSignals() {
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, nullptr);
  sigset_t child_only;
  sigemptyset(&child_only);
  sigaddset(&child_only, SIGCHLD);
  return signalfd(-1, &child_only, SFD_CLOEXEC | SFD_NONBLOCK);
}

int Main() {
  int type = 0;
  socklen_t size = sizeof type;
  if (getsockopt(kSocket, SOL_SOCKET, SO_TYPE, &type, &size) != 0 || type != SOCK_SEQPACKET) {
    std::fputs("proctor-tether holds the processes that proctor starts; proctor runs it itself\n",
               stderr);
    return 4;
  }
  CloseAllExcept({kSocket});
  const int signals = BlockAllSignals();
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  if (signals < 0 || chdir("/") != 0) return 3;
  Tether(signals).Run();
  return 0;
}

}  // namespace
}  // namespace proctor::tether

int main() {
  return proctor::tether::Main();
}
