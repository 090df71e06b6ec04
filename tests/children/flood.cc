// Writes argv[1] bytes to its standard output as fast as it goes, in lines.
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string>

int main(int argc, char** argv) {
  if (argc != 2) return 99;
  std::string block;
  while (block.size() < 65536) block += "line after line of output that nobody asked for 0123456\n";
  long long left = std::atoll(argv[1]);
  while (left > 0) {
    const size_t size = static_cast<size_t>(std::min<long long>(left, 65536));
    const ssize_t n = write(1, block.data(), size);
    if (n < 0) return 1;
    left -= n;
  }
  return 0;
}
