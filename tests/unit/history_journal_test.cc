#include "core/history/journal.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <mutex>
#include <sstream>
#include <thread>

#include "core/history/event_json.h"
#include "core/history/history.h"
#include "temporary_folder.h"

namespace proctor {
namespace {

Stamped Nth(uint64_t seq) {
  return {.seq = seq, .event = TestStarted{.worker = {1}, .test = "a.py::" + std::to_string(seq)}};
}

std::string BatchId(int i) {
  return std::string("b").append(std::to_string(i));
}

/// What the journal said.
struct Said {
  std::mutex mutex;
  std::vector<uint64_t> committed;
  std::vector<std::string> failed;

  JournalOptions Options(std::filesystem::path state_dir, std::filesystem::path events = {}) {
    return {.state_dir = std::move(state_dir),
            .events_file = std::move(events),
            .on_committed =
                [this](uint64_t seq) {
                  std::lock_guard lock(mutex);
                  committed.push_back(seq);
                },
            .on_failed =
                [this](std::string reason) {
                  std::lock_guard lock(mutex);
                  failed.push_back(std::move(reason));
                }};
  }
};

std::unique_ptr<Journal> MustOpen(JournalOptions options) {
  auto journal = Journal::Open(std::move(options));
  REQUIRE_MESSAGE(journal.has_value(), journal.error().message);
  return std::move(*journal);
}

std::string OpenErrorOf(const std::filesystem::path& dir,
                        const std::filesystem::path& events = {}) {
  const auto journal = Journal::Open({.state_dir = dir, .events_file = events});
  REQUIRE(!journal.has_value());
  return journal.error().message;
}

bool Holds(const std::string& text, std::string_view part) {
  return text.find(part) != text.npos;
}

std::vector<EventRow> EventsOf(const std::filesystem::path& dir, const std::string& batch) {
  auto history = History::Open(dir);
  REQUIRE(history.has_value());
  auto events = history->ReadEvents(batch, 0, 10'000'000);
  REQUIRE(events.has_value());
  return std::move(*events);
}

/// A history_writer and what it says.
class Writer {
 public:
  explicit Writer(std::vector<std::string> args) {
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    args.insert(args.begin(), HISTORY_WRITER);
    std::vector<char*> argv;
    for (std::string& arg : args) argv.push_back(arg.data());
    argv.push_back(nullptr);
    REQUIRE(::posix_spawn(&pid_, HISTORY_WRITER, &actions, nullptr, argv.data(), environ) == 0);
    ::posix_spawn_file_actions_destroy(&actions);
    ::close(ends[1]);
    said_ = ::fdopen(ends[0], "r");
  }
  ~Writer() {
    Kill();
    std::fclose(said_);
  }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  /// Without its line end; empty at the end of what it says.
  std::string Line() {
    std::string line;
    for (int c = std::getc(said_); c != EOF && c != '\n'; c = std::getc(said_)) {
      line += static_cast<char>(c);
    }
    return line;
  }
  void Kill() {
    if (pid_ < 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }

 private:
  pid_t pid_ = -1;  ///< -1 once it was reaped
  std::FILE* said_ = nullptr;
};

/// The highest number among the lines, and the last line that is none.
struct LastWords {
  uint64_t seq = 0;
  std::string text;
};
LastWords ListenToTheEnd(Writer& writer) {
  LastWords words;
  for (std::string line = writer.Line(); !line.empty(); line = writer.Line()) {
    const bool number = line.find_first_not_of("0123456789") == line.npos;
    if (number) words.seq = std::stoull(line);
    if (!number) words.text = line;
  }
  return words;
}

}  // namespace

TEST_CASE("what was acknowledged can be read, in order and whole") {
  TemporaryFolder folder;
  Said said;
  const auto journal = MustOpen(said.Options(folder / "state"));
  journal->BeginBatch({.id = "b1", .wall_ms = 5, .title = "demo", .root = "/root"});
  for (uint64_t seq = 1; seq <= 10'000; ++seq) journal->Append(Nth(seq));
  journal->Flush();

  REQUIRE(!said.committed.empty());
  CHECK(said.committed.back() == 10'000);
  CHECK(std::is_sorted(said.committed.begin(), said.committed.end()));
  CHECK(said.failed.empty());

  const auto events = EventsOf(folder / "state", "b1");
  REQUIRE(events.size() == 10'000);
  for (uint64_t seq = 1; seq <= 10'000; ++seq) {
    REQUIRE(events[seq - 1].line == EventToJson(Nth(seq)));
  }
}

TEST_CASE("each acknowledgement comes after its event is there for others to read") {
  TemporaryFolder folder;
  std::vector<std::pair<uint64_t, size_t>> acknowledged;  // up to where, and how many were there
  const auto journal = MustOpen({.state_dir = folder.path(), .on_committed = [&](uint64_t seq) {
                                   const auto history = History::Open(folder.path());
                                   const auto events = history->ReadEvents("b1", 0, 1'000);
                                   acknowledged.emplace_back(seq, events->size());
                                 }});
  journal->BeginBatch({.id = "b1"});
  for (uint64_t seq = 1; seq <= 50; ++seq) {
    journal->Append(Nth(seq));
    if (seq % 5 == 0) journal->Flush();
  }
  journal->Flush();
  REQUIRE(acknowledged.size() >= 10);
  for (const auto& [seq, there] : acknowledged) CHECK(there >= seq);
}

TEST_CASE("what is queued when the journal is destroyed is written") {
  TemporaryFolder folder;
  {
    const auto journal = MustOpen({.state_dir = folder.path()});
    journal->BeginBatch({.id = "b1"});
    for (uint64_t seq = 1; seq <= 1'000; ++seq) journal->Append(Nth(seq));
  }
  CHECK(EventsOf(folder.path(), "b1").size() == 1'000);
}

TEST_CASE("events before the first batch are acknowledged and not kept, late ones are its own") {
  TemporaryFolder folder;
  Said said;
  const auto journal = MustOpen(said.Options(folder.path()));
  journal->Append(Nth(1));
  journal->Flush();
  CHECK(said.committed == std::vector<uint64_t>{1});
  journal->BeginBatch({.id = "b1"});
  journal->Append(Nth(2));
  journal->EndBatch({.exit_code = 0});
  journal->Append(Nth(3));
  journal->BeginBatch({.id = "b2"});
  journal->Append(Nth(4));
  journal->Flush();
  CHECK(EventsOf(folder.path(), "b1").size() == 2);
  CHECK(EventsOf(folder.path(), "b2").size() == 1);
}

TEST_CASE("events can be appended from any thread") {
  TemporaryFolder folder;
  const auto journal = MustOpen({.state_dir = folder.path()});
  journal->BeginBatch({.id = "b1"});
  {
    std::vector<std::jthread> threads;
    for (uint64_t t = 0; t < 4; ++t) {
      threads.emplace_back([&, t] {
        for (uint64_t i = 1; i <= 500; ++i) journal->Append(Nth(t * 500 + i));
      });
    }
  }
  journal->Flush();
  CHECK(EventsOf(folder.path(), "b1").size() == 2'000);
}

TEST_CASE("the events file has the same lines") {
  TemporaryFolder folder;
  Said said;
  const auto journal = MustOpen(said.Options(folder.path(), folder / "events.jsonl"));
  journal->BeginBatch({.id = "b1"});
  journal->Append(Nth(1));
  journal->Append(Nth(2));
  journal->EndBatch({});
  journal->Flush();
  CHECK(ReadText(folder / "events.jsonl") ==
        EventToJson(Nth(1)) + "\n" + EventToJson(Nth(2)) + "\n");
}

TEST_CASE("an events file that fills its disk is told once, and the journal goes on") {
  TemporaryFolder folder;
  Said said;
  const auto journal = MustOpen(said.Options(folder.path(), "/dev/full"));
  journal->BeginBatch({.id = "b1"});
  for (uint64_t seq = 1; seq <= 3; ++seq) {
    journal->Append(Nth(seq));
    journal->Flush();
  }
  CHECK(said.failed == std::vector<std::string>{
                           "cannot write the events file /dev/full: No space left on device"});
  CHECK(said.committed.back() == 3);
  CHECK(EventsOf(folder.path(), "b1").size() == 3);
}

TEST_CASE("a place that cannot be written is named, with the reason and what to do") {
  TemporaryFolder folder;
  WriteText(folder / "file", "");
  const std::string under_a_file = OpenErrorOf(folder / "file/state");
  CHECK(Holds(under_a_file, (folder / "file/state").string()));
  CHECK(Holds(under_a_file, "Not a directory"));
  CHECK(Holds(under_a_file, "XDG_STATE_HOME"));

  std::filesystem::create_directories(folder / "state/journal.sqlite");  // a directory in its place
  const std::string blocked = OpenErrorOf(folder / "state");
  CHECK(Holds(blocked, (folder / "state/journal.sqlite").string()));
  CHECK(Holds(blocked, "XDG_STATE_HOME"));

  const std::string events = OpenErrorOf(folder / "good", folder / "none/events.jsonl");
  CHECK(Holds(events, (folder / "none/events.jsonl").string()));
  CHECK(Holds(events, "No such file or directory"));
}

TEST_CASE("a file that is no journal is said to be damaged") {
  TemporaryFolder folder;
  WriteText(folder / "journal.sqlite", std::string(8192, 'x'));
  const std::string error = OpenErrorOf(folder.path());
  CHECK(Holds(error, "damaged"));
  CHECK(Holds(error, "move it away"));
}

TEST_CASE("a new journal and its directory are the user's alone") {
  using std::filesystem::perms;
  TemporaryFolder folder;
  MustOpen({.state_dir = folder / "a/state"});
  CHECK(std::filesystem::status(folder / "a/state").permissions() == perms::owner_all);
  CHECK(std::filesystem::status(folder / "a/state/journal.sqlite").permissions() ==
        (perms::owner_read | perms::owner_write));
}

TEST_CASE("a full disk is told once, in a sentence, and what was acknowledged stays") {
  TemporaryFolder folder;
  Writer writer({folder.path().string(), "b1", "400000"});
  const LastWords words = ListenToTheEnd(writer);
  INFO(words.text);
  CHECK(Holds(words.text, "cannot write the journal"));
  CHECK(Holds(words.text, (folder / "journal.sqlite").string()));
  CHECK(words.seq > 100);
  CHECK(EventsOf(folder.path(), "b1").size() >= words.seq);
}

TEST_CASE("what was acknowledged outlives SIGKILL, and the batch is unfinished") {
  TemporaryFolder folder;
  Writer writer({folder.path().string(), "b1"});
  uint64_t heard = 0;
  for (int i = 0; i < 50; ++i) heard = std::stoull(writer.Line());
  writer.Kill();  // in the middle of writing
  LastWords words = ListenToTheEnd(writer);
  REQUIRE(words.text == "");
  words.seq = std::max(words.seq, heard);
  REQUIRE(words.seq >= 50);

  const auto events = EventsOf(folder.path(), "b1");
  CHECK(events.size() >= words.seq);
  for (const EventRow& row : events) REQUIRE(EventFromJson(row.line).has_value());

  const auto history = History::Open(folder.path());
  const auto batch = history->FindBatch("b1");
  REQUIRE(batch.has_value());
  CHECK(!batch->summary.has_value());

  // And the next Proctor goes on in the same file.
  const auto journal = MustOpen({.state_dir = folder.path()});
  journal->BeginBatch({.id = "b2"});
  journal->Append(Nth(1));
  journal->Flush();
  CHECK(EventsOf(folder.path(), "b2").size() == 1);
}

TEST_CASE("several Proctors that start at once share one journal") {
  TemporaryFolder folder;
  std::vector<std::unique_ptr<Writer>> writers;
  for (int i = 0; i < 4; ++i) {
    writers.push_back(std::make_unique<Writer>(std::vector{folder.path().string(), BatchId(i)}));
  }
  for (const auto& writer : writers) {
    for (int line = 0; line < 20; ++line) {
      const std::string said = writer->Line();
      INFO(said);
      REQUIRE(said.find_first_not_of("0123456789") == said.npos);
      REQUIRE(!said.empty());
    }
  }
  for (int i = 0; i < 4; ++i) {
    writers[i]->Kill();
    const LastWords words = ListenToTheEnd(*writers[i]);
    CHECK(words.text == "");
    CHECK(EventsOf(folder.path(), BatchId(i)).size() >= words.seq);
  }
}

}  // namespace proctor
