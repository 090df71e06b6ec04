#include "core/history/database.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include "core/history/journal.h"
#include "core/model/outcome.h"

namespace proctor {
namespace {

constexpr int kSchema = 1;
constexpr int kBusyMs = 10'000;  ///< another Proctor's transaction takes milliseconds

constexpr const char* kElsewhere = "set XDG_STATE_HOME to a directory that can be written";

/// Held while a Proctor sets the journal up, so that of several that start at once one
/// makes it and the others find it. SQLite's own locks are not enough: of two that
/// switch a new file to WAL, one is refused without a wait.
class SetUpLock {
 public:
  explicit SetUpLock(const std::filesystem::path& folder)
      : fd_(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
    while (fd_ >= 0 && ::flock(fd_, LOCK_EX) != 0 && errno == EINTR) {
    }
  }
  ~SetUpLock() {
    if (fd_ >= 0) ::close(fd_);
  }
  SetUpLock(const SetUpLock&) = delete;
  SetUpLock& operator=(const SetUpLock&) = delete;

 private:
  int fd_;  ///< -1: the folder cannot be opened; then the journal cannot either
};

/// Makes the tables in a new file. False: the file is a newer Proctor's.
bool PrepareSchema(SQLite::Database& db) {
  SQLite::Transaction transaction(db, SQLite::TransactionBehavior::IMMEDIATE);
  const int version = db.execAndGet("PRAGMA user_version").getInt();
  if (version > kSchema) return false;
  if (version == 0) {
    std::string outcomes;
    for (int i = 0; i < kOutcomes; ++i) {
      outcomes += fmt::format(", {} INTEGER", ToString(static_cast<Outcome>(i)));
    }
    db.exec(fmt::format(
        "CREATE TABLE batches(number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,"
        " wall_ms INTEGER NOT NULL, root TEXT NOT NULL, title TEXT NOT NULL,"
        " ended INTEGER NOT NULL DEFAULT 0, exit_code INTEGER, duration_ms REAL{});"
        "CREATE INDEX batches_by_time ON batches(wall_ms);"
        "CREATE TABLE events(batch INTEGER NOT NULL REFERENCES batches(number),"
        " seq INTEGER NOT NULL, at_ms REAL NOT NULL, type TEXT NOT NULL, body TEXT NOT NULL,"
        " PRIMARY KEY(batch, seq)) WITHOUT ROWID;"
        "PRAGMA user_version = {};",
        outcomes, kSchema));
  }
  transaction.commit();
  return true;
}

/// Makes an empty file that is the user's alone, which what tests print should be, in
/// a shared directory too. 0, or the errno. One that is there is not even opened:
/// closing it would drop the locks that this process has on it.
int MakeFile(const std::filesystem::path& file) {
  const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return errno == EEXIST ? 0 : errno;
  ::close(fd);
  return 0;
}

std::string TooNew(const std::filesystem::path& file) {
  return fmt::format(
      "{} was written by a newer Proctor than this one; update this one, or set "
      "XDG_STATE_HOME to another directory",
      file.string());
}

std::string CannotOpen(const std::filesystem::path& file, const SQLite::Exception& e) {
  return fmt::format("cannot open the journal {}: {}", file.string(), Explain(e));
}

}  // namespace

std::filesystem::path JournalFile(const std::filesystem::path& state_dir) {
  return state_dir / "journal.sqlite";
}

std::string OutcomeColumns() {
  std::string columns;
  for (int i = 0; i < kOutcomes; ++i) {
    columns += fmt::format("{}{}", i > 0 ? ", " : "", ToString(static_cast<Outcome>(i)));
  }
  return columns;
}

std::string Explain(const SQLite::Exception& e) {
  switch (e.getErrorCode()) {
    case SQLITE_FULL:
      return "the disk is full; free some space, or set XDG_STATE_HOME to a directory on "
             "another disk";
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
      return fmt::format("it is damaged ({}); move it away, and a new one is made", e.what());
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return fmt::format("another process has held it for {} s; end that one", kBusyMs / 1000);
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_IOERR:
      return fmt::format("{}; {}", e.what(), kElsewhere);
  }
  return e.what();
}

Result<std::unique_ptr<SQLite::Database>, std::string> OpenForWriting(
    const std::filesystem::path& state_dir) {
  std::error_code error;
  if (std::filesystem::create_directories(state_dir, error)) {
    std::error_code ignored;  // a failure shows when the file is made
    std::filesystem::permissions(state_dir, std::filesystem::perms::owner_all, ignored);
  }
  if (error) {
    return Failure{fmt::format("cannot make the state directory {}: {}; {}", state_dir.string(),
                               error.message(), kElsewhere)};
  }
  const SetUpLock lock(state_dir);
  const std::filesystem::path file = JournalFile(state_dir);
  if (const int failed = MakeFile(file)) {
    return Failure{fmt::format("cannot make the journal {}: {}; {}", file.string(),
                               std::strerror(failed), kElsewhere)};
  }
  try {
    auto db = std::make_unique<SQLite::Database>(file.string(), SQLite::OPEN_READWRITE, kBusyMs);
    db->exec("PRAGMA journal_mode = WAL");
    db->exec("PRAGMA synchronous = NORMAL");
    if (!PrepareSchema(*db)) return Failure{TooNew(file)};
    return db;
  } catch (const SQLite::Exception& e) {
    return Failure{CannotOpen(file, e)};
  }
}

Result<std::unique_ptr<SQLite::Database>, std::string> OpenForReading(
    const std::filesystem::path& state_dir) {
  const std::filesystem::path file = JournalFile(state_dir);
  std::error_code error;
  if (!std::filesystem::exists(file, error)) {
    if (!error) return std::unique_ptr<SQLite::Database>();
    return Failure{fmt::format("cannot open the journal {}: {}", file.string(), error.message())};
  }
  try {
    auto db = std::make_unique<SQLite::Database>(file.string(), SQLite::OPEN_READONLY, kBusyMs);
    const int version = db->execAndGet("PRAGMA user_version").getInt();
    if (version > kSchema) return Failure{TooNew(file)};
    if (version == 0) return std::unique_ptr<SQLite::Database>();  // its maker died early
    return db;
  } catch (const SQLite::Exception& e) {
    return Failure{CannotOpen(file, e)};
  }
}

}  // namespace proctor
