#pragma once

#include <string>

#include "core/config/config.h"
#include "core/model/state.h"

namespace proctor {

/// What answers to health probes, and their absence, say of a generation. Alive is
/// not healthy: healthy needs a good answer and a frame counter that moves.

struct Assessment {
  Health health = Health::Healthy;
  std::string reason;  ///< a clause about "it": "its frame counter has stood at 12 for 2.1 s"
  std::string detail;
};

/// Takes an answer into the generation's bookkeeping and says what the generation's
/// condition is now. Of a generation that is up.
Assessment Assess(GenerationState& generation, const HealthConfig& config,
                  const ProbeAnswered& answer, Time now);

/// Begins to look for evidence newer than now: a test on the generation has ended.
void ForgetEvidence(GenerationState& generation, Time now);

/// True for a 2xx answer that does not say "not healthy".
bool IsGoodAnswer(const ProbeReading& reading);

/// "connection refused", "HTTP 404", …: why an answer is no good one.
std::string WhyNoGoodAnswer(const ProbeReading& reading);

/// The reason to put on record when it did not become ready in time, and what to look at.
std::string WhyNeverReady(const GenerationState& generation, const SubjectConfig& config);

/// The reason to put on record when no fresh frame came within hang_after.
std::string WhyNoEvidence(const GenerationState& generation, const HealthConfig& config);

}  // namespace proctor
