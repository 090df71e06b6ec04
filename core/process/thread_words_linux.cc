// The words for what /proc tells of a thread.
#include <sys/syscall.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "core/base/utf8.h"
#include "core/process/stacks_linux.h"

namespace proctor {
namespace {

/// The calls that a hung thread is found in; any other is told by its number.
constexpr auto kCalls = std::to_array<std::pair<long, std::string_view>>({
    {SYS_read, "read"},
    {SYS_write, "write"},
    {SYS_readv, "readv"},
    {SYS_writev, "writev"},
    {SYS_pread64, "pread64"},
    {SYS_pwrite64, "pwrite64"},
    {SYS_openat, "openat"},
    {SYS_close, "close"},
    {SYS_ioctl, "ioctl"},
    {SYS_flock, "flock"},
    {SYS_fcntl, "fcntl"},
    {SYS_fsync, "fsync"},
    {SYS_fdatasync, "fdatasync"},
    {SYS_ppoll, "ppoll"},
    {SYS_pselect6, "pselect6"},
    {SYS_epoll_pwait, "epoll_pwait"},
    {SYS_futex, "futex"},
    {SYS_nanosleep, "nanosleep"},
    {SYS_clock_nanosleep, "clock_nanosleep"},
    {SYS_rt_sigtimedwait, "rt_sigtimedwait"},
    {SYS_rt_sigsuspend, "rt_sigsuspend"},
    {SYS_wait4, "wait4"},
    {SYS_waitid, "waitid"},
    {SYS_connect, "connect"},
    {SYS_accept, "accept"},
    {SYS_accept4, "accept4"},
    {SYS_sendto, "sendto"},
    {SYS_sendmsg, "sendmsg"},
    {SYS_recvfrom, "recvfrom"},
    {SYS_recvmsg, "recvmsg"},
    {SYS_execve, "execve"},
    {SYS_restart_syscall, "restart_syscall"},
#ifdef SYS_poll  // newer machines have the p… forms alone
    {SYS_poll, "poll"},
    {SYS_select, "select"},
    {SYS_pause, "pause"},
    {SYS_open, "open"},
    {SYS_epoll_wait, "epoll_wait"},
    {SYS_vfork, "vfork"},
#endif
});

std::string StateWords(char state) {
  switch (state) {
    case 'R':
      return "running";
    case 'S':
      return "sleeping";
    case 'D':
      return "uninterruptible (no signal, SIGKILL neither, ends it before what it waits for)";
    case 'T':
      return "stopped (by a signal; SIGCONT lets it go on)";
    case 't':
      return "stopped by a debugger";
    case 'Z':
      return "ended, and not yet waited for";
    case 'X':
      return "ended";
    case 'I':
      return "idle";
    case 'P':
      return "parked";
    default:
      return std::string("in the unknown state '") + state + "'";
  }
}

std::string CallWords(std::string_view syscall) {
  long number = -1;
  const auto [end, error] =
      std::from_chars(syscall.data(), syscall.data() + syscall.size(), number);
  if (error != std::errc{} || number < 0) return {};
  const auto found = std::find_if(kCalls.begin(), kCalls.end(),
                                  [&](const auto& call) { return call.first == number; });
  if (found == kCalls.end()) return ", in system call " + std::to_string(number);
  return ", in system call " + std::string(found->second);
}

std::string OneLine(std::string_view text) {
  std::string line = Utf8Safe(text);
  for (char& c : line) {
    if (static_cast<unsigned char>(c) < ' ') c = ' ';
  }
  return line;
}

}  // namespace

std::string DescribeThread(const ThreadFacts& thread) {
  std::string text = "thread " + std::to_string(thread.tid) + " '" + OneLine(thread.name) +
                     "': " + StateWords(thread.state) + CallWords(thread.syscall);
  if (!thread.wchan.empty() && thread.wchan != "0") text += ", waits in " + OneLine(thread.wchan);
  text += "\n";
  std::string_view stack = thread.stack;
  while (!stack.empty()) {
    const std::string_view line = stack.substr(0, stack.find('\n'));
    stack.remove_prefix(std::min(stack.size(), line.size() + 1));
    constexpr std::string_view kHidden = "[<0>] ";  // addresses are zero for everybody
    text += "  " + OneLine(line.starts_with(kHidden) ? line.substr(kHidden.size()) : line) + "\n";
  }
  return text;
}

}  // namespace proctor
