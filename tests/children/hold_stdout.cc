// Exits at once and leaves a child that holds its standard output open until its
// standard input ends.
#include <unistd.h>

int main() {
  if (fork() != 0) return 0;
  char byte = 0;
  while (read(0, &byte, 1) > 0) continue;
  return 0;
}
