// Forks and exits, and so does its child, and so on: no process of it lives for
// longer than a moment. The first one prints "ready" and waits to be killed.
#include <unistd.h>

#include <cstdio>

int main() {
  std::puts("ready");
  std::fflush(stdout);
  if (fork() != 0) {
    for (;;) pause();
  }
  setsid();
  for (;;) {
    if (fork() != 0) _exit(0);
  }
}
