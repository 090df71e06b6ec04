#include "hooks/discovery.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <nlohmann/json.hpp>
#include <utility>

namespace proctor::hooks {
namespace {

/// Makes the directory, or accepts one that is this user's alone. "" is success.
std::string MakePrivate(const std::string& directory) {
  if (mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) {
    return "cannot make " + directory + ": " + strerror(errno);
  }
  struct stat found {};
  if (lstat(directory.c_str(), &found) != 0) return directory + ": " + strerror(errno);
  if (!S_ISDIR(found.st_mode)) return directory + " is not a directory";
  if (found.st_uid != getuid()) return directory + " belongs to another user";
  if ((found.st_mode & 077) != 0 && chmod(directory.c_str(), 0700) != 0) {
    return directory + " is open to other users";
  }
  return "";
}

Expected<std::string> Directory() {
  const char* runtime = std::getenv("XDG_RUNTIME_DIR");
  if (runtime != nullptr && runtime[0] == '/') {
    const std::string directory = std::string(runtime) + "/proctor";
    if (MakePrivate(directory).empty()) return directory;
  }
  const std::string directory = "/tmp/proctor-" + std::to_string(getuid());
  if (std::string why = MakePrivate(directory); !why.empty()) return Failure{why};
  return directory;
}

bool WriteAll(int fd, const std::string& text) {
  size_t written = 0;
  while (written < text.size()) {
    const ssize_t n = write(fd, text.data() + written, text.size() - written);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    written += static_cast<size_t>(n);
  }
  return true;
}

}  // namespace

Expected<DiscoveryFile> DiscoveryFile::Write(const Content& content) {
  auto directory = Directory();
  if (!directory) return Failure{directory.error()};
  const nlohmann::ordered_json json = {
      {"url", content.url}, {"token", content.token}, {"pid", getpid()}, {"app", content.app}};
  const std::string path = *directory + "/" + std::to_string(getpid()) + ".json";
  const std::string fresh = path + ".new";
  unlink(fresh.c_str());  // what a dead process of this pid left
  const int fd = open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0) return Failure{"cannot write " + fresh + ": " + strerror(errno)};
  const bool whole =
      WriteAll(fd, json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
  close(fd);
  // A reader sees the whole file or none.
  if (!whole || rename(fresh.c_str(), path.c_str()) != 0) {
    const std::string why = strerror(errno);
    unlink(fresh.c_str());
    return Failure{"cannot write " + path + ": " + why};
  }
  return DiscoveryFile(path);
}

DiscoveryFile::~DiscoveryFile() {
  if (!path_.empty()) unlink(path_.c_str());
}

DiscoveryFile::DiscoveryFile(DiscoveryFile&& other) noexcept
    : path_(std::exchange(other.path_, {})) {}

DiscoveryFile& DiscoveryFile::operator=(DiscoveryFile&& other) noexcept {
  std::swap(path_, other.path_);
  return *this;
}

}  // namespace proctor::hooks
