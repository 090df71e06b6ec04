#include "core/model/event.h"

#include <type_traits>
#include <utility>

namespace proctor {

template <typename E>
requires kIsAlternative<E, AnyEvent> Event::Event(E event) : AnyEvent(std::move(event)) {}

Event::Event() = default;
Event::Event(const Event&) = default;
Event::Event(Event&&) noexcept = default;
Event& Event::operator=(const Event&) = default;
Event& Event::operator=(Event&&) noexcept = default;
Event::~Event() = default;

/// Each alternative by name: clang makes no constructor that is only used from elsewhere.
#define PROCTOR_FROM(Type) template Event::Event(Type);
PROCTOR_FROM(BatchRequested)
PROCTOR_FROM(StopRequested)
PROCTOR_FROM(RestartPolicyChanged)
PROCTOR_FROM(SubjectRestartRequested)
PROCTOR_FROM(SubjectKillRequested)
PROCTOR_FROM(PauseRequested)
PROCTOR_FROM(ResumeRequested)
PROCTOR_FROM(StepRequested)
PROCTOR_FROM(RunToFailureRequested)
PROCTOR_FROM(RerunRequested)
PROCTOR_FROM(SkipFileRequested)
PROCTOR_FROM(JumpRequested)
PROCTOR_FROM(HoldOnFailureChanged)
PROCTOR_FROM(ReleaseRequested)
PROCTOR_FROM(SubjectLetGo)
PROCTOR_FROM(TestHeld)
PROCTOR_FROM(TestRetried)
PROCTOR_FROM(SubjectMeasured)
PROCTOR_FROM(SubjectStacksTaken)
PROCTOR_FROM(BatchRefused)
PROCTOR_FROM(BatchStarted)
PROCTOR_FROM(BatchResumed)
PROCTOR_FROM(BatchEnded)
PROCTOR_FROM(JournalCommitted)
PROCTOR_FROM(JournalFailed)
PROCTOR_FROM(SupervisionLost)
PROCTOR_FROM(WorkerSpawned)
PROCTOR_FROM(WorkerNotSpawned)
PROCTOR_FROM(WorkerGreeted)
PROCTOR_FROM(WorkerStartupFailed)
PROCTOR_FROM(CollectionStarted)
PROCTOR_FROM(FileCollected)
PROCTOR_FROM(FileNotCollected)
PROCTOR_FROM(FileSkipped)
PROCTOR_FROM(CollectionFinished)
PROCTOR_FROM(PreflightRequested)
PROCTOR_FROM(TestStarted)
PROCTOR_FROM(PhaseFinished)
PROCTOR_FROM(TestFinished)
PROCTOR_FROM(TestUnknown)
PROCTOR_FROM(RunFinished)
PROCTOR_FROM(TeardownFailed)
PROCTOR_FROM(ExitAsked)
PROCTOR_FROM(WorkerTornDown)
PROCTOR_FROM(WorkerSaidBye)
PROCTOR_FROM(WorkerWarned)
PROCTOR_FROM(WorkerSpokeNonsense)
PROCTOR_FROM(StacksDumped)
PROCTOR_FROM(WorkerExited)
PROCTOR_FROM(GenerationBegun)
PROCTOR_FROM(SubjectNeverReady)
PROCTOR_FROM(SubjectSpawned)
PROCTOR_FROM(SubjectNotSpawned)
PROCTOR_FROM(ProbeAnswered)
PROCTOR_FROM(SubjectBecameReady)
PROCTOR_FROM(HealthChanged)
PROCTOR_FROM(SubjectStopBegun)
PROCTOR_FROM(SpareLeased)
PROCTOR_FROM(SubjectProgramChanged)
PROCTOR_FROM(SubjectGranted)
PROCTOR_FROM(SubjectRefused)
PROCTOR_FROM(TestJudged)
PROCTOR_FROM(TestNotRun)
PROCTOR_FROM(SubjectGivenUp)
PROCTOR_FROM(SubjectAskedToStop)
PROCTOR_FROM(SubjectExited)
PROCTOR_FROM(SubjectTreeEnded)
PROCTOR_FROM(TimerFired)
PROCTOR_FROM(OutputReceived)
#undef PROCTOR_FROM

std::string_view ToString(TestPhase phase) {
  switch (phase) {
    case TestPhase::Setup:
      return "setup";
    case TestPhase::Call:
      return "call";
    case TestPhase::Teardown:
      return "teardown";
  }
  return {};
}

std::string_view ToString(SpawnCause cause) {
  switch (cause) {
    case SpawnCause::First:
      return "first";
    case SpawnCause::Policy:
      return "policy";
    case SpawnCause::Unhealthy:
      return "unhealthy";
    case SpawnCause::Asked:
      return "asked";
    case SpawnCause::Spare:
      return "spare";
  }
  return {};
}

std::string_view ToString(EvidenceKind kind) {
  switch (kind) {
    case EvidenceKind::Screenshot:
      return "screenshot";
    case EvidenceKind::ItemTree:
      return "item_tree";
    case EvidenceKind::Trace:
      return "trace";
    case EvidenceKind::Health:
      return "health";
    case EvidenceKind::Log:
      return "log";
  }
  return {};
}

std::optional<EvidenceKind> EvidenceKindFrom(std::string_view word) {
  using enum EvidenceKind;
  for (const EvidenceKind kind : {Screenshot, ItemTree, Trace, Health, Log}) {
    if (ToString(kind) == word) return kind;
  }
  return std::nullopt;
}

bool IsJournaled(const Event& event) {
  return std::visit(
      [](const auto& e) {
        return !kIsOneOf<std::decay_t<decltype(e)>, BatchRequested, BatchRefused, JournalCommitted,
                         JournalFailed, ProbeAnswered, OutputReceived>;
      },
      event);
}

}  // namespace proctor
