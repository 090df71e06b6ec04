#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

struct uv_loop_s;

namespace proctor {

/// Watches the files that a program is started from, and says when one of them has
/// become another, a short while after the last change: a linker writes for some time.
/// Lives on the loop; a handle that is closed needs one more turn of it.
class ProgramWatch {
 public:
  using OnChanged = std::function<void(std::string file)>;

  /// Files that do not exist are left out.
  ProgramWatch(uv_loop_s* loop, const std::vector<std::filesystem::path>& files,
               OnChanged on_changed);
  ~ProgramWatch();
  ProgramWatch(const ProgramWatch&) = delete;
  ProgramWatch& operator=(const ProgramWatch&) = delete;

 private:
  struct Watched;
  std::vector<Watched*> watched_;  ///< each frees itself when its handles are closed
};

/// The words of a command that name files: the program, found as exec would find it,
/// and the scripts and modules after it.
std::vector<std::filesystem::path> FilesOfCommand(const std::vector<std::string>& command,
                                                  const std::filesystem::path& cwd,
                                                  const std::string& path);

}  // namespace proctor
