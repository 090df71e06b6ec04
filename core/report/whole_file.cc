#include "core/report/whole_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <system_error>

namespace proctor {
namespace {

namespace fs = std::filesystem;

std::string Sentence(const fs::path& path, int error) {
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  std::error_code ignored;
  if (error == ENOENT && !fs::exists(folder, ignored)) {
    return fmt::format("cannot write {}: there is no directory {}", path.string(), folder.string());
  }
  return fmt::format("cannot write {}: {}", path.string(), std::strerror(error));
}

/// 0, or the errno of what went wrong. Closes `fd`.
int Fill(int fd, const std::function<void(const Put&)>& fill) {
  std::FILE* file = ::fdopen(fd, "w");
  if (!file) return errno;
  int error = 0;
  fill([&](std::string_view text) {
    if (error == 0 && std::fwrite(text.data(), 1, text.size(), file) != text.size()) error = errno;
  });
  if (std::fclose(file) != 0 && error == 0) error = errno;
  return error;
}

Result<void, std::string> WriteDirectly(const fs::path& path,
                                        const std::function<void(const Put&)>& fill) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  const int error = fd < 0 ? errno : Fill(fd, fill);
  if (error != 0) return Failure{Sentence(path, error)};
  return {};
}

}  // namespace

Result<void, std::string> WriteWhole(const fs::path& path,
                                     const std::function<void(const Put&)>& fill) {
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) return Failure{Sentence(path, EISDIR)};
  const bool exists = fs::exists(path, ignored);
  if (exists && !fs::is_regular_file(path, ignored)) return WriteDirectly(path, fill);
  // A link stays a link: what it points to is replaced.
  const fs::path target = exists ? fs::canonical(path, ignored) : path;
  const fs::path draft = fmt::format("{}.{}.part", target.string(), ::getpid());
  const int fd = ::open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (fd < 0) return Failure{Sentence(path, errno)};
  int error = Fill(fd, fill);
  if (error == 0 && std::rename(draft.c_str(), target.c_str()) != 0) error = errno;
  if (error != 0) {
    ::unlink(draft.c_str());
    return Failure{Sentence(path, error)};
  }
  return {};
}

}  // namespace proctor
