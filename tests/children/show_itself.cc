// Prints what it was given: "cwd PATH", "fd N" for each open descriptor, "nice N",
// "session own" or "session shared", "blocked MASK" and "ignored MASK" of its
// signals, and "env NAME=VALUE" for each variable.
#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

int main() {
  std::vector<int> fds;
  DIR* dir = opendir("/proc/self/fd");
  while (const dirent* entry = readdir(dir)) {
    const int fd = std::atoi(entry->d_name);
    if (entry->d_name[0] != '.' && fd != dirfd(dir)) fds.push_back(fd);
  }
  closedir(dir);
  std::sort(fds.begin(), fds.end());
  for (const int fd : fds) std::printf("fd %d\n", fd);

  char cwd[4096];
  std::printf("cwd %s\n", getcwd(cwd, sizeof cwd));
  std::printf("nice %d\n", getpriority(PRIO_PROCESS, 0));
  std::printf("session %s\n", getsid(0) == getpid() ? "own" : "shared");

  FILE* status = std::fopen("/proc/self/status", "r");
  char line[4096];
  while (std::fgets(line, sizeof line, status) != nullptr) {
    if (std::strncmp(line, "SigBlk:", 7) == 0) std::printf("blocked %s", line + 8);
    if (std::strncmp(line, "SigIgn:", 7) == 0) std::printf("ignored %s", line + 8);
  }
  std::fclose(status);
  for (char** variable = environ; *variable != nullptr; ++variable) {
    std::printf("env %s\n", *variable);
  }
  return 0;
}
