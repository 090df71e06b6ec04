// Ignores SIGTERM, prints "ready" and waits.
#include <signal.h>
#include <unistd.h>

#include <cstdio>

int main() {
  signal(SIGTERM, SIG_IGN);
  std::puts("ready");
  std::fflush(stdout);
  for (;;) pause();
}
