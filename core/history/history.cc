#include "core/history/history.h"

#include <fmt/format.h>

#include <limits>
#include <utility>

#include "core/history/database.h"

namespace proctor {
namespace {

/// A row of `SELECT` kBatchColumns + OutcomeColumns().
constexpr const char* kBatchColumns = "id, wall_ms, root, title, ended, exit_code, duration_ms, ";

BatchRow ReadBatch(SQLite::Statement& row) {
  BatchRow batch;
  batch.info = {.id = row.getColumn(0).getString(),
                .wall_ms = row.getColumn(1).getInt64(),
                .title = row.getColumn(3).getString(),
                .root = row.getColumn(2).getString()};
  if (row.getColumn(4).getInt() == 0) return batch;
  BatchSummary& summary = batch.summary.emplace();
  summary.exit_code = row.getColumn(5).getInt();
  summary.duration_ms = row.getColumn(6).getDouble();
  for (int i = 0; i < kOutcomes; ++i) {
    summary.counts.by_outcome[i] = row.getColumn(7 + i).getInt();
  }
  return batch;
}

int64_t AsLimit(uint64_t n) {
  return static_cast<int64_t>(std::min<uint64_t>(n, std::numeric_limits<int64_t>::max()));
}

std::string CannotRead(const SQLite::Exception& e) {
  return "cannot read the journal: " + Explain(e);
}

}  // namespace

class History::Impl {
 public:
  explicit Impl(std::unique_ptr<SQLite::Database> db) : db_(std::move(db)) {}

  std::vector<BatchRow> List(const std::string& prefix, size_t limit) const {
    std::vector<BatchRow> batches;
    if (!db_) return batches;
    SQLite::Statement rows(
        *db_, fmt::format("SELECT {}{} FROM batches WHERE substr(id, 1, length(?1)) = ?1"
                          " ORDER BY id = ?1 DESC, wall_ms DESC, number DESC LIMIT ?2",
                          kBatchColumns, OutcomeColumns()));
    rows.bind(1, prefix);
    rows.bind(2, AsLimit(limit));
    while (rows.executeStep()) batches.push_back(ReadBatch(rows));
    return batches;
  }

  std::vector<EventRow> Events(const std::string& batch, uint64_t since, size_t limit) const {
    std::vector<EventRow> events;
    if (!db_) return events;
    SQLite::Statement rows(
        *db_,
        "SELECT seq, body FROM events WHERE batch = (SELECT number FROM batches WHERE id = ?)"
        " AND seq > ? ORDER BY seq LIMIT ?");
    rows.bind(1, batch);
    rows.bind(2, AsLimit(since));
    rows.bind(3, AsLimit(limit));
    while (rows.executeStep()) {
      events.push_back({.seq = static_cast<uint64_t>(rows.getColumn(0).getInt64()),
                        .line = rows.getColumn(1).getString()});
    }
    return events;
  }

  std::map<std::string, double> FileTimes(const std::string& root) const {
    std::map<std::string, double> times;
    if (!db_) return times;
    SQLite::Statement rows(
        *db_,
        "SELECT json_extract(body, '$.test'), json_extract(body, '$.duration_ms') FROM events"
        " WHERE type = 'PhaseFinished' AND batch = (SELECT number FROM batches"
        " WHERE root = ? AND ended = 1 ORDER BY number DESC LIMIT 1)");
    rows.bind(1, root);
    while (rows.executeStep()) {
      const std::string test = rows.getColumn(0).getString();
      times[test.substr(0, test.find("::"))] += rows.getColumn(1).getDouble();
    }
    return times;
  }

 private:
  std::unique_ptr<SQLite::Database> db_;  ///< null: nothing was ever journalled
};

Result<History, std::string> History::Open(const std::filesystem::path& state_dir) {
  auto db = OpenForReading(state_dir);
  if (!db) return Failure{db.error()};
  return History(std::make_unique<Impl>(std::move(*db)));
}

History::History(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
History::~History() = default;
History::History(History&&) noexcept = default;
History& History::operator=(History&&) noexcept = default;

Result<std::vector<BatchRow>, std::string> History::ListBatches(size_t limit) const {
  try {
    return impl_->List("", limit);
  } catch (const SQLite::Exception& e) {
    return Failure{CannotRead(e)};
  }
}

Result<BatchRow, std::string> History::FindBatch(std::string_view prefix) const {
  constexpr size_t kNamed = 4;
  try {
    std::vector<BatchRow> found = impl_->List(std::string(prefix), kNamed + 1);
    if (found.empty()) {
      return Failure{fmt::format("there is no batch '{}'; `proctor history` lists them", prefix)};
    }
    if (found.size() == 1 || found[0].info.id == prefix) return std::move(found[0]);
    std::string names;
    for (size_t i = 0; i < std::min(found.size(), kNamed); ++i) {
      names += (i > 0 ? ", " : "") + found[i].info.id;
    }
    if (found.size() > kNamed) names += ", …";
    return Failure{fmt::format("'{}' fits several batches: {}; write more of it", prefix, names)};
  } catch (const SQLite::Exception& e) {
    return Failure{CannotRead(e)};
  }
}

Result<std::vector<EventRow>, std::string> History::ReadEvents(const std::string& batch,
                                                               uint64_t since, size_t limit) const {
  try {
    return impl_->Events(batch, since, limit);
  } catch (const SQLite::Exception& e) {
    return Failure{CannotRead(e)};
  }
}

Result<std::map<std::string, double>, std::string> History::FileTimes(
    const std::string& root) const {
  try {
    return impl_->FileTimes(root);
  } catch (const SQLite::Exception& e) {
    return Failure{CannotRead(e)};
  }
}

}  // namespace proctor
