#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/base/clock.h"
#include "core/base/ids.h"
#include "core/base/overloaded.h"
#include "core/model/evidence.h"
#include "core/model/outcome.h"

namespace proctor {

struct Config;

/// Events: what has happened, in the past tense. They are the only truth: the
/// state is what they add up to, the journal is them in a row. Whoever reports one
/// posts it to the engine's inbox; the loop stamps it and hands it to Update().

using WorkerId = Id<struct WorkerTag>;  ///< 1, 2, 3 … within the engine's life

/// How a process ended: exactly one of the two is there, unless nobody knows.
struct ExitInfo {
  std::optional<int> code;
  std::string signal;  ///< "SIGSEGV"; empty: none
  friend bool operator==(const ExitInfo&, const ExitInfo&) = default;
};

// ---- what people ask for -------------------------------------------------

/// What to run of the suites; everything empty is everything.
struct Selection {
  std::vector<std::string> paths;  ///< files or directories, absolute
  std::vector<std::string> tests;  ///< test ids to keep; empty: all
  std::string keyword;             ///< pytest's -k
  friend bool operator==(const Selection&, const Selection&) = default;
};

enum class StopMode { AfterTest, Now };

struct BatchRequested {
  Selection selection;
};
struct StopRequested {
  StopMode mode = StopMode::AfterTest;
};
struct RestartPolicyChanged {
  RestartWhen when = RestartWhen::Unhealthy;
};
struct SubjectRestartRequested {
  int lane = 0;
};
struct SubjectKillRequested {
  int lane = 0;
};
/// The lanes stop after the test that each runs, with what its fixtures hold.
struct PauseRequested {};
struct ResumeRequested {};
/// One test more on the lane, of a batch that is paused.
struct StepRequested {
  int lane = 0;
};
/// On to the next failure; there the batch is paused.
struct RunToFailureRequested {};
/// A test once more: with its module's and class's fixtures as they are, or fresh ones.
enum class Fixtures { Kept, Fresh };
struct RerunRequested {
  std::string test;
  Fixtures fixtures = Fixtures::Kept;
};
/// What is left of a file that runs is left out.
struct SkipFileRequested {
  std::string path;
};
/// A file comes next; on the lane that pauses or is free first.
struct JumpRequested {
  std::string path;
};
/// Whether a failed test keeps its fixtures and its subject until somebody lets go.
struct HoldOnFailureChanged {
  bool on = false;
};
enum class Release {
  Continue,  ///< tear it down, and go on
  Rerun,     ///< run the test again, its fixtures kept
  Restart,   ///< go on, on a fresh generation
  Aside,     ///< keep it, with its worker and generation, and go on beside it on fresh ones
};
struct ReleaseRequested {
  int lane = 0;
  Release how = Release::Continue;
};

// ---- the batch -----------------------------------------------------------

struct BatchRefused {
  std::string reason;  ///< why the config, another by now, cannot be used
};
struct BatchStarted {
  std::string batch;    ///< its id: "20261121-101500-3f9a", sorts by time
  int64_t wall_ms = 0;  ///< Unix time of this event
  Selection selection;
  std::shared_ptr<const Config> config;  ///< what it runs by, overrides applied
};
/// A batch that was stopped, or whose Proctor was, goes on with what it has not done.
struct BatchResumed {
  int64_t wall_ms = 0;
};
/// Everything that the batch started has ended.
struct BatchEnded {
  int exit_code = 0;
};
/// Everything up to `seq` is in the journal.
struct JournalCommitted {
  uint64_t seq = 0;
};
struct JournalFailed {
  std::string reason;
};
/// The tether is gone: nothing can be started any more.
struct SupervisionLost {
  std::string reason;
};

// ---- the worker ----------------------------------------------------------

struct WorkerSpawned {
  WorkerId worker;
  int pid = 0;
  int lane = 0;
};
struct WorkerNotSpawned {
  WorkerId worker;
  std::string reason;
  int exit_code = 3;  ///< 4 where the configuration is at fault
};
struct WorkerGreeted {
  WorkerId worker;
  std::string python, pytest, rootdir, inifile;
};
/// pytest itself could not begin: bad arguments, a conftest that cannot be imported.
struct WorkerStartupFailed {
  WorkerId worker;
  std::string message;
  int exit_code = 4;
};
struct CollectionStarted {
  WorkerId worker;
  std::string path;
};
struct CollectedTest {
  std::string id, name, class_name;
  int line = 0;  ///< 1-based; 0: unknown
  bool uses_subject = false;
  std::vector<std::string> markers;
  std::optional<RestartWhen> restart;  ///< its own policy
};
struct FileCollected {
  WorkerId worker;
  std::string path;
  std::vector<CollectedTest> tests;
  std::optional<RestartWhen> restart;  ///< the file's own policy
  std::string group;                   ///< files of one group go to one lane; empty: none
  bool cumulative = false;             ///< its tests build on each other, as a notebook's cells do
};
struct FileNotCollected {
  WorkerId worker;
  std::string path, id, message, details;
};
struct FileSkipped {
  WorkerId worker;
  std::string path, id, message;
};
struct CollectionFinished {
  WorkerId worker;
  int tests = 0;
  int deselected = 0;
};
/// The worker stands before a test that uses the subject, and waits.
struct PreflightRequested {
  WorkerId worker;
  std::string test;
  bool holds = false;  ///< fixtures that outlive a test hang on the generation
};
/// Fixtures that hung on the generation are torn down: it may be replaced.
struct SubjectLetGo {
  WorkerId worker;
  std::string test;
};
struct TestStarted {
  WorkerId worker;
  std::string test;
};

enum class TestPhase { Setup, Call, Teardown };
enum class PhaseOutcome { Passed, Failed, Skipped };
/// The test failed in that phase, and stands before its teardown.
struct TestHeld {
  WorkerId worker;
  std::string test;
  TestPhase phase = TestPhase::Call;
};
struct PhaseFinished {
  WorkerId worker;
  std::string test;
  TestPhase phase = TestPhase::Call;
  PhaseOutcome outcome = PhaseOutcome::Passed;
  double duration_ms = 0;
  std::optional<std::string> xfail;  ///< the reason, where the test is expected to fail
  std::string message, details;      ///< one line; the long representation
  std::string stdout_text, stderr_text, log_text;
  std::string file;  ///< of the failure, or of the test
  int line = 0;
  std::vector<Evidence> evidence;  ///< of the test's first failing phase, where it had a subject
  bool timed_out = false;          ///< the worker itself ended it at its limit, and goes on
};
struct TestFinished {
  WorkerId worker;
  std::string test;
};
struct TestUnknown {
  WorkerId worker;
  std::string test;
};
struct RunFinished {
  WorkerId worker;
  bool stopped = false;
  bool kept = false;  ///< its fixtures are as the last test left them
};
struct TeardownFailed {
  WorkerId worker;
  std::string owner, message, details;
};
struct ExitAsked {
  WorkerId worker;
  std::string message;
};  ///< pytest.exit()
struct WorkerTornDown {
  WorkerId worker;
};
struct WorkerSaidBye {
  WorkerId worker;
};
struct WorkerWarned {
  WorkerId worker;
  std::string message;
};
struct WorkerSpokeNonsense {
  WorkerId worker;
  std::string excerpt;
};
struct StacksDumped {
  WorkerId worker;
  std::string text;
};
struct WorkerExited {
  WorkerId worker;
  ExitInfo exit;
  std::string log_tail;
};

// ---- the subject ---------------------------------------------------------

/// Why a generation was started.
enum class SpawnCause {
  First,      ///< there was none yet
  Policy,     ///< the restart policy wants a fresh one here
  Unhealthy,  ///< the one before was degraded, hung or dead
  Asked,      ///< somebody pressed the button
  Spare,      ///< to be ready before anyone needs it
};

/// A generation is to be started, for a lane, or to be kept as its spare.
struct GenerationBegun {
  GenerationId generation;
  int lane = 0;
  bool spare = false;
  SpawnCause cause = SpawnCause::First;
  std::string cause_text;
};
/// It had its time to become ready; `reason` says what was missing.
struct SubjectNeverReady {
  GenerationId generation;
  std::string reason;
};
struct SubjectSpawned {
  GenerationId generation;
  SpawnCause cause = SpawnCause::First;
  std::string cause_text;  ///< a sentence: what was wrong with the one before, and after which test
  int pid = 0;
  int port = 0;
  std::string url;  ///< "http://127.0.0.1:PORT"
  std::string workspace, log_path;
  std::string token;  ///< what its hooks demand; never journalled
  int lane = 0;
};
/// `reason` is a sentence that names the holder of a taken port, the program that
/// does not exist, the missing Xvfb.
struct SubjectNotSpawned {
  GenerationId generation;
  SpawnCause cause = SpawnCause::First;
  std::string cause_text, reason;
};

/// What an answer to a health probe says, read through [subject.health]'s pointers.
struct ProbeReading {
  int status = 0;                ///< HTTP status; 0: no answer
  std::string error;             ///< why there was no answer
  bool refused = false;          ///< nobody listens there
  std::optional<bool> healthy;   ///< absent: not said
  std::string state;             ///< the hooks' own word for it; empty: not said
  std::string reason, detail;    ///< the degraded reason; the recorded assert
  std::optional<int64_t> frame;  ///< absent: the program counts none
};
struct ProbeAnswered {
  GenerationId generation;
  Time sent;
  ProbeReading reading;
};

// What Update() concludes from answers and their absence, and announces, so that
// the journal holds each conclusion and not what led to it.

struct SubjectBecameReady {
  GenerationId generation;
};
struct HealthChanged {
  GenerationId generation;
  Health health = Health::Starting;
  std::string reason, detail;
};
struct SubjectStopBegun {
  GenerationId generation;
  std::string reason;
};
/// A spare was handed over to its lane: from here on it serves tests, for this
/// cause. What the lane had before is ended beside it.
struct SpareLeased {
  GenerationId generation;
  SpawnCause cause = SpawnCause::Policy;
  std::string cause_text;
};
/// The file that the subject is started from is another one by now.
struct SubjectProgramChanged {
  std::string file;
};
/// A test was given the generation. `note` is set for the first one of a file.
struct FileNote {
  NoteKind kind = NoteKind::Fresh;
  std::string reason;
  friend bool operator==(const FileNote&, const FileNote&) = default;
};
struct SubjectGranted {
  WorkerId worker;
  std::string test;
  GenerationId generation;
  std::optional<FileNote> note;
  std::string respawn;  ///< why it is not the one that the file had before; empty: it is
};
/// The test may not run on what there is; it fails its pre-flight.
struct SubjectRefused {
  WorkerId worker;
  std::string test, reason, details;
};
/// What a bad outcome of a test that uses the subject is laid to, once that is known.
struct TestJudged {
  std::string test;
  Blame blame = Blame::Test;
  std::string evidence;
};
struct TestNotRun {
  std::string test;
  std::optional<Blame> blame;
  std::string reason;
};
/// The test is to run once more in this batch, and only that will count.
struct TestRetried {
  std::string test, reason;
};
/// What a generation's processes held after a file, and what the file left behind.
struct SubjectMeasured {
  GenerationId generation;
  std::string path;  ///< the file that had it; empty: nobody had
  int64_t rss_bytes = 0;
  int descriptors = 0, threads = 0, processes = 0;
  std::vector<std::string> left;  ///< sentences: "12 files in the workspace (3.1 MB)"
};
/// Stacks of all threads of a program that hung, taken before it was ended.
struct SubjectStacksTaken {
  GenerationId generation;
  std::string text;
};
/// The subject is given up: it cannot be started, or its restart budget is spent.
struct SubjectGivenUp {
  std::string reason;
  bool never_ready = false;
  int lane = 0;
};

struct SubjectAskedToStop {
  GenerationId generation;
  std::string error;
};
struct SubjectExited {
  GenerationId generation;
  ExitInfo exit;
  std::string log_tail;
  std::string crash = {};  ///< signal and backtrace, where the hooks left a note; else ""
  /// The file with its core; "" where there is none. Else -> SubjectStacksTaken
  std::string core = {};
};
/// No process of the generation is left; `leaked` are those that had outlived it.
struct SubjectTreeEnded {
  GenerationId generation;
  std::vector<std::string> leaked;
};

// ---- the world -----------------------------------------------------------

enum class TimerKind {
  TestLimit,    ///< key: worker. A test has had its time
  WorkerTurn,   ///< key: worker. It was to say what comes next, and said nothing
  StacksGrace,  ///< key: worker. Its stacks had their time to be written
  WorkerStop,   ///< key: worker. It had its time to end by itself
  Collect,      ///< key: worker. A module's import has had its time
  Ready,        ///< key: generation. It has had its time to become ready
  NextProbe,    ///< key: generation
  ProbeLimit,   ///< key: generation. An answer is overdue
  Evidence,     ///< key: generation. A fresh frame is overdue
  StopRung,     ///< key: generation. The rung's grace is over
};
struct TimerFired {
  TimerKind kind = TimerKind::NextProbe;
  uint64_t key = 0;
};

enum class OutputSource { Worker, Subject };
/// A piece of output, for the live view; the whole of it is on disk.
struct OutputReceived {
  OutputSource source = OutputSource::Worker;
  uint64_t owner = 0;
  std::string text;
};

using AnyEvent = std::variant<
    BatchRequested, StopRequested, RestartPolicyChanged, SubjectRestartRequested,
    SubjectKillRequested, PauseRequested, ResumeRequested, StepRequested, RunToFailureRequested,
    RerunRequested, SkipFileRequested, JumpRequested, HoldOnFailureChanged, ReleaseRequested,
    SubjectLetGo, TestHeld, TestRetried, SubjectMeasured, SubjectStacksTaken, BatchRefused,
    BatchStarted, BatchResumed, BatchEnded, JournalCommitted, JournalFailed, SupervisionLost,
    WorkerSpawned, WorkerNotSpawned, WorkerGreeted, WorkerStartupFailed, CollectionStarted,
    FileCollected, FileNotCollected, FileSkipped, CollectionFinished, PreflightRequested,
    TestStarted, PhaseFinished, TestFinished, TestUnknown, RunFinished, TeardownFailed, ExitAsked,
    WorkerTornDown, WorkerSaidBye, WorkerWarned, WorkerSpokeNonsense, StacksDumped, WorkerExited,
    GenerationBegun, SubjectNeverReady, SubjectSpawned, SubjectNotSpawned, ProbeAnswered,
    SubjectBecameReady, HealthChanged, SubjectStopBegun, SpareLeased, SubjectProgramChanged,
    SubjectGranted, SubjectRefused, TestJudged, TestNotRun, SubjectGivenUp, SubjectAskedToStop,
    SubjectExited, SubjectTreeEnded, TimerFired, OutputReceived>;

/// One of them; for std::visit and std::get_if a variant like any other. Made, copied and
/// ended in event.cc alone: each file that did so itself compiled for ten seconds more.
struct Event : AnyEvent {
  Event();
  template <typename E>
  requires kIsAlternative<E, AnyEvent> Event(E event);
  Event(const Event&);
  Event(Event&&) noexcept;
  Event& operator=(const Event&);
  Event& operator=(Event&&) noexcept;
  ~Event();
};

/// An event with its place on the engine's time line.
struct Stamped {
  uint64_t seq = 0;  ///< 1, 2, 3 … within the engine's life
  Time at;
  Event event;
};

std::string_view ToString(TestPhase);   ///< setup call teardown
std::string_view ToString(SpawnCause);  ///< first policy unhealthy asked spare

/// True for what the journal keeps: all but raw output (it is on disk), single
/// probe answers (their effect is HealthChanged), the journal's own acknowledgements
/// and requests that have no batch to belong to.
bool IsJournaled(const Event&);

}  // namespace proctor
