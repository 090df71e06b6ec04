#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/model/state.h"

namespace proctor {

/// The rows of the test tree: which file or test stands in which visible line.
/// Structure only; what a row shows is read from the state while it is drawn.

/// The kinds of tests that the tree's toggles tell apart.
enum class Shown { Passed, Bad, Skipped, NotRun, Pending };
inline constexpr int kShownKinds = 5;
Shown KindOf(const TestState& test);

struct TestFilter {
  std::string text;    ///< words that must all be in the test id, in any case; empty: no demand
  uint32_t kinds = 0;  ///< bits 1 << Shown; 0: all of them
  bool active() const { return !text.empty() || kinds != 0; }
  friend bool operator==(const TestFilter&, const TestFilter&) = default;
};

/// True if `id` holds every word of `text`, upper and lower case alike (ASCII).
bool TextMatches(std::string_view text, std::string_view id);

/// Which files are folded open: what the user did, else `by_default`.
struct OpenFiles {
  bool by_default = true;
  std::unordered_map<std::string, bool> chosen;  ///< by path
  uint64_t version = 0;                          ///< counts changes

  bool IsOpen(const std::string& path) const;
  void Set(const std::string& path, bool open);
  void SetAll(bool open);
};

struct TestRow {
  uint32_t file = 0;
  std::optional<uint32_t> test;  ///< none: the row of the file itself
  friend bool operator==(const TestRow&, const TestRow&) = default;
};

/// Kept up to date snapshot by snapshot: an update looks at every file, but only at
/// the tests that the filter has not seen in their present form. It knows them by
/// address: a published chunk never changes, and the snapshot that was looked at last
/// is held so that no address comes twice.
class TestRows {
 public:
  void Update(const std::shared_ptr<const State>& state, const TestFilter& filter,
              const OpenFiles& open);

  size_t size() const { return total_; }
  size_t matching() const { return matching_; }  ///< tests that pass the filter, folded or not
  TestRow At(size_t row) const;
  /// Where that row is; empty when it is filtered out or folded in.
  std::optional<size_t> IndexOf(const TestRow& row) const;

 private:
  struct FileEntry {
    const FileState* seen = nullptr;
    bool open = false;
    uint32_t visible = 0;                  ///< tests that pass the filter
    std::vector<const TestState*> chunks;  ///< what `masks` were made of; empty: no filter
    std::vector<uint64_t> masks;           ///< a bit for each test of a chunk
  };

  void Refresh(FileEntry& entry, const FileState& file);
  bool Passes(const TestState& test) const;
  static uint32_t NthVisible(const FileEntry& entry, uint32_t n);
  static std::optional<uint32_t> RankOf(const FileEntry& entry, uint32_t test);

  std::shared_ptr<const State> state_;  ///< the snapshot that was looked at last
  TestFilter filter_;
  uint64_t open_version_ = 0;
  bool open_by_default_ = false;
  std::vector<FileEntry> entries_;
  std::vector<uint32_t> listed_;     ///< files that have rows
  std::vector<uint32_t> first_row_;  ///< of each listed file
  size_t total_ = 0, matching_ = 0;
};

/// Where the test of that id is; empty when the batch has none.
std::optional<TestRef> FindTest(const State& state, std::string_view id);
std::optional<uint32_t> FindFile(const State& state, std::string_view path);

}  // namespace proctor
