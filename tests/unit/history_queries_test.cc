#include "core/history/history.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <doctest/doctest.h>

#include "core/history/event_json.h"
#include "temporary_folder.h"

namespace proctor {
namespace {

/// Ids and their start; each batch gets three events and ends unless said otherwise.
void WriteBatches(const std::filesystem::path& dir, const std::vector<std::string>& ids) {
  auto journal = Journal::Open({.state_dir = dir});
  REQUIRE(journal.has_value());
  int64_t wall_ms = 1'000;
  for (const std::string& id : ids) {
    (*journal)->BeginBatch({.id = id, .wall_ms = ++wall_ms, .title = "demo", .root = "/a"});
    for (uint64_t seq = 1; seq <= 3; ++seq) {
      (*journal)->Append({.seq = seq, .event = TestFinished{.test = id}});
    }
    BatchSummary summary{.exit_code = 1, .duration_ms = 2.5};
    for (int i = 0; i < kOutcomes; ++i) summary.counts.by_outcome[i] = i + 1;
    if (id != "unfinished") (*journal)->EndBatch(summary);
  }
}

History MustOpen(const std::filesystem::path& dir) {
  auto history = History::Open(dir);
  REQUIRE_MESSAGE(history.has_value(), history.error());
  return std::move(*history);
}

}  // namespace

TEST_CASE("where nothing was journalled the history is empty") {
  TemporaryFolder folder;
  const History history = MustOpen(folder / "none");
  CHECK(history.ListBatches(10)->empty());
  CHECK(history.ReadEvents("b", 0, 10)->empty());
  CHECK(history.FindBatch("b").error() == "there is no batch 'b'; `proctor history` lists them");
  CHECK(!std::filesystem::exists(folder / "none"));
}

TEST_CASE("a batch is listed with what it began and ended with, the latest first") {
  TemporaryFolder folder;
  WriteBatches(folder.path(), {"one", "two", "unfinished"});
  const History history = MustOpen(folder.path());
  const auto batches = history.ListBatches(10);
  REQUIRE(batches.has_value());
  REQUIRE(batches->size() == 3);
  CHECK((*batches)[0].info.id == "unfinished");
  CHECK(!(*batches)[0].summary.has_value());

  const BatchRow& two = (*batches)[1];
  CHECK(two.info.id == "two");
  CHECK(two.info.wall_ms == 1'002);
  CHECK(two.info.title == "demo");
  CHECK(two.info.root == "/a");
  REQUIRE(two.summary.has_value());
  CHECK(two.summary->exit_code == 1);
  CHECK(two.summary->duration_ms == 2.5);
  for (int i = 0; i < kOutcomes; ++i) CHECK(two.summary->counts.by_outcome[i] == i + 1);

  CHECK(history.ListBatches(1)->size() == 1);
}

TEST_CASE("a batch is found by the beginning of its id") {
  TemporaryFolder folder;
  WriteBatches(folder.path(), {"20261121-1", "20261121-10", "20261122-5"});
  const History history = MustOpen(folder.path());
  CHECK(history.FindBatch("20261122")->info.id == "20261122-5");
  CHECK(history.FindBatch("20261121-1")->info.id == "20261121-1");  // whole before part
  CHECK(history.FindBatch("20261121").error() ==
        "'20261121' fits several batches: 20261121-10, 20261121-1; write more of it");
  CHECK(!history.FindBatch("2026%").has_value());
  CHECK(!history.FindBatch("121").has_value());
}

TEST_CASE("events are read from where the reader was, so many at a time") {
  TemporaryFolder folder;
  WriteBatches(folder.path(), {"one", "two"});
  const History history = MustOpen(folder.path());
  const auto events = history.ReadEvents("two", 1, 1);
  REQUIRE(events->size() == 1);
  CHECK((*events)[0].seq == 2);
  CHECK(std::get<TestFinished>(EventFromJson((*events)[0].line)->event).test == "two");
  CHECK(history.ReadEvents("two", 3, 10)->empty());
  CHECK(history.ReadEvents("tw", 0, 10)->empty());
}

TEST_CASE("a reader that stands open sees what is written afterwards") {
  TemporaryFolder folder;
  WriteBatches(folder.path(), {"one"});
  const History history = MustOpen(folder.path());
  CHECK(history.ListBatches(10)->size() == 1);
  WriteBatches(folder.path(), {"two"});
  CHECK(history.ListBatches(10)->size() == 2);
}

TEST_CASE("a journal of a newer Proctor is refused, for reading and for writing") {
  TemporaryFolder folder;
  WriteBatches(folder.path(), {"one"});
  SQLite::Database((folder / "journal.sqlite").string(), SQLite::OPEN_READWRITE)
      .exec("PRAGMA user_version = 99");
  const std::string expected = (folder / "journal.sqlite").string() +
                               " was written by a newer Proctor than this one; update this one, or "
                               "set XDG_STATE_HOME to another directory";
  CHECK(History::Open(folder.path()).error() == expected);
  CHECK(Journal::Open({.state_dir = folder.path()}).error().message == expected);
}

TEST_CASE("the columns can be asked with SQL") {
  TemporaryFolder folder;
  WriteBatches(folder.path(), {"one"});
  SQLite::Database db((folder / "journal.sqlite").string(), SQLite::OPEN_READONLY);
  CHECK(db.execAndGet("SELECT count(*) FROM events JOIN batches ON batch = number"
                      " WHERE id = 'one' AND type = 'TestFinished'")
            .getInt() == 3);
  CHECK(db.execAndGet("SELECT timed_out FROM batches").getInt() ==
        static_cast<int>(Outcome::TimedOut) + 1);
  CHECK(db.execAndGet("SELECT json_extract(body, '$.test') FROM events").getString() == "one");
}

}  // namespace proctor
