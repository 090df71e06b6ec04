#pragma once

#include <string>
#include <string_view>

#include "core/model/effect.h"
#include "core/model/state.h"

namespace proctor {

/// One small function for each event; Update() dispatches to them. Grouped by what
/// the event is about: on_batch.cc, on_worker.cc, on_test.cc, on_subject.cc, on_service.cc,
/// on_step.cc, on_resume.cc.

Effects On(State&, const BatchRequested&);
Effects On(State&, const StopRequested&);
Effects On(State&, const RestartPolicyChanged&);
Effects On(State&, const PauseRequested&);
Effects On(State&, const ResumeRequested&);
Effects On(State&, const StepRequested&);
Effects On(State&, const RunToFailureRequested&);
Effects On(State&, const RerunRequested&);
Effects On(State&, const SkipFileRequested&);
Effects On(State&, const JumpRequested&);
Effects On(State&, const HoldOnFailureChanged&);
Effects On(State&, const ReleaseRequested&);
Effects On(State&, const TestHeld&);
Effects On(State&, const BatchRefused&);
Effects On(State&, const BatchStarted&);
Effects On(State&, const BatchResumed&);
Effects On(State&, const BatchEnded&);
Effects On(State&, const JournalCommitted&);
Effects On(State&, const JournalFailed&);
Effects On(State&, const SupervisionLost&);
Effects On(State&, const TimerFired&);
Effects On(State&, const OutputReceived&);

Effects On(State&, const WorkerSpawned&);
Effects On(State&, const WorkerNotSpawned&);
Effects On(State&, const WorkerGreeted&);
Effects On(State&, const WorkerStartupFailed&);
Effects On(State&, const CollectionStarted&);
Effects On(State&, const FileCollected&);
Effects On(State&, const FileNotCollected&);
Effects On(State&, const FileSkipped&);
Effects On(State&, const CollectionFinished&);
Effects On(State&, const RunFinished&);
Effects On(State&, const ExitAsked&);
Effects On(State&, const WorkerTornDown&);
Effects On(State&, const WorkerSaidBye&);
Effects On(State&, const WorkerWarned&);
Effects On(State&, const WorkerSpokeNonsense&);
Effects On(State&, const StacksDumped&);
Effects On(State&, const WorkerExited&);

Effects On(State&, const PreflightRequested&);
Effects On(State&, const TestStarted&);
Effects On(State&, const PhaseFinished&);
Effects On(State&, const TestFinished&);
Effects On(State&, const TestUnknown&);
Effects On(State&, const TeardownFailed&);
Effects On(State&, const TestJudged&);
Effects On(State&, const TestNotRun&);
Effects On(State&, const TestRetried&);

Effects On(State&, const SubjectRestartRequested&);
Effects On(State&, const SubjectKillRequested&);
Effects On(State&, const GenerationBegun&);
Effects On(State&, const SubjectNeverReady&);
Effects On(State&, const SubjectSpawned&);
Effects On(State&, const SubjectNotSpawned&);
Effects On(State&, const ProbeAnswered&);
Effects On(State&, const SubjectBecameReady&);
Effects On(State&, const HealthChanged&);
Effects On(State&, const SubjectStopBegun&);
Effects On(State&, const SpareLeased&);
Effects On(State&, const SubjectProgramChanged&);
Effects On(State&, const SubjectLetGo&);
Effects On(State&, const SubjectMeasured&);
Effects On(State&, const SubjectStacksTaken&);
Effects On(State&, const SubjectGranted&);
Effects On(State&, const SubjectRefused&);
Effects On(State&, const SubjectGivenUp&);
Effects On(State&, const SubjectAskedToStop&);
Effects On(State&, const SubjectExited&);
Effects On(State&, const SubjectTreeEnded&);

/// The part of TimerFired that is about a generation.
Effects OnSubjectTimer(State&, TimerKind, GenerationId);

}  // namespace proctor
