#include "core/process/priority_linux.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <vector>

#include "core/process/proc_linux.h"

namespace proctor::tether {
namespace {

constexpr int kLowNice = 10;  // a tenth of the processor beside a busy test: it starts all the same

int NiceOf(int tid) {
  return getpriority(PRIO_PROCESS, static_cast<id_t>(tid));
}

bool SetNice(int tid, int nice) {
  return setpriority(PRIO_PROCESS, static_cast<id_t>(tid), nice) == 0;
}

bool SetPolicy(int tid, int policy) {
  const sched_param no_real_time = {};
  return sched_setscheduler(tid, policy, &no_real_time) == 0;
}

std::string GroupFile(int pid) {
  return "/proc/" + std::to_string(pid) + "/autogroup";
}

/// The file reads "/autogroup-93525 nice 0"; there is none where nothing is grouped.
bool IsGroupLow(int pid) {
  return ReadProcFile(GroupFile(pid), 128).ends_with(" nice " + std::to_string(kLowNice) + "\n");
}

void SetGroupNice(int pid, int nice) {
  const int fd = open(GroupFile(pid).c_str(), O_WRONLY | O_CLOEXEC);
  if (fd < 0) return;
  const std::string text = std::to_string(nice);
  [[maybe_unused]] const ssize_t n = write(fd, text.data(), text.size());
  close(fd);
}

/// True: it was low, whether or not it could be raised, or it is gone, and who knows
/// what it has left.
bool Raise(int tid, int nice) {
  const int policy = sched_getscheduler(tid);
  if (policy != SCHED_BATCH) return policy < 0;
  // The policy comes last, since it is what tells that this has to be done.
  if (NiceOf(tid) == kLowNice) SetNice(tid, nice);
  SetPolicy(tid, SCHED_OTHER);
  return true;
}

bool Lower(int tid) {
  const int policy = sched_getscheduler(tid);
  if (policy != SCHED_OTHER) return policy < 0;
  return SetPolicy(tid, SCHED_BATCH) && SetNice(tid, kLowNice);
}

bool RaiseGroup(int pid) {
  if (!IsGroupLow(pid)) return false;
  SetGroupNice(pid, 0);  // refused to users for 0.1 s after another's: the next pass does it
  return true;
}

}  // namespace

RaiseRight FindRaiseRight() {
  const pid_t pid = fork();
  if (pid == 0) {
    const int nice = NiceOf(0);
    SetNice(0, kLowNice);
    SetPolicy(0, SCHED_BATCH);
    _exit(SetNice(0, nice) && SetPolicy(0, SCHED_OTHER) ? 0 : 1);
  }
  int status = 1;
  while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR) continue;
  return status == 0 ? RaiseRight::Yes : RaiseRight::No;
}

void LowerSelf(Session session) {
  SetNice(0, kLowNice);
  SetPolicy(0, SCHED_BATCH);
  if (session == Session::New) SetGroupNice(getpid(), kLowNice);
}

PriorityPass SetTreePriority(Priority priority, int normal_nice) {
  bool changed = false;
  for (const ProcessInfo& process : DescendantsOf(getpid())) {
    if (process.state == 'Z' || process.state == 'X') continue;
    const std::string tasks = "/proc/" + std::to_string(process.pid) + "/task";
    const std::vector<int> tids = NumbersIn(tasks);
    changed |= tids.empty();
    for (const int tid : tids) {
      changed |= priority == Priority::Low ? Lower(tid) : Raise(tid, normal_nice);
    }
    if (priority == Priority::Normal) changed |= RaiseGroup(process.pid);
  }
  return changed ? PriorityPass::Changed : PriorityPass::Clean;
}

}  // namespace proctor::tether
