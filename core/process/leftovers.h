#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/process/usage_linux.h"

namespace proctor {

/// The files of a directory and all below it; links are not followed.
struct WorkspaceFiles {
  std::map<std::string, int64_t> sizes;  ///< bytes by relative name, of the first 200 found
  int64_t count = 0;                     ///< of all, up to 100,000, where looking ends
  int64_t bytes = 0;                     ///< of the counted ones
};

/// Nothing, where there is no such directory.
WorkspaceFiles WorkspaceListing(const std::filesystem::path& directory);

/// What is looked at before and after a test file.
struct Footprint {
  std::optional<Usage> usage;  ///< empty where no program ran
  WorkspaceFiles files;
};

/// What is there afterwards and was not before. What became less counts as 0.
struct Leftovers {
  int64_t rss_bytes = 0;
  int descriptors = 0;
  int threads = 0;
  int processes = 0;
  std::vector<int> ports;
  int64_t files = 0;
  int64_t file_bytes = 0;

  /// "RSS +12 MB", "3 descriptors more", "port 4711 still open", "12 files in the
  /// workspace (3.1 MB)". RSS that grew by less than 1 MB is not told: an allocator
  /// that keeps what it was given back moves by as much.
  std::vector<std::string> Sentences() const;
};

/// Processes are compared only where there was a program both times.
Leftovers Compare(const Footprint& before, const Footprint& after);

}  // namespace proctor
