#include "core/kernel/small_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "core/process/pipe.h"

namespace proctor {
namespace {

constexpr size_t kMostBytes = 1 << 20;

}  // namespace

Result<std::string, std::string> ReadSmallFile(const std::filesystem::path& file) {
  const auto cannot = [&](const char* why) {
    return Failure{fmt::format("'{}' cannot be read: {}", file.string(), why)};
  };
  // A named pipe would be waited for without O_NONBLOCK.
  const Fd fd(open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct stat info = {};
  if (!fd || fstat(fd.get(), &info) != 0) return cannot(std::strerror(errno));
  if (!S_ISREG(info.st_mode)) return cannot("it is no regular file");
  std::string text;
  char chunk[16384];
  while (text.size() <= kMostBytes) {
    const ssize_t size = read(fd.get(), chunk, sizeof chunk);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return cannot(std::strerror(errno));
    if (size == 0) return text;
    text.append(chunk, static_cast<size_t>(size));
  }
  return cannot("it is larger than a mebibyte");
}

}  // namespace proctor
