#include "core/process/core_linux.h"

#include <fnmatch.h>

#include <chrono>
#include <system_error>

#include "core/process/proc_linux.h"

namespace proctor {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::minutes kRecent{1};  // an older one was left by somebody else

std::string FirstLine(const std::string& file) {
  const std::string text = ReadProcFile(file, 512);
  return text.substr(0, text.find('\n'));
}

/// A character of a file's name as fnmatch() takes it for itself.
std::string Literal(char c) {
  const bool special = c == '*' || c == '?' || c == '[' || c == '\\';
  return special ? std::string("\\") + c : std::string(1, c);
}

}  // namespace

std::string CorePattern(std::string_view core_pattern, bool uses_pid, int pid) {
  if (core_pattern.empty() || core_pattern.starts_with('|')) return {};
  std::string pattern;
  bool has_pid = false;
  for (size_t i = 0; i < core_pattern.size(); ++i) {
    if (core_pattern[i] != '%') {
      pattern += Literal(core_pattern[i]);
      continue;
    }
    const char what = ++i < core_pattern.size() ? core_pattern[i] : '\0';
    if (what == '%') pattern += '%';
    if (what == 'p') pattern += std::to_string(pid), has_pid = true;
    if (what != '%' && what != 'p' && what != '\0') pattern += '*';
  }
  if (uses_pid && !has_pid) pattern += "." + std::to_string(pid);
  return pattern;
}

fs::path FindCore(int pid, const fs::path& cwd) {
  const std::string pattern = CorePattern(FirstLine("/proc/sys/kernel/core_pattern"),
                                          FirstLine("/proc/sys/kernel/core_uses_pid") == "1", pid);
  if (pattern.empty()) return {};
  const fs::path where = cwd / fs::path(pattern).parent_path();
  const std::string name = fs::path(pattern).filename();
  fs::path newest;
  auto newest_time = fs::file_time_type::clock::now() - kRecent;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(where, error)) {
    if (fnmatch(name.c_str(), entry.path().filename().c_str(), 0) != 0) continue;
    const auto time = entry.last_write_time(error);
    if (error || time < newest_time || !entry.is_regular_file(error)) continue;
    newest = entry.path();
    newest_time = time;
  }
  return newest;
}

fs::path ProgramOf(int pid) {
  std::error_code error;
  return fs::read_symlink("/proc/" + std::to_string(pid) + "/exe", error);
}

}  // namespace proctor
