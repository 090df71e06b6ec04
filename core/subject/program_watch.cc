#include "core/subject/program_watch.h"

#include <sys/stat.h>
#include <uv.h>

#include <algorithm>
#include <utility>

namespace proctor {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kSettleMs = 300;  // without a further change

/// What tells one file from another of the same name; empty where there is none.
struct Print {
  ino_t inode = 0;
  off_t size = 0;
  timespec written = {};
  bool operator==(const Print& other) const {
    return inode == other.inode && size == other.size && written.tv_sec == other.written.tv_sec &&
           written.tv_nsec == other.written.tv_nsec;
  }
};

Print PrintOf(const fs::path& file) {
  struct stat info = {};
  if (stat(file.c_str(), &info) != 0) return {};
  return {info.st_ino, info.st_size, info.st_mtim};
}

}  // namespace

/// One file, by its directory: what replaces it does not touch the old file.
struct ProgramWatch::Watched {
  fs::path file;
  Print print;
  OnChanged on_changed;
  uv_fs_event_t events = {};
  uv_timer_t settle = {};
  int open = 2;  ///< handles

  void OnEvent(const char* name) {
    if (name && file.filename() != name) return;
    uv_timer_start(
        &settle, [](uv_timer_t* t) { static_cast<Watched*>(t->data)->Look(); }, kSettleMs, 0);
  }
  void Look() {
    const Print now = PrintOf(file);
    // Between two versions there may be none; the next one is an event again.
    if (now == print || now == Print{}) return;
    print = now;
    on_changed(file.string());
  }
  void Close() {
    on_changed = [](const std::string&) {};
    const auto closed = [](uv_handle_t* handle) {
      auto* self = static_cast<Watched*>(handle->data);
      if (--self->open == 0) delete self;
    };
    uv_close(reinterpret_cast<uv_handle_t*>(&events), closed);
    uv_close(reinterpret_cast<uv_handle_t*>(&settle), closed);
  }
};

ProgramWatch::ProgramWatch(uv_loop_s* loop, const std::vector<fs::path>& files,
                           OnChanged on_changed) {
  for (const fs::path& file : files) {
    const Print print = PrintOf(file);
    if (print == Print{}) continue;
    auto* one = new Watched{file, print, on_changed};
    uv_fs_event_init(loop, &one->events);
    uv_timer_init(loop, &one->settle);
    one->events.data = one->settle.data = one;
    // Where the directory cannot be watched, the spares are simply as old as they are.
    uv_fs_event_start(
        &one->events,
        [](uv_fs_event_t* e, const char* name, int, int) {
          static_cast<Watched*>(e->data)->OnEvent(name);
        },
        file.parent_path().c_str(), 0);
    watched_.push_back(one);
  }
}

ProgramWatch::~ProgramWatch() {
  for (Watched* one : watched_) one->Close();
}

std::vector<fs::path> FilesOfCommand(const std::vector<std::string>& command, const fs::path& cwd,
                                     const std::string& path) {
  std::vector<fs::path> files;
  const auto add = [&](const fs::path& file) {
    std::error_code error;
    if (fs::is_regular_file(file, error)) files.push_back(file.lexically_normal());
    return !error && !files.empty() && files.back() == file.lexically_normal();
  };
  if (!command.empty() && command[0].find('/') == std::string::npos) {
    for (size_t at = 0; at <= path.size();) {
      const size_t end = std::min(path.find(':', at), path.size());
      if (end > at && add(fs::path(path.substr(at, end - at)) / command[0])) break;
      at = end + 1;
    }
  } else if (!command.empty()) {
    add(cwd / command[0]);
  }
  for (size_t i = 1; i < command.size(); ++i) {
    if (!command[i].empty() && command[i][0] != '-') add(cwd / command[i]);
  }
  return files;
}

}  // namespace proctor
