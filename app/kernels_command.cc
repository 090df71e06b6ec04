// `proctor kernels`: hosts kernels for a program that started it, without a batch or a window.

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "app/session.h"
#include "app/signals.h"
#include "hooks/hooks.h"

namespace proctor {
namespace {

/// Something happened; raised from any thread, awaited by one.
class Bell {
 public:
  Bell() : fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
  ~Bell() { close(fd_); }
  Bell(const Bell&) = delete;
  Bell& operator=(const Bell&) = delete;

  void Ring() const {
    const uint64_t one = 1;
    // It can only be full, and then it rings already.
    if (write(fd_, &one, sizeof one) != sizeof one) return;
  }
  void Silence() const {
    uint64_t rings = 0;
    while (read(fd_, &rings, sizeof rings) == sizeof rings) continue;
  }
  int fd() const { return fd_; }

 private:
  int fd_;
};

enum class Input { Open, Closed };

/// What comes is of no interest; that nothing can come any more is.
Input Drain(int fd) {
  char ignored[4096];
  const ssize_t size = read(fd, ignored, sizeof ignored);
  const bool open = size > 0 || (size < 0 && (errno == EINTR || errno == EAGAIN));
  return open ? Input::Open : Input::Closed;
}

/// Until stdin is closed or the hooks are asked to shut down. The hooks' wake-up rings the bell:
/// each time the frame goes on, which is how health sees that this thread lives.
void HostUntilTold(hooks::Hooks& hooks, const Bell& bell) {
  pollfd fds[] = {{STDIN_FILENO, POLLIN, 0}, {bell.fd(), POLLIN, 0}};
  while (!hooks.ShutdownRequested()) {
    hooks.BeginFrame();
    hooks.EndFrame();
    if (poll(fds, 2, -1) < 0 && errno != EINTR) return;
    if (fds[1].revents != 0) bell.Silence();
    if (fds[0].revents != 0 && Drain(STDIN_FILENO) == Input::Closed) return;
  }
}

/// One line, whole, for whoever reads our stdout.
bool Announce(const hooks::Hooks& hooks) {
  const nlohmann::ordered_json line = {
      {"url", hooks.url()}, {"token", hooks.token()}, {"pid", getpid()}};
  return std::fputs((line.dump() + "\n").c_str(), stdout) >= 0 && std::fflush(stdout) == 0;
}

}  // namespace

Result<int, Trouble> HostKernels(const KernelsCommand& command) {
  const Bell bell;
  RunCommand run;
  run.port = command.port;
  auto config = std::make_shared<Config>();
  config->directory = std::filesystem::current_path();
  Target target;
  target.config = std::move(config);
  auto session = Session::Start(run, target, [&bell] { bell.Ring(); });
  if (!session) return Failure{Trouble{ExitCode::Internal, session.error().text}};
  hooks::Hooks& hooks = (*session)->hooks();
  SignalWatch watch([&](int) {
    hooks.RequestShutdown();
    bell.Ring();
  });
  hooks.Announce();
  if (!Announce(hooks)) {
    return Failure{
        Trouble{ExitCode::Internal, "its address could not be written: nobody reads its output"}};
  }
  HostUntilTold(hooks, bell);
  return 0;
}

}  // namespace proctor
