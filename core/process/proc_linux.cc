#include "core/process/proc_linux.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace proctor {

std::string ReadProcFile(const std::string& path, size_t max_bytes) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return {};
  std::string text;  // grows as it fills: most files are short, and zeroing costs
  size_t size = 0;
  while (size < max_bytes) {
    if (size == text.size()) text.resize(std::min(max_bytes, std::max<size_t>(4096, size * 4)));
    const ssize_t n = read(fd, text.data() + size, text.size() - size);
    if (n <= 0) break;
    size += static_cast<size_t>(n);
  }
  close(fd);
  text.resize(size);
  return text;
}

std::vector<int> NumbersIn(const std::string& directory) {
  std::vector<int> numbers;
  DIR* dir = opendir(directory.c_str());
  if (dir == nullptr) return numbers;
  while (const dirent* entry = readdir(dir)) {
    const std::string_view name = entry->d_name;
    int number = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (error == std::errc{} && end == name.data() + name.size()) numbers.push_back(number);
  }
  closedir(dir);
  return numbers;
}

namespace {

void AppendChildren(int pid, std::vector<ProcessInfo>& into) {
  const std::string tasks = "/proc/" + std::to_string(pid) + "/task";
  for (const int task : NumbersIn(tasks)) {
    const std::string text =
        ReadProcFile(tasks + "/" + std::to_string(task) + "/children", 1 << 20);
    const char* at = text.data();
    const char* end = at + text.size();
    while (at < end) {
      int child = 0;
      const auto [next, error] = std::from_chars(at, end, child);
      if (error != std::errc{}) break;
      if (std::optional<ProcessInfo> info = ReadProcess(child)) into.push_back(*info);
      at = next + 1;  // over the blank
    }
  }
}

/// For kernels without the children files: one look at every process there is.
std::vector<ProcessInfo> DescendantsByScan(int pid) {
  std::vector<ProcessInfo> all;
  for (const int each : AllProcesses()) {
    if (std::optional<ProcessInfo> info = ReadProcess(each)) all.push_back(*info);
  }
  std::vector<ProcessInfo> found;
  const auto append_children = [&](int parent) {
    for (const ProcessInfo& info : all) {
      if (info.parent == parent) found.push_back(info);
    }
  };
  append_children(pid);
  for (size_t i = 0; i < found.size(); ++i) append_children(found[i].pid);
  return found;
}

}  // namespace

std::optional<ProcessInfo> ReadProcess(int pid) {
  const std::string stat = ReadProcFile("/proc/" + std::to_string(pid) + "/stat", 1024);
  const size_t name_end = stat.rfind(')');  // the name may hold anything, ")" too
  if (name_end == std::string::npos) return std::nullopt;
  ProcessInfo info{.pid = pid};
  const int fields = std::sscanf(stat.c_str() + name_end + 1,
                                 " %c %d %d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d "
                                 "%*d %*d %*d %lu",
                                 &info.state, &info.parent, &info.group, &info.start_ticks);
  if (fields != 4) return std::nullopt;
  return info;
}

std::vector<ProcessInfo> DescendantsOf(int pid) {
  static const bool has_children_files = access("/proc/thread-self/children", R_OK) == 0;
  if (!has_children_files) return DescendantsByScan(pid);
  std::vector<ProcessInfo> found;
  AppendChildren(pid, found);
  for (size_t i = 0; i < found.size(); ++i) AppendChildren(found[i].pid, found);
  return found;
}

void SignalDescendant(const ProcessInfo& process, int adopter, int signal) {
  // The pidfd is opened before the look: if the look still sees our process, then
  // the pidfd is that process and none that came after it.
  const int pidfd = static_cast<int>(syscall(SYS_pidfd_open, process.pid, 0));
  if (pidfd < 0 && errno == ESRCH) return;
  const std::optional<ProcessInfo> now = ReadProcess(process.pid);
  const bool same = now && now->start_ticks == process.start_ticks &&
                    (now->parent == process.parent || now->parent == adopter);
  if (same && pidfd >= 0) {
    syscall(SYS_pidfd_send_signal, pidfd, signal, nullptr, 0);
  } else if (same) {
    kill(process.pid, signal);
  }
  if (pidfd >= 0) close(pidfd);
}

void KillOwnChildren(const std::vector<int>& spared) {
  const std::string text = ReadProcFile("/proc/thread-self/children", 1 << 20);
  std::vector<int> children;
  const char* at = text.data();
  const char* end = at + text.size();
  while (at < end) {
    int child = 0;
    const auto [next, error] = std::from_chars(at, end, child);
    if (error != std::errc{}) break;
    children.push_back(child);
    at = next + 1;  // over the blank
  }
  for (auto child = children.rbegin(); child != children.rend(); ++child) {
    if (std::find(spared.begin(), spared.end(), *child) == spared.end()) kill(*child, SIGKILL);
  }
}

std::string CommandLine(int pid, size_t max_bytes) {
  const std::string proc = "/proc/" + std::to_string(pid);
  std::string line = ReadProcFile(proc + "/cmdline", max_bytes);
  while (!line.empty() && line.back() == '\0') line.pop_back();
  if (line.empty()) {
    line = ReadProcFile(proc + "/comm", 64);
    while (!line.empty() && line.back() == '\n') line.pop_back();
    return line.empty() ? line : "[" + line + "]";
  }
  for (char& c : line) {
    if (c == '\0' || c == '\n') c = ' ';
  }
  return line;
}

std::vector<int> AllProcesses() {
  return NumbersIn("/proc");
}

}  // namespace proctor
