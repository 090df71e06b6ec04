#pragma once

#include <string>
#include <variant>
#include <vector>

#include "core/model/event.h"

namespace proctor {

/// Effects: what Update() wants done, in the imperative. The engine performs them
/// in order; what comes of one comes back as an event, never as a return value.

struct BeginBatch {
  Selection selection;
};  ///< -> BatchStarted or BatchRefused
struct EndBatch {
  int exit_code = 0;
};  ///< -> BatchEnded
/// Reports a conclusion as an event of its own, next in line.
struct Announce {
  Event event;
};

/// -> WorkerSpawned or WorkerNotSpawned, and all that the worker says.
struct SpawnWorker {
  WorkerId worker;
  int lane = 0;
  size_t suite = 0;
  std::vector<std::string> paths;  ///< absolute
  std::string keyword;
  std::vector<std::string> ignored;  ///< files to leave out; relative to the rootdir
  std::string rootdir, inifile;      ///< what the first worker found; empty: to be found
  std::string python;                ///< likewise; filled in by the engine
};
struct RunTests {
  WorkerId worker;
  std::vector<std::string> tests;
  std::string next;
  bool keep = false;   ///< afterwards the last one's fixtures stay, for a rerun
  bool fresh = false;  ///< first everything is torn down
};
struct StopRun {
  WorkerId worker;
  bool keep = false;  ///< fixtures stay as the last test left them
};
/// From now on failed tests stand before their teardown until ReleaseTest.
struct HoldOnFailure {
  WorkerId worker;
  bool on = false;
};
struct ReleaseTest {
  WorkerId worker;
  std::string test;
};
/// Fixtures that hang on the generation are to be torn down. -> SubjectLetGo
struct LetGo {
  WorkerId worker;
  std::string test;
};
struct FinishWorker {
  WorkerId worker;
};
struct DumpStacks {
  WorkerId worker;
};  ///< -> StacksDumped
struct KillWorker {
  WorkerId worker;
};  ///< -> WorkerExited
struct GrantSubject {
  WorkerId worker;
  std::string test;
  GenerationId generation;
};
struct RefuseSubject {
  WorkerId worker;
  std::string test, reason, details;
};
struct DropTest {
  WorkerId worker;
  std::string test;
};

/// -> SubjectSpawned or SubjectNotSpawned
struct SpawnSubject {
  GenerationId generation;
  SpawnCause cause;
  std::string cause_text;
  int lane = 0;
  bool low_priority = false;  ///< until RaiseSubject
};
/// A spare serves from here on: it gets its full share of the processor.
struct RaiseSubject {
  GenerationId generation;
};
enum class ProbeFor {
  Ready,
  Health,
  Evidence,  ///< a test waits for it: nothing of the one before may still run
};
struct SendProbe {
  GenerationId generation;
  ProbeFor purpose;
  Time sent;
};  ///< -> ProbeAnswered
struct AbandonProbe {
  GenerationId generation;
};
struct AskSubjectToStop {
  GenerationId generation;
};  ///< -> SubjectAskedToStop
struct SignalSubject {
  GenerationId generation;
  int signal = 0;
};
struct EndSubjectTree {
  GenerationId generation;
};  ///< -> SubjectTreeEnded

/// -> SubjectMeasured
struct MeasureSubject {
  GenerationId generation;
  std::string path;
};
/// -> SubjectStacksTaken, within some seconds
struct TakeStacks {
  GenerationId generation;
};

/// -> TimerFired, once. Starting a timer that runs starts it anew.
struct StartTimer {
  TimerKind kind;
  uint64_t key = 0;
  Millis after{0};
};
struct CancelTimer {
  TimerKind kind;
  uint64_t key = 0;
};

using AnyEffect =
    std::variant<BeginBatch, EndBatch, Announce, SpawnWorker, RunTests, StopRun, HoldOnFailure,
                 ReleaseTest, LetGo, MeasureSubject, TakeStacks, FinishWorker, DumpStacks,
                 KillWorker, GrantSubject, RefuseSubject, DropTest, SpawnSubject, RaiseSubject,
                 SendProbe, AbandonProbe, AskSubjectToStop, SignalSubject, EndSubjectTree,
                 StartTimer, CancelTimer>;

/// One of them; compiled in effect.cc alone, as Event is in event.cc.
struct Effect : AnyEffect {
  template <typename E>
  requires kIsAlternative<E, AnyEffect> Effect(E effect);
  Effect(const Effect&);
  Effect(Effect&&) noexcept;
  Effect& operator=(const Effect&);
  Effect& operator=(Effect&&) noexcept;
  ~Effect();
};
using Effects = std::vector<Effect>;

}  // namespace proctor
