#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/history/journal.h"

namespace proctor {

/// A batch as the journal lists it.
struct BatchRow {
  BatchInfo info;
  std::optional<BatchSummary> summary;  ///< none: unfinished; it runs still, or its Proctor died
};

/// One event as it was written; EventFromJson() reads the line.
struct EventRow {
  uint64_t seq = 0;
  std::string line;
};

/// Reads the journal through a connection of its own that cannot write. Used by one
/// thread at a time; make one where it is needed. Errors: a sentence.
class History {
 public:
  /// Where nothing was ever journalled the history is empty, which is no error.
  static Result<History, std::string> Open(const std::filesystem::path& state_dir);
  ~History();
  History(History&&) noexcept;
  History& operator=(History&&) noexcept;

  /// The latest first.
  Result<std::vector<BatchRow>, std::string> ListBatches(size_t limit) const;
  /// The batch whose id begins with `prefix`; an error names the several there are.
  Result<BatchRow, std::string> FindBatch(std::string_view prefix) const;
  /// In order, those with a seq above `since`.
  Result<std::vector<EventRow>, std::string> ReadEvents(const std::string& batch, uint64_t since,
                                                        size_t limit) const;

  /// How long each test file took in the latest batch of that directory that ended: the
  /// sum of its tests, in ms, by its path as the test ids have it.
  Result<std::map<std::string, double>, std::string> FileTimes(const std::string& root) const;

 private:
  class Impl;
  explicit History(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace proctor
