#include "core/run/spares.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/run/steps.h"
#include "core/subject/policy.h"

namespace proctor {
namespace {

constexpr int kLostSparesInARow = 3;

bool MayStart(const State& s, const LaneState& lane) {
  return s.config && s.config->subject && s.batch.phase == BatchPhase::Running && !s.batch.stop &&
         lane.phase != LanePhase::WindingUp && !lane.aside && !lane.given_up &&
         lane.no_spares.empty();
}

/// Whether the lane has files to come; a suite that runs alone has one lane.
bool TakesPart(const State& s, const LaneState& lane) {
  return !s.config->suites[s.batch.suite].alone || NumberOf(s, lane) == 0;
}

bool IsLastSuite(const State& s) {
  return s.batch.suite + 1 >= s.config->suites.size();
}

/// Whether a test that is still to come may use the subject, as far as is known.
bool MayBeNeeded(const State& s) {
  return !s.batch.collected || !IsLastSuite(s) || s.need_subject > 0;
}

bool IsOnItsWay(const GenerationState& g) {
  return g.phase == SubjectPhase::Spawning || g.phase == SubjectPhase::Starting;
}

size_t Wanted(const State& s, const LaneState& lane) {
  // The lane's first generation, beside its worker's start. Where it is lost, a test
  // that asks for it starts another, and is told what is wrong.
  if (!lane.latest) return lane.lost_spares == 0 ? 1 : 0;
  const GenerationState* current = CurrentGeneration(s, lane);
  if (current && IsOnItsWay(*current)) return 0;
  const auto& of_suite = s.config->suites[s.batch.suite].restart;
  const bool never = of_suite.value_or(s.restart) == RestartWhen::Never;
  if (never && !s.own_policies) return 0;  // nothing would be replaced by it
  return static_cast<size_t>(s.config->subject->restart.spares);
}

Effects StartSpare(State& s, LaneState& lane) {
  ++lane.beginning;
  return {Announce{GenerationBegun{
      GenerationId{s.next_generation++}, NumberOf(s, lane), /*spare=*/true, SpawnCause::Spare,
      lane.latest ? "a spare, to be ready before it is needed"
                  : "started beside the worker, to be ready for the first test"}}};
}

/// Up before starting, and the older before the younger.
size_t BestSpare(const State& s, const LaneState& lane) {
  const auto rank = [&](size_t i) { return s.generations[i].phase == SubjectPhase::Up ? 0 : 1; };
  return *std::min_element(lane.spares.begin(), lane.spares.end(),
                           [&](size_t a, size_t b) { return rank(a) < rank(b); });
}

}  // namespace

Effects TendSpares(State& s, LaneState& lane) {
  if (!MayStart(s, lane) || !TakesPart(s, lane)) return {};
  if (!MayBeNeeded(s)) return ThrowSparesAway(s, lane, "no test that is left uses the subject");
  Effects effects;
  const size_t wanted = Wanted(s, lane);
  while (lane.spares.size() + static_cast<size_t>(lane.beginning) < wanted) {
    Append(effects, StartSpare(s, lane));
  }
  return effects;
}

Effects NextGeneration(State& s, LaneState& lane) {
  const RestartBudget& budget = s.config->subject->restart.budget;
  if (lane.next_cause == SpawnCause::Unhealthy && !HasRestartLeft(lane, budget, s.now)) {
    return {Announce{SubjectGivenUp{
        fmt::format("the restart budget of {} in {:g} s is spent; the last straw: {}. Mend the "
                    "subject, or raise [subject.restart] budget",
                    budget.restarts, budget.period.count() / 1e3, lane.next_cause_text),
        false, NumberOf(s, lane)}}};
  }
  if (lane.spares.empty()) return StartGeneration(s, lane);
  const GenerationState& g = s.generations[BestSpare(s, lane)];
  return {Announce{SpareLeased{g.id, lane.next_cause, lane.next_cause_text}}};
}

void LoseSpare(State& s, LaneState& lane, const GenerationState& g, const std::string& how) {
  ++lane.lost_spares;
  std::string text = fmt::format("Generation {} was lost as a spare, before any test had it: {}.",
                                 g.id.value, how);
  if (lane.lost_spares >= kLostSparesInARow && lane.no_spares.empty()) {
    lane.no_spares = fmt::format(
        "{} spares in a row were lost before a test had them; the last: {}", lane.lost_spares, how);
    text +=
        " It was the last of several in a row: from here on generations are started when they "
        "are needed.";
  }
  AddNotice(s, Severity::Warning, std::move(text));
}

Effects ThrowSparesAway(const State& s, const LaneState& lane, const std::string& reason) {
  Effects effects;
  for (const size_t spare : lane.spares) {
    effects.push_back(Announce{SubjectStopBegun{s.generations[spare].id, reason}});
  }
  return effects;
}

void Retire(State& s, LaneState& lane, size_t generation) {
  Forget(lane, generation);
  s.generations.Edit(generation).role = SubjectRole::Retired;
  lane.retiring.push_back(generation);
}

void Forget(LaneState& lane, size_t generation) {
  if (lane.current == generation) lane.current.reset();
  std::erase(lane.spares, generation);
  std::erase(lane.retiring, generation);
}

}  // namespace proctor
