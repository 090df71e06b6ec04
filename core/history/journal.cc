#include "core/history/journal.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "core/base/overloaded.h"
#include "core/history/database.h"
#include "core/history/event_json.h"

namespace proctor {
namespace {

/// A batch that goes on.
struct Resumption {
  std::string id;
};
using Entry = std::variant<BatchInfo, Stamped, BatchSummary, Resumption>;

/// Entries of one transaction. It bounds how long another Proctor waits for its turn.
constexpr size_t kGroup = 4096;

/// The rows. Journal's thread only; every function may throw SQLite::Exception.
class Tables {
 public:
  explicit Tables(std::unique_ptr<SQLite::Database> db)
      : db_(std::move(db)),
        insert_(*db_, "INSERT INTO events(batch, seq, at_ms, type, body) VALUES(?,?,?,?,?)") {}

  /// `lines` has the JSON of each entry that is an event.
  void Write(std::span<const Entry> entries, std::span<const std::string> lines) {
    SQLite::Transaction transaction(*db_, SQLite::TransactionBehavior::IMMEDIATE);
    for (size_t i = 0; i < entries.size(); ++i) {
      std::visit(overloaded{[&](const BatchInfo& info) { Begin(info); },
                            [&](const Stamped& event) { Insert(event, lines[i]); },
                            [&](const BatchSummary& summary) { End(summary); },
                            [&](const Resumption& resumption) { Resume(resumption); }},
                 entries[i]);
    }
    transaction.commit();
  }

 private:
  void Begin(const BatchInfo& info) {
    SQLite::Statement insert(*db_, "INSERT INTO batches(id, wall_ms, root, title) VALUES(?,?,?,?)");
    insert.bind(1, info.id);
    insert.bind(2, info.wall_ms);
    insert.bind(3, info.root);
    insert.bind(4, info.title);
    insert.exec();
    batch_ = db_->getLastInsertRowid();
  }

  void Resume(const Resumption& resumption) {
    SQLite::Statement find(*db_, "SELECT number FROM batches WHERE id = ?");
    find.bind(1, resumption.id);
    if (!find.executeStep()) return;
    batch_ = find.getColumn(0).getInt64();
    SQLite::Statement update(*db_, "UPDATE batches SET ended = 0 WHERE number = ?");
    update.bind(1, *batch_);
    update.exec();
  }

  void Insert(const Stamped& stamped, const std::string& line) {
    if (!batch_) return;
    insert_.reset();
    insert_.bind(1, *batch_);
    insert_.bind(2, static_cast<int64_t>(stamped.seq));
    insert_.bind(3, stamped.at.ms());
    insert_.bind(4, std::string(EventName(stamped.event)));
    insert_.bindNoCopy(5, line);
    insert_.exec();
  }

  void End(const BatchSummary& summary) {
    if (!batch_) return;
    std::string counts;
    for (int i = 0; i < kOutcomes; ++i) {
      const auto outcome = static_cast<Outcome>(i);
      counts += fmt::format(", {} = {}", ToString(outcome), summary.counts[outcome]);
    }
    SQLite::Statement update(*db_, "UPDATE batches SET ended = 1, exit_code = ?, duration_ms = ?" +
                                       counts + " WHERE number = ?");
    update.bind(1, summary.exit_code);
    update.bind(2, summary.duration_ms);
    update.bind(3, *batch_);
    update.exec();
  }

  std::unique_ptr<SQLite::Database> db_;
  SQLite::Statement insert_;
  std::optional<int64_t> batch_;  ///< batches.number of the one that was begun last
};

/// The events file. Journal's thread only.
class LineFile {
 public:
  static Result<std::unique_ptr<LineFile>, std::string> Open(const std::filesystem::path& path) {
    std::FILE* file = std::fopen(path.c_str(), "we");
    if (!file) return Failure{Sentence(path)};
    return std::make_unique<LineFile>(path, file);
  }
  LineFile(std::filesystem::path path, std::FILE* file) : path_(std::move(path)), file_(file) {}
  ~LineFile() { std::fclose(file_); }
  LineFile(const LineFile&) = delete;
  LineFile& operator=(const LineFile&) = delete;

  Result<void, std::string> Write(std::span<const std::string> lines) {
    for (const std::string& line : lines) {
      if (line.empty()) continue;  // a batch's begin or end
      std::fwrite(line.data(), 1, line.size(), file_);
      std::fputc('\n', file_);
    }
    if (std::fflush(file_) != 0 || std::ferror(file_)) return Failure{Sentence(path_)};
    return {};
  }

 private:
  static std::string Sentence(const std::filesystem::path& path) {
    return fmt::format("cannot write the events file {}: {}", path.string(), std::strerror(errno));
  }

  std::filesystem::path path_;
  std::FILE* file_;
};

}  // namespace

class Journal::Impl {
 public:
  Impl(JournalOptions options, std::unique_ptr<Tables> tables, std::unique_ptr<LineFile> file)
      : options_(std::move(options)),
        tables_(std::move(tables)),
        file_(std::move(file)),
        thread_([this] { Run(); }) {}

  ~Impl() {
    {
      std::lock_guard lock(mutex_);
      closing_ = true;
    }
    filled_.notify_one();
    thread_.join();
  }

  void Post(Entry entry) {
    bool was_empty = false;
    {
      std::unique_lock lock(mutex_);
      written_.wait(lock, [&] { return queue_.size() < kMaxQueued; });
      was_empty = queue_.empty();
      queue_.push_back(std::move(entry));
      ++posted_count_;
    }
    if (was_empty) filled_.notify_one();
  }

  void Flush() {
    std::unique_lock lock(mutex_);
    const uint64_t upto = posted_count_;
    written_.wait(lock, [&] { return written_count_ >= upto; });
  }

 private:
  void Run() {
    std::vector<Entry> taken;
    while (Take(taken)) {
      for (size_t i = 0; i < taken.size(); i += kGroup) {
        Write(std::span(taken).subspan(i, std::min(kGroup, taken.size() - i)));
      }
      std::lock_guard lock(mutex_);
      written_count_ += taken.size();
      written_.notify_all();
    }
  }

  /// All that is queued; false when there will be no more.
  bool Take(std::vector<Entry>& taken) {
    taken.clear();
    std::unique_lock lock(mutex_);
    filled_.wait(lock, [&] { return !queue_.empty() || closing_; });
    std::swap(taken, queue_);
    if (!taken.empty()) written_.notify_all();  // there is room again
    return !taken.empty();
  }

  void Write(std::span<const Entry> group) {
    if (!tables_ && !file_) return;
    std::vector<std::string> lines(group.size());
    uint64_t seq = 0;
    for (size_t i = 0; i < group.size(); ++i) {
      if (const auto* stamped = std::get_if<Stamped>(&group[i])) {
        lines[i] = EventToJson(*stamped);
        seq = std::max(seq, stamped->seq);
      }
    }
    const bool durable = WriteTables(group, lines);
    WriteFile(lines);
    if (durable && seq > 0 && options_.on_committed) options_.on_committed(seq);
  }

  bool WriteTables(std::span<const Entry> group, std::span<const std::string> lines) {
    if (!tables_) return false;
    try {
      tables_->Write(group, lines);
      return true;
    } catch (const SQLite::Exception& e) {
      tables_.reset();
      Fail(fmt::format("cannot write the journal {}: {}", JournalFile(options_.state_dir).string(),
                       Explain(e)));
      return false;
    }
  }

  void WriteFile(std::span<const std::string> lines) {
    if (!file_) return;
    if (const auto written = file_->Write(lines); !written) {
      file_.reset();
      Fail(written.error());
    }
  }

  void Fail(std::string reason) {
    if (options_.on_failed) options_.on_failed(std::move(reason));
  }

  const JournalOptions options_;
  std::unique_ptr<Tables> tables_;  ///< null once it could not be written
  std::unique_ptr<LineFile> file_;  ///< null: not wanted, or could not be written

  std::mutex mutex_;
  std::condition_variable filled_;   ///< there is something to write, or nothing more will come
  std::condition_variable written_;  ///< there is room, or something was written
  std::vector<Entry> queue_;
  uint64_t posted_count_ = 0, written_count_ = 0;  ///< entries
  bool closing_ = false;

  std::thread thread_;  ///< last: it uses all of the above
};

Result<std::unique_ptr<Journal>, OpenError> Journal::Open(JournalOptions options) {
  auto db = OpenForWriting(options.state_dir);
  if (!db) return Failure{OpenError{db.error()}};
  std::unique_ptr<LineFile> file;
  if (!options.events_file.empty()) {
    auto opened = LineFile::Open(options.events_file);
    if (!opened) return Failure{OpenError{opened.error()}};
    file = std::move(*opened);
  }
  try {
    auto tables = std::make_unique<Tables>(std::move(*db));
    auto impl = std::make_unique<Impl>(std::move(options), std::move(tables), std::move(file));
    return std::unique_ptr<Journal>(new Journal(std::move(impl)));
  } catch (const SQLite::Exception& e) {  // a file that has other tables than ours
    return Failure{OpenError{fmt::format("cannot open the journal {}: {}",
                                         JournalFile(options.state_dir).string(), Explain(e))}};
  }
}

Journal::Journal(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Journal::~Journal() = default;

void Journal::BeginBatch(BatchInfo info) {
  impl_->Post(std::move(info));
}
void Journal::ResumeBatch(std::string id) {
  impl_->Post(Resumption{std::move(id)});
}
void Journal::Append(Stamped stamped) {
  impl_->Post(std::move(stamped));
}
void Journal::EndBatch(BatchSummary summary) {
  impl_->Post(std::move(summary));
}
void Journal::Flush() {
  impl_->Flush();
}

}  // namespace proctor
