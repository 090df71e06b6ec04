#include "core/process/remains_linux.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <set>

#include "core/process/display_linux.h"
#include "core/process/proc_linux.h"
#include "core/process/workspace.h"

namespace proctor {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr size_t kMaxCommand = 120;
constexpr int kFreezePasses = 1000;  // what forks quicker than these is met again, killed

bool IsSame(const std::optional<ProcessInfo>& info, const ProcessKey& key) {
  return info && info->start_ticks == key.start_ticks && info->state != 'Z' && info->state != 'X';
}

bool Lives(const ProcessKey& key) {
  return key.pid > 1 && IsSame(ReadProcess(key.pid), key);
}

bool IsOwnProcess(int pid) {
  struct stat info = {};
  return stat(("/proc/" + std::to_string(pid)).c_str(), &info) == 0 && info.st_uid == geteuid();
}

bool Contains(const std::vector<ProcessKey>& keys, const ProcessKey& key) {
  return std::find(keys.begin(), keys.end(), key) != keys.end();
}

/// The pidfd is opened before the look: if the look sees our process, the pidfd is that
/// process and none that came after it. Without a pidfd there is no signal.
void SignalExactly(const ProcessKey& key, int signal) {
  const Fd pidfd(static_cast<int>(syscall(SYS_pidfd_open, key.pid, 0)));
  if (!pidfd || !Lives(key)) return;
  syscall(SYS_pidfd_send_signal, pidfd.get(), signal, nullptr, 0);
}

/// Collects processes, each once, with what proves them to be left.
class Collection {
 public:
  explicit Collection(const std::vector<ProcessKey>& spared) : spared_(spared) {}

  /// The process, and what descends from it.
  void AddTree(const ProcessKey& root, const std::string& proof, const std::string& below) {
    if (!Lives(root)) return;
    Add(root, proof);
    for (const ProcessInfo& info : DescendantsOf(root.pid)) {
      const ProcessKey key{info.pid, info.start_ticks};
      if (IsSame(info, key)) Add(key, below);
    }
  }
  std::vector<RemainingProcess> Take() { return std::move(found_); }

 private:
  void Add(const ProcessKey& key, const std::string& proof) {
    if (Contains(spared_, key) || !IsOwnProcess(key.pid)) return;
    if (!seen_.insert(key).second) return;
    found_.push_back({key, CommandLine(key.pid, kMaxCommand), proof});
  }

  const std::vector<ProcessKey>& spared_;
  std::set<ProcessKey> seen_;
  std::vector<RemainingProcess> found_;
};

void AppendTree(const ProcessKey& root, std::vector<ProcessKey>& into) {
  if (!Lives(root)) return;
  into.push_back(root);
  for (const ProcessInfo& info : DescendantsOf(root.pid)) {
    into.push_back({info.pid, info.start_ticks});
  }
}

/// The file as it is now, where it is of that kind and this user's.
std::optional<FileKey> OwnFile(const fs::path& path, FileKind kind) {
  struct stat info = {};
  if (lstat(path.c_str(), &info) != 0 || info.st_uid != geteuid()) return std::nullopt;
  const bool fits = kind == FileKind::Directory ? S_ISDIR(info.st_mode)
                    : kind == FileKind::Socket  ? S_ISSOCK(info.st_mode)
                                                : S_ISREG(info.st_mode);
  if (!fits) return std::nullopt;
  return FileKey{info.st_dev, info.st_ino};
}

/// What an Xvfb leaves that was killed. While it lives it is the record's, and will be ended.
void AddDisplay(const RecordedDisplay& display, std::vector<RemainingFile>& into) {
  const std::string number = std::to_string(display.number);
  const std::string who =
      " of its Xvfb :" + number + " (pid " + std::to_string(display.xvfb.pid) + ")";
  const bool lives = Lives(display.xvfb);
  const std::optional<ProcessInfo> now = ReadProcess(display.xvfb.pid);
  if (now && now->start_ticks != display.xvfb.start_ticks) return;  // another's number: no proof
  const fs::path socket = "/tmp/.X11-unix/X" + number;
  const auto key = OwnFile(socket, FileKind::Socket);
  if (key && key == display.socket && (lives || IsAbandoned(socket.string()))) {
    into.push_back({socket, FileKind::Socket, *key, "the socket" + who});
  }
  const fs::path lock = "/tmp/.X" + number + "-lock";
  const auto lock_key = OwnFile(lock, FileKind::File);
  int pid = 0;
  if (lock_key && std::ifstream(lock) >> pid && pid == display.xvfb.pid) {
    into.push_back({lock, FileKind::File, *lock_key, "the lock" + who});
  }
}

void AddDiscoveryFiles(const fs::path& directory, std::vector<RemainingFile>& into) {
  if (!OwnFile(directory, FileKind::Directory)) return;
  std::error_code error;
  for (fs::directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) {
    if (it->path().extension() != ".json") continue;
    const std::string name = it->path().stem().string();
    int pid = 0;
    const auto [at, bad] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (bad != std::errc{} || at != name.data() + name.size() || pid <= 1) continue;
    if (kill(pid, 0) == 0 || errno != ESRCH) continue;
    if (const auto key = OwnFile(it->path(), FileKind::File)) {
      into.push_back({it->path(), FileKind::File, *key, "tells of a process that is no more"});
    }
  }
}

/// A stop takes a moment to arrive, and one that it has not reached may still fork.
bool HasStopped(const ProcessKey& key) {
  const std::optional<ProcessInfo> info = ReadProcess(key.pid);
  return !IsSame(info, key) || info->state == 'T' || info->state == 't';
}

/// Until a pass finds all stopped, and none that it had not found before.
std::set<ProcessKey> Freeze(const RunRecord& record, const std::vector<ProcessKey>& spared) {
  std::set<ProcessKey> frozen;
  for (int pass = 0; pass < kFreezePasses; ++pass) {
    bool is_over = true;
    for (const RemainingProcess& process : ProcessesLeft(record, spared)) {
      if (frozen.insert(process.key).second) SignalExactly(process.key, SIGSTOP);
      if (!HasStopped(process.key)) is_over = false;
    }
    if (is_over) break;
  }
  return frozen;
}

}  // namespace

RunCondition ConditionOf(const RunRecord& record) {
  if (record.world != ThisWorld()) return RunCondition::OtherWorld;
  return Lives(record.proctor) ? RunCondition::Lives : RunCondition::Dead;
}

std::vector<ProcessKey> SparedProcesses(const std::vector<RunRecord>& records) {
  std::vector<ProcessKey> spared;
  for (const RunRecord& record : records) {
    if (ConditionOf(record) != RunCondition::Lives) continue;
    AppendTree(record.proctor, spared);
    if (record.tether) AppendTree(*record.tether, spared);
    for (const ProcessKey& child : record.children) AppendTree(child, spared);
  }
  for (int pid = getpid(); pid > 1;) {
    const std::optional<ProcessInfo> info = ReadProcess(pid);
    if (!info) break;
    spared.push_back({pid, info->start_ticks});
    pid = info->parent;
  }
  return spared;
}

std::vector<RemainingProcess> ProcessesLeft(const RunRecord& record,
                                            const std::vector<ProcessKey>& spared) {
  if (ConditionOf(record) != RunCondition::Dead) return {};
  Collection found(spared);
  if (record.tether) found.AddTree(*record.tether, "its tether", "descends from its tether");
  for (const ProcessKey& child : record.children) {
    found.AddTree(child, "it started that",
                  "descends from pid " + std::to_string(child.pid) + ", which it started");
  }
  return found.Take();
}

std::vector<RemainingFile> FilesLeft(const RunRecord& record) {
  std::vector<RemainingFile> files;
  if (ConditionOf(record) != RunCondition::Dead) return files;
  for (const RecordedDisplay& display : record.displays) AddDisplay(display, files);
  const auto runtime = OwnFile(record.runtime_dir, FileKind::Directory);
  const bool named_so = record.runtime_dir.is_absolute() &&
                        record.runtime_dir.filename().string().starts_with("proctor-");
  if (runtime && named_so && *runtime == record.runtime_key) {
    files.push_back({record.runtime_dir, FileKind::Directory, *runtime, "its runtime directory"});
  }
  if (const auto key = OwnFile(record.file, FileKind::File)) {
    files.push_back({record.file, FileKind::File, *key, "its record"});
  }
  return files;
}

std::vector<RemainingFile> StaleDiscoveryFiles() {
  std::vector<RemainingFile> files;
  const char* runtime = std::getenv("XDG_RUNTIME_DIR");
  if (runtime != nullptr && runtime[0] == '/')
    AddDiscoveryFiles(fs::path(runtime) / "proctor", files);
  AddDiscoveryFiles("/tmp/proctor-" + std::to_string(getuid()), files);
  return files;
}

std::vector<RemainingProcess> EndProcesses(const RunRecord& record,
                                           const std::vector<ProcessKey>& spared,
                                           milliseconds patience) {
  const auto until = steady_clock::now() + patience;
  while (true) {
    const std::set<ProcessKey> frozen = Freeze(record, spared);
    for (const ProcessKey& key : frozen) SignalExactly(key, SIGKILL);
    for (const ProcessKey& key : frozen) {
      const auto left = std::chrono::ceil<milliseconds>(until - steady_clock::now()).count();
      if (left > 0 && Lives(key)) AwaitEnd(key.pid, static_cast<int>(left));
    }
    std::vector<RemainingProcess> living = ProcessesLeft(record, spared);
    if (living.empty() || steady_clock::now() >= until) return living;
  }
}

Result<void, std::string> Remove(const RemainingFile& file) {
  const std::optional<FileKey> now = KeyOf(file.path);
  const std::string name = "'" + file.path.string() + "'";
  if (!now) return {};
  if (*now != file.key) return Failure{name + " is another one by now, and stays"};
  if (file.kind == FileKind::Directory) return RemoveTree(file.path);
  if (file.kind == FileKind::Socket && !IsAbandoned(file.path.string())) {
    return Failure{name + " is listened on, and stays"};
  }
  if (unlink(file.path.c_str()) == 0 || errno == ENOENT) return {};
  return Failure{name + " cannot be removed: " + std::strerror(errno)};
}

}  // namespace proctor
