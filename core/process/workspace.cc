#include "core/process/workspace.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <optional>
#include <vector>

#include "core/process/pipe.h"

namespace proctor {
namespace {

namespace fs = std::filesystem;

/// Directories this deep are moved up before they are emptied, so that the number
/// of open descriptors does not grow with the depth.
constexpr int kMaxDepth = 64;

/// Works on descriptors alone, so that no directory can be swapped for a link
/// while we are in it.
class Remover {
 public:
  Remover(Fd top, dev_t device) : top_(std::move(top)), device_(device) {}

  /// Removes all that is in the top directory.
  void Run() {
    do {
      moved_ = 0;
      Empty(top_.get(), 0);
    } while (moved_ > 0);
  }
  const std::optional<std::string>& error() const { return error_; }

 private:
  static std::vector<std::string> NamesIn(int directory) {
    std::vector<std::string> names;
    DIR* dir = fdopendir(openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (dir == nullptr) return names;
    while (const dirent* entry = readdir(dir)) {
      const std::string_view name = entry->d_name;
      if (name != "." && name != "..") names.emplace_back(name);
    }
    closedir(dir);
    return names;
  }

  void Empty(int directory, int depth) {
    fchmod(directory, 0700);  // a failure shows in what cannot be removed
    for (const std::string& name : NamesIn(directory)) {
      if (unlinkat(directory, name.c_str(), 0) == 0 || errno == ENOENT) continue;
      if (errno == EISDIR || errno == EPERM) {
        RemoveDirectory(directory, name, depth);
      } else {
        Note(name);
      }
    }
  }

  void RemoveDirectory(int parent, const std::string& name, int depth) {
    struct stat info = {};
    if (fstatat(parent, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) return Note(name);
    if (!S_ISDIR(info.st_mode)) {
      errno = EPERM;
      return Note(name);
    }
    if (info.st_dev != device_) {
      errno = EBUSY;
      return Note(name);
    }
    if (depth >= kMaxDepth && MoveUp(parent, name)) return;
    if ((info.st_mode & S_IRWXU) != S_IRWXU) fchmodat(parent, name.c_str(), 0700, 0);
    const Fd fd(openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!fd) return Note(name);
    Empty(fd.get(), depth + 1);
    if (unlinkat(parent, name.c_str(), AT_REMOVEDIR) != 0) Note(name);
  }

  bool MoveUp(int parent, const std::string& name) {
    const std::string new_name = ".removed-" + std::to_string(++names_);
    const bool moved = renameat(parent, name.c_str(), top_.get(), new_name.c_str()) == 0;
    if (moved) ++moved_;
    return moved;
  }

  void Note(const std::string& name) {
    if (!error_) error_ = "'" + name + "' cannot be removed: " + std::strerror(errno);
  }

  const Fd top_;
  const dev_t device_;
  int moved_ = 0;  ///< directories moved up in this round
  int names_ = 0;
  std::optional<std::string> error_;
};

std::string Because(std::string_view what, const fs::path& path) {
  return std::string(what) + " '" + path.string() + "': " + std::strerror(errno);
}

}  // namespace

Result<fs::path, std::string> MakeWorkspace(const fs::path& root, std::string_view prefix) {
  std::error_code error;
  fs::create_directories(root, error);
  if (error) {
    return Failure{"the directory '" + root.string() + "' cannot be made: " + error.message()};
  }
  std::string name = (root / prefix).string() + "-XXXXXX";
  if (mkdtemp(name.data()) == nullptr) {
    return Failure{Because("no new directory can be made in", root)};
  }
  return fs::path(name);
}

Result<void, std::string> RemoveTree(const fs::path& directory) {
  if (!directory.is_absolute() || directory.lexically_normal() == "/") {
    return Failure{"'" + directory.string() + "' is not a directory that may be removed"};
  }
  struct stat info = {};
  if (lstat(directory.c_str(), &info) != 0) {
    if (errno == ENOENT) return {};
    return Failure{Because("it cannot be removed:", directory)};
  }
  if (S_ISDIR(info.st_mode)) chmod(directory.c_str(), 0700);
  Fd top(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!top) return Failure{Because("it is no directory that can be removed:", directory)};
  Remover remover(std::move(top), info.st_dev);
  remover.Run();
  if (remover.error()) return Failure{*remover.error() + " (in '" + directory.string() + "')"};
  if (rmdir(directory.c_str()) != 0) return Failure{Because("it cannot be removed:", directory)};
  return {};
}

}  // namespace proctor
