#include "core/process/display_linux.h"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <fstream>

#include "core/process/environment.h"
#include "core/process/pipe.h"

namespace proctor {
namespace {

constexpr int kNumberFd = 3;

}  // namespace

Result<SpawnSpec, std::string> XvfbSpec(const Environment& environment, int number_fd) {
  if (!IsOnPath(environment, "Xvfb")) {
    return Failure{std::string(
        "a virtual display is needed, and Xvfb is not installed: run 'sudo apt install xvfb', or "
        "set display = \"inherit\" in [subject]")};
  }
  SpawnSpec spec;
  spec.argv = {"Xvfb",      "-displayfd", std::to_string(kNumberFd),
               "-screen",   "0",          "1280x1024x24",
               "-nolisten", "tcp",        "-noreset"};
  spec.env = environment;
  spec.fds = {{.child_fd = kNumberFd, .fd = number_fd}};
  spec.leave_descendants = LeaveDescendants::No;
  return spec;
}

std::optional<int> DisplayNumberReader::Feed(std::string_view chunk) {
  text_ += chunk;
  const size_t end = text_.find('\n');
  if (end == std::string::npos) return std::nullopt;
  int number = -1;
  const auto [at, error] = std::from_chars(text_.data(), text_.data() + end, number);
  if (error != std::errc{} || at != text_.data() + end || number < 0) return std::nullopt;
  return number;
}

bool HasDisplay(const Environment& environment) {
  return !ValueOf(environment, "DISPLAY").empty() ||
         !ValueOf(environment, "WAYLAND_DISPLAY").empty();
}

void UseDisplay(int number, Environment& environment) {
  std::erase_if(environment, [](const auto& entry) {
    return entry.first == "DISPLAY" || entry.first == "XAUTHORITY" ||
           entry.first == "WAYLAND_DISPLAY" || entry.first == "WAYLAND_SOCKET" ||
           entry.first == "XDG_SESSION_TYPE";
  });
  environment.emplace_back("DISPLAY", ":" + std::to_string(number));
  environment.emplace_back("XDG_SESSION_TYPE", "x11");
}

void AwaitEnd(int pid, int millis) {
  const Fd pidfd(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  pollfd wait = {pidfd.get(), POLLIN, 0};
  while (pidfd && poll(&wait, 1, millis) < 0 && errno == EINTR) {
  }
}

bool IsAbandoned(const std::string& path) {
  const Fd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  return fd && connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 &&
         errno == ECONNREFUSED;
}

void RemoveDisplayRemains(int number, int xvfb_pid) {
  // Xvfb makes no lock when it has chosen the number itself; other servers do.
  const std::string lock = "/tmp/.X" + std::to_string(number) + "-lock";
  int pid = 0;
  const bool has_lock = static_cast<bool>(std::ifstream(lock) >> pid);
  if (has_lock && pid != xvfb_pid) return;
  if (kill(xvfb_pid, 0) == 0 || errno != ESRCH) return;
  const std::string socket = "/tmp/.X11-unix/X" + std::to_string(number);
  if (IsAbandoned(socket)) unlink(socket.c_str());
  if (has_lock) unlink(lock.c_str());
}

}  // namespace proctor
