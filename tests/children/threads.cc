// Three threads that wait for ever, named "threads" (the first), "left" and "right".
// Prints "ready" when all of them do.
#include <pthread.h>
#include <unistd.h>

#include <cstdio>
#include <latch>
#include <thread>

std::latch all_wait(3);

// Named so that it is found in a stack.
void WaitInVain() {
  all_wait.count_down();
  for (;;) pause();
}

void Run(const char* name) {
  pthread_setname_np(pthread_self(), name);
  WaitInVain();
}

int main() {
  std::thread(Run, "left").detach();
  std::thread(Run, "right").detach();
  all_wait.arrive_and_wait();
  std::puts("ready");
  std::fflush(stdout);
  for (;;) pause();
}
