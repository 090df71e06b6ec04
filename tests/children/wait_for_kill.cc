// Waits to be killed.
#include <unistd.h>

int main() {
  for (;;) pause();
}
