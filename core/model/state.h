#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "core/base/cow_vector.h"
#include "core/model/event.h"

namespace proctor {

/// The state: what the events so far add up to. The loop thread owns the one that
/// changes; everybody else reads published copies, which are cheap to make.

/// Where a test stands in State::files.
struct TestRef {
  uint32_t file = 0, test = 0;
  friend bool operator==(const TestRef&, const TestRef&) = default;
};

enum class TestProgress { Planned, Waiting, Running, Done };

/// The bulky part of a finished attempt; shared, never changed.
struct TestDetails {
  std::string message;  ///< one line; empty: nothing to say
  std::string details;  ///< the long representation, stacks, evidence
  std::string stdout_text, stderr_text, log_text;
  std::string file;                ///< of the failure, else of the test; relative to the rootdir
  int line = 0;                    ///< 1-based; 0: unknown
  std::vector<Evidence> evidence;  ///< of a bad outcome; empty: none was taken
};

struct TestState {
  std::string id, name, class_name;
  int line = 0;
  bool uses_subject = false;
  std::optional<RestartWhen> restart;  ///< the test's own policy
  bool final = false;                  ///< done, and in the journal
  TestProgress progress = TestProgress::Planned;
  Outcome outcome = Outcome::NotRun;  ///< meaningful when done
  std::optional<Blame> blame;         ///< of a bad outcome
  GenerationId generation;            ///< none: ran without a subject
  int attempt = 0;                    ///< 1 for the first; 0: never started
  double duration_ms = 0;
  Time started;
  std::shared_ptr<const TestDetails> details;  ///< null: nothing to tell
  std::vector<std::string> earlier;  ///< attempts that do not count: "attempt 1: failed, …"
};

struct FileState {
  std::string path;  ///< as in the test ids; relative to the rootdir
  size_t suite = 0;
  CowVector<TestState, 64> tests;
  Counts counts;  ///< of done tests
  int running = 0;
  std::optional<int> lane;  ///< that it was dealt to, and whose it stays; none: nobody's yet
  std::optional<RestartWhen> restart;  ///< the file's own policy
  std::string group;                   ///< files of one group go to one lane; empty: none
  bool cumulative = false;             ///< its tests build on each other
  std::optional<FileNote> note;        ///< none: no test of it had a subject
  GenerationId generation;             ///< what the note is about
  GenerationId last_generation;        ///< what its latest test had
  Time started, finished;
  double duration_ms = 0;  ///< sum of its tests
};

/// What the processes of a generation held at one moment.
struct UsageSample {
  std::string path;  ///< the file that had just had it; empty: nobody had, yet
  int64_t rss_bytes = 0;
  int descriptors = 0, threads = 0, processes = 0;
  std::vector<std::string> left;  ///< what the file left behind, in sentences
};

/// What a generation's health became, and when.
struct HealthMoment {
  Time at;
  Health health = Health::Starting;
  std::string reason;  ///< empty: nothing to say
};

enum class SubjectPhase { Spawning, Starting, Up, Stopping, Ended };

/// What a generation is to its lane.
enum class SubjectRole {
  Serving,  ///< tests get it, or will as soon as it is ready
  Spare,    ///< it waits for the lane to need it
  Retired,  ///< another took its place, or it was thrown away as a spare
};

/// One process of the subject, from its start to the end of its tree.
struct GenerationState {
  GenerationId id;
  int lane = 0;
  SubjectPhase phase = SubjectPhase::Spawning;
  SubjectRole role = SubjectRole::Serving;
  bool was_spare = false;  ///< it was, or is, a spare; else it was started when it was needed
  Health health = Health::Starting;
  std::string reason;  ///< why it is not healthy, or why it ended
  std::string detail;  ///< the recorded assert, as JSON
  SpawnCause cause = SpawnCause::First;
  std::string cause_text;
  int pid = 0, port = 0;
  std::string url, workspace, log_path, token, log_tail;
  std::string crash;  ///< signal and backtrace, where it left a note of its crash
  Time started, ready, ended;
  Time leased;  ///< of a spare: when it was handed over
  bool was_ready = false;
  bool ready_overdue = false;  ///< it did not become ready in time
  ExitInfo exit;
  std::vector<std::string> leaked;  ///< processes that outlived it
  int tests_served = 0, files_served = 0;
  std::optional<TestRef> last_test;  ///< the latest that was given it
  bool died_under_test = false;      ///< last_test was running when it ended
  bool killed = false;               ///< somebody pressed the kill button
  std::vector<UsageSample> usage;    ///< over its life: ready, and after each file
  std::string core;                  ///< the file with its core; empty: there is none
  std::string stacks;                ///< of all its threads, where it hung, or in its core
  bool reading_core = false;         ///< the batch's end waits for that
  bool taking_stacks = false;        ///< its end waits for them

  std::vector<HealthMoment> timeline;  ///< the latest; see NoteHealth()

  // What its probes said; see core/subject/assess.h.
  bool probing = false;  ///< an answer is awaited
  Time probe_sent;
  int misses = 0;  ///< in a row, and at least [subject.health] every apart
  Time missed;     ///< when the latest of them was counted
  std::optional<int64_t> frame;
  Time frame_changed;
  Time answered;  ///< the latest good answer
  int stop_rung = 0;
  // Evidence for the next test: answers asked for after `test_ended`.
  Time test_ended;  ///< when the latest test on it ended
  std::optional<int64_t> first_frame_after;
  bool evident = false;  ///< it was seen alive after test_ended
  bool seeking = false;  ///< such evidence is being asked for
};

enum class LanePhase { Idle, Collecting, Running, Finishing, WindingUp };

/// What is said of a test while it runs, until it is done.
struct Draft {
  TestRef test;
  Outcome outcome = Outcome::Passed;
  double duration_ms = 0;
  TestDetails details;
  Health health_at_start = Health::Healthy;
  bool subject_lost = false;  ///< the subject died under it
  bool timed_out = false;
  bool judged = false;      ///< its blame is known, and announced
  bool refused = false;     ///< its pre-flight failed
  bool held = false;        ///< it failed and was held: what came then is not its doing
  bool collateral = false;  ///< its subject was lost before it had begun
  bool replaced = false;    ///< somebody had its subject replaced under it
};

struct LaneState {
  LanePhase phase = LanePhase::Idle;
  // The worker. `worker` is none when there is no process.
  WorkerId worker;
  int worker_pid = 0;
  std::string python, pytest;
  std::string collecting;  ///< the module being imported; empty: none
  bool collected = false;  ///< this worker can be told to run
  bool finishing = false;  ///< it was told to finish
  bool startup_failed = false;
  int finished_tests = 0;          ///< since this worker started
  int fruitless_workers = 0;       ///< in a row: ended before a test had
  std::string nonsense;            ///< the worker broke the protocol so
  std::deque<uint32_t> sent;       ///< files that it was told to run, in order
  std::optional<Draft> draft;      ///< the test that runs
  std::optional<TestRef> waiting;  ///< the test that waits for a subject
  std::optional<TestRef> refused;  ///< the test whose pre-flight was refused
  std::string stacks;              ///< of a test that is past its time
  std::optional<TestRef> granted;  ///< the test that was given a subject and has not begun
  bool holds = false;              ///< its fixtures hang on the current generation
  bool letting_go = false;         ///< it was asked to tear those down
  WorkerId turn;                   ///< whose turn it is to say what comes next; none: nobody's
  // Stepping.
  bool aside = false;                   ///< it keeps a held test, and runs nothing else
  std::optional<TestRef> held;          ///< it failed, and stands before its teardown
  TestPhase held_in = TestPhase::Call;  ///< where it failed
  bool stopping_run = false;            ///< told to stop, and to keep its fixtures
  bool part = false;                    ///< it was told to run a part of a file
  std::optional<TestRef> rerun;         ///< to be run once more when the run has stopped
  Fixtures rerun_with = Fixtures::Kept;
  int steps = 0;                 ///< tests to run although the batch is paused
  std::optional<uint32_t> skip;  ///< the file whose rest is to be left out
  std::optional<uint32_t> jump;  ///< the file that comes next
  std::vector<Draft> unjudged;   ///< bad outcomes whose blame is being looked into
  // The subject.
  std::optional<size_t> current;        ///< index into State::generations; none: no process
  std::optional<size_t> latest;         ///< the newest that served the lane; none: none did
  std::vector<size_t> spares;           ///< the oldest first
  std::vector<size_t> retiring;         ///< on their way out, beside `current`
  int beginning = 0;                    ///< generations announced, and not yet in the lists above
  int lost_spares = 0;                  ///< in a row: nobody had used them yet
  std::string no_spares;                ///< why there will be no further spare; empty: there will
  std::optional<std::string> given_up;  ///< why there will be no further generation
  std::vector<Time> respawns;           ///< within the budget's period
  SpawnCause next_cause = SpawnCause::First;
  std::string next_cause_text;  ///< why the next generation will be started
  bool start_asked = false;     ///< start one without waiting for a test
};

enum class BatchPhase { None, Starting, Running, Ended };
enum class Pace { Free, ToFailure, Paused };

struct BatchState {
  std::string id;
  BatchPhase phase = BatchPhase::None;
  int64_t wall_ms = 0;
  Time started, ended;
  Selection selection;
  std::optional<Selection> requested;  ///< waits until the subject from between batches has ended
  std::optional<StopMode> stop;        ///< somebody asked for a stop
  Pace pace = Pace::Free;
  std::string failure;  ///< what Proctor itself could not do; empty: nothing
  ExitCode failure_code = ExitCode::Internal;
  int exit_code = 0;  ///< valid once ended
  int deselected = 0;
  size_t suite = 0;                  ///< the one that runs
  std::string rootdir, inifile;      ///< of the running suite
  std::vector<std::string> ignored;  ///< files whose import ended a worker
  bool journal_failed = false;
  bool ending = false;     ///< EndBatch is on its way
  bool collected = false;  ///< the running suite's files are all known
};

enum class Severity { Info, Warning, Error };
struct Notice {
  Time at;
  Severity severity = Severity::Info;
  std::string text;
};

struct OutputLine {
  Time at;
  OutputSource source = OutputSource::Worker;
  uint64_t owner = 0;  ///< worker or generation
  std::string text;    ///< with its ANSI escapes, valid UTF-8, without the line end
};

struct State {
  uint64_t seq = 0;        ///< of the newest event in it
  uint64_t journaled = 0;  ///< everything up to here is durable
  Time now;                ///< of the newest event
  std::shared_ptr<const Config> config;
  RestartWhen restart = RestartWhen::Unhealthy;  ///< the policy in force
  bool hold_on_failure = false;
  BatchState batch;
  std::vector<LaneState> lanes = std::vector<LaneState>(1);
  CowVector<FileState, 32> files;
  CowVector<GenerationState, 16> generations;
  CowVector<TestRef> done;  ///< tests in the order in which they were done
  size_t finals = 0;        ///< that many of `done` are final
  CowVector<Notice, 32> notices;
  CowVector<OutputLine, 128> output;  ///< bounded; see kOutputLines
  uint64_t output_dropped = 0;        ///< lines no longer in `output`
  Counts counts;
  bool own_policies = false;  ///< a file or test has a policy that is not the batch's
  int planned = 0;            ///< tests of the batch
  int need_subject = 0;       ///< of those, tests that use the subject and are not done
  uint64_t next_worker = 1, next_generation = 1;

  /// Loop thread only; published copies do not read them.
  struct Index {
    std::unordered_map<std::string, TestRef> tests;
    std::unordered_map<std::string, uint32_t> files;
    std::unordered_set<std::string> selected;
    std::deque<uint64_t> done_seq;      ///< for each done and not final: its event
    std::vector<uint32_t> deal;         ///< the running suite's files in the order of dealing
    std::unordered_set<uint32_t> held;  ///< files that a lane has, ended ones too
    size_t dealt = 0;                   ///< that many of `deal` need not be looked at again
    std::unordered_map<std::string, int> groups;  ///< the lane of each
    /// By worker: files that it can be told to run.
    std::unordered_map<uint64_t, std::unordered_set<uint32_t>> collected_by;
    std::unordered_map<std::string, double> history_ms;  ///< what a file took before
  };
  std::shared_ptr<Index> index = std::make_shared<Index>();
};

}  // namespace proctor
