#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "core/base/result.h"
#include "core/model/event.h"

namespace proctor {

/// What a batch is entered under.
struct BatchInfo {
  std::string id;
  int64_t wall_ms = 0;  ///< Unix time of its start
  std::string title;    ///< what runs, for a person: the subject's or the suite's name
  std::string root;     ///< the directory that its paths are relative to
};

/// How a batch ended.
struct BatchSummary {
  int exit_code = 0;
  Counts counts;
  double duration_ms = 0;
};

struct JournalOptions {
  std::filesystem::path state_dir;    ///< made if it is not there
  std::filesystem::path events_file;  ///< the same events as JSON lines; empty: none
  /// Everything up to `seq` would survive Proctor's death. Runs on the journal's
  /// thread, and never again for the database once on_failed has run.
  std::function<void(uint64_t seq)> on_committed;
  /// The journal, or the events file, cannot be written any more: a sentence, once
  /// for each of the two. What is appended afterwards is dropped. Journal's thread.
  std::function<void(std::string reason)> on_failed;
};

/// Why there is no journal: a sentence that names the place and says what to do.
struct OpenError {
  std::string message;
};

/// The journal: every event of a batch in `<state_dir>/journal.sqlite`. It owns a
/// thread, which takes all that is queued, writes it in one transaction and then
/// says up to where. The engine's loop drives it; any thread may call. Several
/// Proctors may write to one file at the same time.
class Journal {
 public:
  static Result<std::unique_ptr<Journal>, OpenError> Open(JournalOptions options);
  ~Journal();  ///< writes what is queued
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  /// Events belong to the batch that was begun last; those before the first are
  /// acknowledged and not kept.
  void BeginBatch(BatchInfo info);
  /// Further events belong to a batch that is there already, and it has not ended.
  void ResumeBatch(std::string id);
  /// Costs a move into a queue; waits only while kMaxQueued events are unwritten.
  void Append(Stamped stamped);
  /// A batch without this, because Proctor was killed, is listed as unfinished.
  void EndBatch(BatchSummary summary);
  /// Returns once everything queued so far is written, or given up.
  void Flush();

  static constexpr size_t kMaxQueued = 200'000;

 private:
  class Impl;
  explicit Journal(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// `<state_dir>/journal.sqlite`
std::filesystem::path JournalFile(const std::filesystem::path& state_dir);

}  // namespace proctor
