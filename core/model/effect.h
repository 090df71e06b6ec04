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
};  ///< -> BatchStarted
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
};
struct StopRun {
  WorkerId worker;
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
};
enum class ProbeFor { Ready, Health };
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

using Effect = std::variant<BeginBatch, EndBatch, Announce, SpawnWorker, RunTests, StopRun,
                            FinishWorker, DumpStacks, KillWorker, GrantSubject, RefuseSubject,
                            DropTest, SpawnSubject, SendProbe, AbandonProbe, AskSubjectToStop,
                            SignalSubject, EndSubjectTree, StartTimer, CancelTimer>;
using Effects = std::vector<Effect>;

}  // namespace proctor
