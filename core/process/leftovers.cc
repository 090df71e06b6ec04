#include "core/process/leftovers.h"

#include <algorithm>
#include <cstdio>
#include <iterator>

#include "core/base/utf8.h"

namespace proctor {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMostNames = 200;
constexpr int64_t kMostFiles = 100'000;
constexpr int64_t kMegabyte = 1'000'000;

std::string Size(int64_t bytes) {
  char text[32];
  if (bytes < 1000) return std::to_string(bytes) + " bytes";
  const bool kilo = bytes < kMegabyte;
  const double size = static_cast<double>(bytes) / (kilo ? 1e3 : 1e6);
  std::snprintf(text, sizeof text, size < 10 ? "%.1f %s" : "%.0f %s", size, kilo ? "kB" : "MB");
  return text;
}

/// "1 thread more", "3 threads more"
void TellMore(int count, const char* one, const char* several, std::vector<std::string>& into) {
  if (count <= 0) return;
  into.push_back(std::to_string(count) + " " + (count == 1 ? one : several) + " more");
}

void CompareUsage(const Usage& before, const Usage& after, Leftovers& into) {
  into.rss_bytes = std::max<int64_t>(0, after.rss_bytes - before.rss_bytes);
  into.descriptors = std::max(0, after.descriptors - before.descriptors);
  into.threads = std::max(0, after.threads - before.threads);
  into.processes = std::max(0, after.processes - before.processes);
  std::set_difference(after.ports.begin(), after.ports.end(), before.ports.begin(),
                      before.ports.end(), std::back_inserter(into.ports));
}

bool IsWhole(const WorkspaceFiles& files) {
  return files.count == static_cast<int64_t>(files.sizes.size());
}

/// By name where all names are known, so that a file that was replaced by another shows;
/// else by number.
void CompareFiles(const WorkspaceFiles& before, const WorkspaceFiles& after, Leftovers& into) {
  if (!IsWhole(before) || !IsWhole(after)) {
    into.files = std::max<int64_t>(0, after.count - before.count);
    into.file_bytes = std::max<int64_t>(0, after.bytes - before.bytes);
    return;
  }
  for (const auto& [name, size] : after.sizes) {
    if (before.sizes.contains(name)) continue;
    ++into.files;
    into.file_bytes += size;
  }
}

}  // namespace

WorkspaceFiles WorkspaceListing(const fs::path& directory) {
  WorkspaceFiles files;
  std::error_code error;
  const auto options = fs::directory_options::skip_permission_denied;
  for (fs::recursive_directory_iterator it(directory, options, error), end;
       !error && it != end && files.count < kMostFiles; it.increment(error)) {
    std::error_code gone;
    if (it->symlink_status(gone).type() == fs::file_type::directory || gone) continue;
    const int64_t size = it->is_regular_file(gone) && !it->is_symlink(gone)
                             ? static_cast<int64_t>(it->file_size(gone))
                             : 0;
    ++files.count;
    files.bytes += std::max<int64_t>(0, size);
    if (files.sizes.size() == kMostNames) continue;
    const std::string name = Utf8Safe(it->path().lexically_relative(directory).string());
    files.sizes[name] = std::max<int64_t>(0, size);
  }
  return files;
}

std::vector<std::string> Leftovers::Sentences() const {
  std::vector<std::string> told;
  if (rss_bytes >= kMegabyte) told.push_back("RSS +" + Size(rss_bytes));
  TellMore(descriptors, "descriptor", "descriptors", told);
  TellMore(threads, "thread", "threads", told);
  TellMore(processes, "process", "processes", told);
  for (const int port : ports) told.push_back("port " + std::to_string(port) + " still open");
  if (files > 0) {
    told.push_back(std::to_string(files) + (files == 1 ? " file" : " files") +
                   " in the workspace (" + Size(file_bytes) + ")");
  }
  return told;
}

Leftovers Compare(const Footprint& before, const Footprint& after) {
  Leftovers left;
  if (before.usage && after.usage) CompareUsage(*before.usage, *after.usage, left);
  CompareFiles(before.files, after.files, left);
  return left;
}

}  // namespace proctor
