#include "app/signals.h"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>

namespace proctor {
namespace {

sigset_t Watched() {
  sigset_t set;
  sigemptyset(&set);
  for (int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&set, signal);
  return set;
}

}  // namespace

void BlockSignals() {
  const sigset_t set = Watched();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  // A reader that closed our output is no reason to die with processes running.
  std::signal(SIGPIPE, SIG_IGN);
}

SignalWatch::SignalWatch(std::function<void(int)> on_signal)
    : end_fd_(eventfd(0, EFD_CLOEXEC)),
      thread_([this, on_signal = std::move(on_signal)] { Watch(on_signal); }) {}

SignalWatch::~SignalWatch() {
  const uint64_t one = 1;
  if (write(end_fd_, &one, sizeof one) == sizeof one) thread_.join();
  close(end_fd_);
}

void SignalWatch::Watch(const std::function<void(int)>& on_signal) const {
  const sigset_t set = Watched();
  const int signals = signalfd(-1, &set, SFD_CLOEXEC);
  pollfd fds[] = {{signals, POLLIN, 0}, {end_fd_, POLLIN, 0}};
  while (poll(fds, 2, -1) >= 0 && !(fds[1].revents & POLLIN)) {
    signalfd_siginfo info{};
    if (read(signals, &info, sizeof info) == sizeof info) {
      on_signal(static_cast<int>(info.ssi_signo));
    }
  }
  close(signals);
}

}  // namespace proctor
