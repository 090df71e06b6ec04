#include "core/process/usage_linux.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <string>
#include <string_view>

#include "core/process/proc_linux.h"

namespace proctor {
namespace {

std::string ProcOf(int pid) {
  return "/proc/" + std::to_string(pid);
}

/// A nest holds the tree of one child and nothing else.
bool IsNest(int pid) {
  return ReadProcFile(ProcOf(pid) + "/comm", 64) == "proctor-nest\n";
}

std::vector<ProcessInfo> TreeOf(const ProcessInfo& root) {
  if (IsNest(root.parent)) return DescendantsOf(root.parent);
  std::vector<ProcessInfo> tree = DescendantsOf(root.pid);
  tree.insert(tree.begin(), root);
  return tree;
}

/// The ports of listening sockets, by the number of the socket's inode.
using Listening = std::map<unsigned long, int>;

void AppendListening(const std::string& table, Listening& into) {
  constexpr unsigned kListen = 0x0A;
  const std::string text = ReadProcFile(table, 4 << 20);
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::string line(rest.substr(0, rest.find('\n')));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    unsigned port = 0;
    unsigned state = 0;
    unsigned long inode = 0;
    const int fields = std::sscanf(
        line.c_str(), " %*d: %*[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%*x %x %*x:%*x %*x:%*x %*x %*u %*u %lu",
        &port, &state, &inode);
    if (fields == 3 && state == kListen) into[inode] = static_cast<int>(port);
  }
}

/// Empty where the descriptor is no socket.
std::optional<unsigned long> SocketInode(const std::string& link) {
  char target[64] = {};
  if (readlink(link.c_str(), target, sizeof target - 1) <= 0) return std::nullopt;
  unsigned long inode = 0;
  if (std::sscanf(target, "socket:[%lu]", &inode) != 1) return std::nullopt;
  return inode;
}

void Add(int pid, const Listening& listening, Usage& usage) {
  const std::string proc = ProcOf(pid);
  const std::vector<int> fds = NumbersIn(proc + "/fd");
  long resident_pages = 0;
  if (std::sscanf(ReadProcFile(proc + "/statm", 128).c_str(), "%*d %ld", &resident_pages) == 1) {
    usage.rss_bytes += int64_t{resident_pages} * sysconf(_SC_PAGESIZE);
  }
  ++usage.processes;
  usage.threads += static_cast<int>(NumbersIn(proc + "/task").size());
  usage.descriptors += static_cast<int>(fds.size());
  for (const int fd : fds) {
    if (listening.empty()) return;
    const auto inode = SocketInode(proc + "/fd/" + std::to_string(fd));
    const auto found = inode ? listening.find(*inode) : listening.end();
    if (found != listening.end()) usage.ports.push_back(found->second);
  }
}

}  // namespace

std::optional<Usage> MeasureTree(int pid) {
  const std::optional<ProcessInfo> root = ReadProcess(pid);
  if (!root) return std::nullopt;
  Listening listening;  // of the process's own network, which need not be ours
  AppendListening(ProcOf(pid) + "/net/tcp", listening);
  AppendListening(ProcOf(pid) + "/net/tcp6", listening);
  Usage usage;
  for (const ProcessInfo& process : TreeOf(*root)) {
    if (process.state == 'Z' || process.state == 'X') continue;
    Add(process.pid, listening, usage);
  }
  if (usage.processes == 0) return std::nullopt;
  std::sort(usage.ports.begin(), usage.ports.end());
  usage.ports.erase(std::unique(usage.ports.begin(), usage.ports.end()), usage.ports.end());
  return usage;
}

}  // namespace proctor
