#include "core/kernel/trial_linux.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "core/base/utf8.h"
#include "core/process/pipe.h"

namespace proctor {
namespace {

constexpr size_t kMostWords = 2000;  // bytes of output in an error

std::vector<char*> Pointers(std::vector<std::string>& words) {
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  return pointers;
}

/// In a session of its own, so that it can be ended with all that it started. Errors: errno.
Result<pid_t, int> Start(std::vector<std::string> argv, const Environment& environment,
                         int output) {
  std::vector<std::string> variables;
  for (const auto& entry : environment) variables.push_back(entry.first + "=" + entry.second);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, output, 1);
  posix_spawn_file_actions_adddup2(&actions, output, 2);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigset_t all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setflags(&attributes,
                           POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  pid_t pid = 0;
  const int error = posix_spawn(&pid, argv[0].c_str(), &actions, &attributes, Pointers(argv).data(),
                                Pointers(variables).data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return Failure{error};
  return pid;
}

enum class Ended { InTime, Late };

/// Waits for the end of a child of ours, by force after the limit; its status as of waitpid().
Ended Await(pid_t pid, std::chrono::milliseconds limit, int& status) {
  const Fd handle(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  pollfd ended = {.fd = handle.get(), .events = POLLIN, .revents = 0};
  const auto end = std::chrono::steady_clock::now() + limit;
  int ready = 0;
  do {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        end - std::chrono::steady_clock::now());
    ready = poll(&ended, 1, static_cast<int>(std::max<int64_t>(left.count(), 0)));
  } while (ready < 0 && errno == EINTR);
  if (ready <= 0) kill(-pid, SIGKILL);
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return ready > 0 ? Ended::InTime : Ended::Late;
}

std::string LastWords(int fd) {
  std::string words;
  DrainNow(fd, kMostWords, [&](std::string_view chunk) { words += chunk; });
  words = Utf8Safe(words.substr(0, kMostWords));
  while (!words.empty() && (words.back() == '\n' || words.back() == ' ')) words.pop_back();
  return words.empty() ? "it wrote nothing" : words;
}

std::string HowItEnded(int status) {
  if (WIFSIGNALED(status)) return fmt::format("was ended by signal {}", WTERMSIG(status));
  return fmt::format("ended with {}", WEXITSTATUS(status));
}

}  // namespace

Result<void, std::string> TryProgram(const std::vector<std::string>& argv,
                                     const Environment& environment,
                                     std::chrono::milliseconds limit) {
  auto pipe = MakePipe();
  if (!pipe) return Failure{pipe.error()};
  const auto pid = Start(argv, environment, pipe->second.get());
  pipe->second.Close();
  if (!pid) {
    return Failure{fmt::format("'{}' cannot be started: {}", argv[0], std::strerror(pid.error()))};
  }
  int status = 0;
  if (Await(*pid, limit, status) == Ended::Late) {
    return Failure{fmt::format("'{}' did not end within {} ms and was ended: {}", argv[0],
                               limit.count(), LastWords(pipe->first.get()))};
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  return Failure{
      fmt::format("'{}' {}: {}", argv[0], HowItEnded(status), LastWords(pipe->first.get()))};
}

}  // namespace proctor
