#include "core/process/stacks_linux.h"

#include <algorithm>
#include <initializer_list>
#include <utility>

#include "core/process/core_linux.h"
#include "core/process/environment.h"
#include "core/process/proc_linux.h"

namespace proctor {
namespace {

constexpr size_t kMostThreads = 256;
constexpr size_t kMostStackBytes = 4096;

std::string Stripped(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\0')) text.pop_back();
  return text;
}

/// Empty: the thread is gone.
std::optional<ThreadFacts> ReadThread(const std::string& directory, int tid) {
  const std::string stat = ReadProcFile(directory + "/stat", 1024);
  const size_t name_end = stat.rfind(')');  // the name may hold anything, ")" too
  if (name_end == std::string::npos || name_end + 2 >= stat.size()) return std::nullopt;
  return ThreadFacts{.tid = tid,
                     .name = Stripped(ReadProcFile(directory + "/comm", 64)),
                     .state = stat[name_end + 2],
                     .wchan = Stripped(ReadProcFile(directory + "/wchan", 128)),
                     .syscall = Stripped(ReadProcFile(directory + "/syscall", 256)),
                     .stack = Stripped(ReadProcFile(directory + "/stack", kMostStackBytes))};
}

/// By the program's file and not by its arguments, see ThreadsOf().
bool IsPython(int pid) {
  return ProgramOf(pid).filename().string().starts_with("python");
}

bool IsGdbHeading(std::string_view line) {
  return line.starts_with("Thread ") && (line.find("(Thread 0x") != std::string_view::npos ||
                                         line.find("(LWP ") != std::string_view::npos ||
                                         line.find("(process ") != std::string_view::npos);
}

/// "0x00007f… in poll () …", where gdb found the process, which its stack tells again.
bool IsCurrentFrame(std::string_view line) {
  return line.starts_with("0x") && line.find(" in ") != std::string_view::npos;
}

/// "48\t../sysdeps/…: No such file": a line of source, or its absence.
bool IsSourceLine(std::string_view line) {
  const size_t digits = std::min(line.find_first_not_of("0123456789"), line.size());
  return digits > 0 && digits < line.size() && line[digits] == '\t';
}

bool IsChatter(std::string_view line) {
  for (const std::string_view beginning :
       {"[New LWP ", "[New Thread ", "[Thread debugging ", "Using host libthread_db ", "[Inferior ",
        "[Switching ", "[Current thread is ", "Reading symbols ", "(No debugging symbols ",
        "Download failed", "Downloading ", "Missing separate debuginfo",
        "This GDB supports auto-downloading", "Enable debuginfod", "Debuginfod has been",
        "To make this setting permanent", "  <http", "Attaching to process "}) {
    if (line.starts_with(beginning)) return true;
  }
  // What gdb warns of a process is why there are no stacks; all else is of symbols.
  if (line.starts_with("warning: ")) return !line.starts_with("warning: process ");
  return IsCurrentFrame(line) || IsSourceLine(line);
}

/// From gdb's first heading on; all of it where there is none.
std::string_view FromFirstThread(std::string_view raw) {
  size_t at = 0;
  while (at < raw.size()) {
    const std::string_view line = raw.substr(at, raw.find('\n', at) - at);
    if (IsGdbHeading(line)) return raw.substr(at);
    at += line.size() + 1;
  }
  return raw;
}

}  // namespace

std::string ThreadsOf(int pid) {
  const std::string tasks = "/proc/" + std::to_string(pid) + "/task";
  std::vector<int> tids = NumbersIn(tasks);
  std::sort(tids.begin(), tids.end());
  std::string text;
  for (size_t i = 0; i < std::min(tids.size(), kMostThreads); ++i) {
    const auto thread = ReadThread(tasks + "/" + std::to_string(tids[i]), tids[i]);
    if (thread) text += DescribeThread(*thread);
  }
  if (text.empty()) return "there is no process " + std::to_string(pid) + " any more\n";
  if (tids.size() > kMostThreads) {
    text += "and " + std::to_string(tids.size() - kMostThreads) + " threads more\n";
  }
  return text;
}

std::vector<std::string> QuietGdb() {
  return {"gdb",
          "-batch",
          "-nx",
          "-iex",
          "set auto-load python-scripts off",  // a library's printers are foreign code
          "-iex",
          "set auto-load gdb-scripts off",
          "-iex",
          "set auto-load local-gdbinit off",
          "-iex",
          "set pagination off",
          "-iex",
          "set width 0",
          "-iex",
          "set style enabled off",
          "-iex",
          "set backtrace limit 200"};  // endless recursion is to be seen, not waited for
}

Environment WithoutSymbolServers(Environment environment) {
  std::erase_if(environment, [](const auto& entry) { return entry.first == "DEBUGINFOD_URLS"; });
  return environment;
}

/// By gdb with the words of `gdb`, else by eu-stack with its own.
static std::optional<SpawnSpec> ByDebugger(const Environment& environment,
                                           std::initializer_list<std::string> gdb,
                                           std::initializer_list<std::string> eu_stack) {
  SpawnSpec spec;
  if (IsOnPath(environment, "gdb")) {
    spec.argv = QuietGdb();
    for (const char* word : {"-ex", "thread apply all bt"}) spec.argv.emplace_back(word);
    spec.argv.insert(spec.argv.end(), gdb);
  } else if (IsOnPath(environment, "eu-stack")) {
    spec.argv = {"eu-stack"};
    spec.argv.insert(spec.argv.end(), eu_stack);
  } else {
    return std::nullopt;
  }
  spec.env = WithoutSymbolServers(environment);
  spec.leave_descendants = LeaveDescendants::No;
  return spec;
}

std::optional<SpawnSpec> StackDumpSpec(int pid, const Environment& environment) {
  const std::string id = std::to_string(pid);
  return ByDebugger(environment, {"-p", id}, {"-p", id});
}

std::optional<SpawnSpec> CoreStackSpec(const std::filesystem::path& core,
                                       const std::filesystem::path& program,
                                       const Environment& environment) {
  return ByDebugger(environment, {program.string(), core.string()},
                    {"--core", core.string(), "-e", program.string()});
}

std::optional<SpawnSpec> PythonStackDumpSpec(int pid, const Environment& environment) {
  if (!IsPython(pid) || !IsOnPath(environment, "py-spy")) return std::nullopt;
  SpawnSpec spec;
  spec.argv = {"py-spy", "dump", "--pid", std::to_string(pid)};
  spec.env = environment;
  spec.leave_descendants = LeaveDescendants::No;
  return spec;
}

std::string TidyStacks(std::string_view raw) {
  raw = FromFirstThread(raw);
  std::string text;
  bool gap = false;  // empty lines before the next that is kept
  while (!raw.empty()) {
    std::string_view line = raw.substr(0, raw.find('\n'));
    raw.remove_prefix(std::min(raw.size(), line.size() + 1));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) gap = true;
    if (line.empty() || IsChatter(line)) continue;
    if (gap && !text.empty()) text += '\n';
    gap = false;
    text.append(line) += '\n';
  }
  return text;
}

}  // namespace proctor
