#include "app/rows.h"

#include <algorithm>
#include <bit>

namespace proctor {
namespace {

using Tests = decltype(FileState::tests);
constexpr size_t kChunk = Tests::chunk_size();
static_assert(kChunk <= 64, "a mask holds a bit for each test of a chunk");

char Lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool Contains(std::string_view text, std::string_view word) {
  const auto same = [](char a, char b) { return Lower(a) == Lower(b); };
  return std::search(text.begin(), text.end(), word.begin(), word.end(), same) != text.end();
}

uint64_t AllOf(size_t count) {
  return count >= 64 ? ~uint64_t{0} : (uint64_t{1} << count) - 1;
}

}  // namespace

Shown KindOf(const TestState& test) {
  if (test.progress != TestProgress::Done) return Shown::Pending;
  switch (test.outcome) {
    case Outcome::Passed:
    case Outcome::Xfailed:
    case Outcome::Xpassed:
      return Shown::Passed;
    case Outcome::Skipped:
      return Shown::Skipped;
    case Outcome::NotRun:
      return Shown::NotRun;
    case Outcome::Failed:
    case Outcome::Error:
    case Outcome::TimedOut:
    case Outcome::Crashed:
      return Shown::Bad;
  }
  return Shown::Bad;
}

bool TextMatches(std::string_view text, std::string_view id) {
  while (!text.empty()) {
    const size_t end = std::min(text.find(' '), text.size());
    if (end > 0 && !Contains(id, text.substr(0, end))) return false;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return true;
}

bool OpenFiles::IsOpen(const std::string& path) const {
  if (chosen.empty()) return by_default;
  const auto found = chosen.find(path);
  return found == chosen.end() ? by_default : found->second;
}

void OpenFiles::Set(const std::string& path, bool open) {
  chosen[path] = open;
  ++version;
}

void OpenFiles::SetAll(bool open) {
  chosen.clear();
  by_default = open;
  ++version;
}

bool TestRows::Passes(const TestState& test) const {
  if (filter_.kinds != 0 && (filter_.kinds >> static_cast<int>(KindOf(test)) & 1) == 0) {
    return false;
  }
  return filter_.text.empty() || TextMatches(filter_.text, test.id);
}

void TestRows::Refresh(FileEntry& entry, const FileState& file) {
  const size_t tests = file.tests.size();
  if (!filter_.active()) {
    entry.chunks.clear();
    entry.masks.clear();
    entry.visible = static_cast<uint32_t>(tests);
    return;
  }
  const size_t chunks = (tests + kChunk - 1) / kChunk;
  entry.chunks.resize(chunks, nullptr);
  entry.masks.resize(chunks, 0);
  entry.visible = 0;
  for (size_t c = 0; c < chunks; ++c) {
    const TestState* const first = &file.tests[c * kChunk];
    if (entry.chunks[c] != first) {
      entry.chunks[c] = first;
      entry.masks[c] = 0;
      const size_t count = std::min(kChunk, tests - c * kChunk);
      for (size_t i = 0; i < count; ++i) {
        if (Passes(first[i])) entry.masks[c] |= uint64_t{1} << i;
      }
    }
    entry.visible += static_cast<uint32_t>(std::popcount(entry.masks[c]));
  }
}

void TestRows::Update(const std::shared_ptr<const State>& state, const TestFilter& filter,
                      const OpenFiles& open) {
  const bool new_filter = filter != filter_;
  const bool new_open = open.version != open_version_ || open.by_default != open_by_default_;
  if (state == state_ && !new_filter && !new_open) return;
  filter_ = filter;
  open_version_ = open.version;
  open_by_default_ = open.by_default;
  if (new_filter) entries_.clear();
  entries_.resize(state->files.size());
  listed_.clear();
  first_row_.clear();
  total_ = matching_ = 0;
  for (uint32_t f = 0; f < entries_.size(); ++f) {
    FileEntry& entry = entries_[f];
    const FileState& file = state->files[f];
    const bool changed = entry.seen != &file;
    entry.seen = &file;
    if (changed) Refresh(entry, file);
    if (changed || new_open) entry.open = filter_.active() || open.IsOpen(file.path);
    if (filter_.active() && entry.visible == 0) continue;
    listed_.push_back(f);
    first_row_.push_back(static_cast<uint32_t>(total_));
    matching_ += entry.visible;
    total_ += 1 + (entry.open ? entry.visible : 0);
  }
  state_ = state;
}

uint32_t TestRows::NthVisible(const FileEntry& entry, uint32_t n) {
  if (entry.masks.empty()) return n;
  for (size_t c = 0; c < entry.masks.size(); ++c) {
    uint64_t mask = entry.masks[c];
    const auto count = static_cast<uint32_t>(std::popcount(mask));
    if (n >= count) {
      n -= count;
      continue;
    }
    for (; n > 0; --n) mask &= mask - 1;
    return static_cast<uint32_t>(c * kChunk + std::countr_zero(mask));
  }
  return 0;
}

std::optional<uint32_t> TestRows::RankOf(const FileEntry& entry, uint32_t test) {
  if (entry.masks.empty()) return test < entry.visible ? std::optional(test) : std::nullopt;
  const size_t chunk = test / kChunk;
  if (chunk >= entry.masks.size()) return std::nullopt;
  const size_t bit = test % kChunk;
  if ((entry.masks[chunk] >> bit & 1) == 0) return std::nullopt;
  auto rank = static_cast<uint32_t>(std::popcount(entry.masks[chunk] & AllOf(bit)));
  for (size_t c = 0; c < chunk; ++c) rank += static_cast<uint32_t>(std::popcount(entry.masks[c]));
  return rank;
}

TestRow TestRows::At(size_t row) const {
  const auto after = std::upper_bound(first_row_.begin(), first_row_.end(), row);
  const auto i = static_cast<size_t>(after - first_row_.begin()) - 1;
  const auto within = static_cast<uint32_t>(row - first_row_[i]);
  if (within == 0) return {.file = listed_[i], .test = std::nullopt};
  return {.file = listed_[i], .test = NthVisible(entries_[listed_[i]], within - 1)};
}

std::optional<size_t> TestRows::IndexOf(const TestRow& row) const {
  const auto found = std::lower_bound(listed_.begin(), listed_.end(), row.file);
  if (found == listed_.end() || *found != row.file) return std::nullopt;
  const size_t first = first_row_[static_cast<size_t>(found - listed_.begin())];
  if (!row.test) return first;
  const FileEntry& entry = entries_[row.file];
  if (!entry.open) return std::nullopt;
  const auto rank = RankOf(entry, *row.test);
  return rank ? std::optional(first + 1 + *rank) : std::nullopt;
}

std::optional<uint32_t> FindFile(const State& state, std::string_view path) {
  for (uint32_t f = 0; f < state.files.size(); ++f) {
    if (state.files[f].path == path) return f;
  }
  return std::nullopt;
}

std::optional<TestRef> FindTest(const State& state, std::string_view id) {
  // Ids begin with their file's path, but that is the runner's custom and no promise.
  for (const bool only_by_path : {true, false}) {
    for (uint32_t f = 0; f < state.files.size(); ++f) {
      const FileState& file = state.files[f];
      if (id.starts_with(file.path) != only_by_path) continue;
      for (uint32_t t = 0; t < file.tests.size(); ++t) {
        if (file.tests[t].id == id) return TestRef{f, t};
      }
    }
  }
  return std::nullopt;
}

}  // namespace proctor
