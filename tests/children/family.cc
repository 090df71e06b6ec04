// Three processes that live until they are killed: itself, a child in its process
// group, and a child in a session of its own. Prints "SELF SAME_GROUP OTHER_SESSION".
#include <unistd.h>

#include <cstdio>

int main() {
  const pid_t same_group = fork();
  if (same_group == 0) {
    for (;;) pause();
  }
  int ready[2];
  if (pipe(ready) != 0) return 1;
  const pid_t other_session = fork();
  if (other_session == 0) {
    setsid();
    close(ready[0]);
    close(ready[1]);
    for (;;) pause();
  }
  close(ready[1]);
  char byte = 0;
  if (read(ready[0], &byte, 1) != 0) return 1;  // until it has its session
  std::printf("%d %d %d\n", static_cast<int>(getpid()), static_cast<int>(same_group),
              static_cast<int>(other_session));
  std::fflush(stdout);
  for (;;) pause();
}
