#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/model/state.h"

namespace proctor {

/// What a generation's processes held after a file more than before it.
struct Growth {
  std::string path;
  GenerationId generation;
  int64_t rss_bytes = 0;
  int descriptors = 0, threads = 0, processes = 0;
  std::vector<std::string> left;  ///< what the file left behind, in sentences
};

/// File by file, in the order in which they had the generation.
std::vector<Growth> GrowthPerFile(const GenerationState& generation);

/// Whether it is more than a program's usual breathing: 8 MB, 8 descriptors, 2 threads,
/// a process, or something left behind.
bool IsWorthTelling(const Growth& growth);

/// "RSS +12 MB, descriptors +14, threads +2, left 12 files in the workspace"; only what
/// grew. Empty where nothing did.
std::string GrowthText(const Growth& growth);

/// "812 KB", "3.1 MB", "12 MB", "1.2 GB"
std::string Bytes(int64_t bytes);

}  // namespace proctor
