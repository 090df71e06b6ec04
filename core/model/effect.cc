#include "core/model/effect.h"

#include <utility>

namespace proctor {

template <typename E>
requires kIsAlternative<E, AnyEffect> Effect::Effect(E effect) : AnyEffect(std::move(effect)) {}

Effect::Effect(const Effect&) = default;
Effect::Effect(Effect&&) noexcept = default;
Effect& Effect::operator=(const Effect&) = default;
Effect& Effect::operator=(Effect&&) noexcept = default;
Effect::~Effect() = default;

/// Each alternative by name: clang makes no constructor that is only used from elsewhere.
#define PROCTOR_FROM(Type) template Effect::Effect(Type);
PROCTOR_FROM(BeginBatch)
PROCTOR_FROM(EndBatch)
PROCTOR_FROM(Announce)
PROCTOR_FROM(SpawnWorker)
PROCTOR_FROM(RunTests)
PROCTOR_FROM(StopRun)
PROCTOR_FROM(HoldOnFailure)
PROCTOR_FROM(ReleaseTest)
PROCTOR_FROM(LetGo)
PROCTOR_FROM(MeasureSubject)
PROCTOR_FROM(TakeStacks)
PROCTOR_FROM(FinishWorker)
PROCTOR_FROM(DumpStacks)
PROCTOR_FROM(KillWorker)
PROCTOR_FROM(GrantSubject)
PROCTOR_FROM(RefuseSubject)
PROCTOR_FROM(DropTest)
PROCTOR_FROM(SpawnSubject)
PROCTOR_FROM(RaiseSubject)
PROCTOR_FROM(SendProbe)
PROCTOR_FROM(AbandonProbe)
PROCTOR_FROM(AskSubjectToStop)
PROCTOR_FROM(SignalSubject)
PROCTOR_FROM(EndSubjectTree)
PROCTOR_FROM(StartTimer)
PROCTOR_FROM(CancelTimer)
#undef PROCTOR_FROM

}  // namespace proctor
