// Ends in the way that argv[1] says: "exit" with code argv[2], or "signal" by the
// signal of the number argv[2].
#include <signal.h>
#include <sys/resource.h>

#include <cstdlib>
#include <string_view>

int main(int argc, char** argv) {
  if (argc != 3) return 99;
  if (argv[1] == std::string_view("exit")) return std::atoi(argv[2]);
  const rlimit no_core = {0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  signal(std::atoi(argv[2]), SIG_DFL);
  raise(std::atoi(argv[2]));
  return 98;
}
