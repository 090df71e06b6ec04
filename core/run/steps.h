#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/config/config.h"
#include "core/model/effect.h"
#include "core/model/state.h"

namespace proctor {

/// What the handlers share: looking things up, and the decisions about what comes
/// next. Each decision can be asked for at any time and does nothing when there is
/// nothing to decide.

// ---- looking up ----------------------------------------------------------

/// Null for a worker or generation that is no longer any lane's: its late events
/// are dropped.
LaneState* FindLane(State& state, WorkerId worker);
LaneState* FindLane(State& state, GenerationId generation);
GenerationState* FindGeneration(State& state, GenerationId generation);
const GenerationState* CurrentGeneration(const State& state, const LaneState& lane);
std::optional<TestRef> FindTest(const State& state, const std::string& id);
TestState& EditTest(State& state, TestRef ref);
const TestState& GetTest(const State& state, TestRef ref);
int NumberOf(const State& state, const LaneState& lane);  ///< 0, 1, 2 …
void AddNotice(State& state, Severity severity, std::string text);
void Append(Effects& to, Effects more);

// ---- steps.cc: what the batch does next ------------------------------------

/// Starts the next suite's worker, gives the worker its next files, or winds up.
Effects Drive(State& state);

/// Ends worker and subject; once nothing is left, the batch. Tests that did not
/// get their turn become not_run with this reason.
Effects WindUp(State& state, const std::string& why_not_run, std::optional<Blame> blame);
Effects EndWhenNothingIsLeft(State& state);

/// Not begun, and to be run.
bool IsPlanned(const TestState& test);
bool HasPlanned(const FileState& file);
/// The first file at or after `from`, of the running suite, with a planned test.
std::optional<uint32_t> NextFileToRun(const State& state, uint32_t from);
/// What waited for a subject, or was granted one and has not begun, is to be run by whoever
/// comes next.
void Unwait(State& state, LaneState& lane);
/// Planned tests of a file become not_run.
Effects LeaveOutRest(const State& state, uint32_t file, const std::string& reason,
                     std::optional<Blame> blame);
/// Runs what a stopped run was stopped for: a rerun, a single step; else, unless the
/// batch is paused, what comes next.
Effects GoOn(State& state, LaneState& lane);
/// Has the worker stop after its test with its fixtures kept; ends a hold.
Effects StopAndKeep(State& state, LaneState& lane);
/// Has the worker end its run after its test, and finish; nothing of it is kept.
Effects StopLane(State& state, LaneState& lane);
/// The held test goes on to its teardown, which has a limit again.
Effects EndHold(State& state, LaneState& lane);
/// What a worker has to know from its start on: whether failed tests are held.
Effects TellHolding(const State& state, const LaneState& lane);
Effects SpawnWorkerForRest(State& state, LaneState& lane);
/// Asks the worker to tear down what is left and to end. Killed when it takes too long.
Effects LetWorkerFinish(State& state, LaneState& lane);
/// For what a worker does besides single tests: imports, the last finalizers, a coverage
/// report. At least a minute, because a suite's own limit is meant for one test.
Millis LimitBesideTests(const State& state);

/// A file whose tests build on each other ends with one that did not come to its end: nothing
/// more of it is run, and its generation, which is in the middle of something, makes way. `how`
/// says what happened to the test: "was past its time limit".
Effects LeaveHalfDone(State& state, LaneState& lane, TestRef test, std::string_view how);
inline constexpr std::string_view kPastItsLimit = "was past its time limit";

// ---- turn.cc: whose turn it is to speak -----------------------------------

/// To be asked after each event: a worker that is to say what comes next, and says
/// nothing, has a limit. Covers all that no test's own limit does.
Effects WatchTurns(State& state);

// ---- verdict.cc: how an attempt ended --------------------------------------

/// The test is done: outcome, counts, its place in State::done.
void Complete(State& state, const Draft& draft, Outcome outcome, std::optional<Blame> blame);
/// A test that never started is done, as not_run.
void CompleteNotRun(State& state, TestRef ref, std::optional<Blame> blame, std::string reason);
/// A test that is done is to run once more: its outcome is counted no longer.
void Reopen(State& state, TestRef ref, const std::string& why);
/// Adds what the generation's health has become to its timeline.
void NoteHealth(GenerationState& generation, Time at);
/// Lays what is laid to something else than the test, as far as it is known by now.
Effects Judge(State& state, LaneState& lane);

// ---- serve.cc: the subject for the next test -------------------------------

/// If a test waits for a subject: grants it, refuses it, or does what has to come first.
Effects ServeSubject(State& state, LaneState& lane);
/// Asks the current generation for a frame newer than the latest test's end.
Effects SeekEvidence(State& state, LaneState& lane);
/// Climbs the stop ladder, from the rung that fits its health, with the generation that
/// the lane has; `cause` and `reason` are those of the one that comes after it.
Effects BeginStop(State& state, LaneState& lane, SpawnCause cause, std::string reason);
Effects StartGeneration(State& state, LaneState& lane);

}  // namespace proctor
