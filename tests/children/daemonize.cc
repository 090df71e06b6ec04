// Leaves a grandchild behind in the way of a daemon: forked twice, in a session of
// its own, with its own output. Prints the grandchild's pid and exits with 0; the
// grandchild lives on until it is killed, or for argv[1] milliseconds.
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

int main(int argc, char** argv) {
  const pid_t between = fork();
  if (between == 0) {
    setsid();
    const pid_t daemon = fork();
    if (daemon != 0) {
      std::printf("%d\n", static_cast<int>(daemon));
      std::fflush(stdout);
      _exit(0);
    }
    const int null = open("/dev/null", O_RDWR);
    for (int fd = 0; fd <= 2; ++fd) dup2(null, fd);
    if (argc > 1) {
      usleep(static_cast<useconds_t>(std::atoi(argv[1])) * 1000);
      _exit(0);
    }
    for (;;) pause();
  }
  waitpid(between, nullptr, 0);
  return 0;
}
