#include "core/subject/assess.h"

#include <fmt/format.h>

#include <algorithm>

namespace proctor {
namespace {

// An answer that shows this many frames more than the first one after a test's end
// shows a frame that began after that end: the first of them may have been under way.
constexpr int64_t kFramesOfEvidence = 2;

double Seconds(std::chrono::nanoseconds d) {
  return d.count() / 1e9;
}

bool IsAnswer(const ProbeReading& reading) {
  return reading.status / 100 == 2;
}

void TakeFrame(GenerationState& g, const ProbeReading& reading, Time now) {
  if (!reading.frame) return;
  if (g.frame != reading.frame) {
    g.frame = reading.frame;
    g.frame_changed = now;
  }
}

void TakeEvidence(GenerationState& g, const ProbeAnswered& answer) {
  const ProbeReading& reading = answer.reading;
  if (answer.sent < g.test_ended || !IsGoodAnswer(reading)) return;
  const bool untouched = !g.last_test;  // no test can have hurt it: an answer is enough
  if (!reading.frame || untouched) {
    g.evident = true;
  } else if (!g.first_frame_after) {
    g.first_frame_after = reading.frame;
  } else if (*reading.frame >= *g.first_frame_after + kFramesOfEvidence) {
    g.evident = true;
  }
}

Assessment AssessMiss(const GenerationState& g, const HealthConfig& config,
                      const ProbeReading& reading, Time now) {
  // A process that ends closes its sockets first, and a busy machine may take long for the
  // rest: who laid that to a hang would lay a crash to the wrong thing.
  const bool may_be_ending = reading.refused && now - g.answered < config.hang_after;
  if (g.misses < config.misses || may_be_ending) return {g.health, g.reason, g.detail};
  const std::string why = WhyNoGoodAnswer(reading);
  if (reading.status != 0) {
    return {Health::Degraded, fmt::format("its health answers with {}", why), ""};
  }
  return {Health::Hung,
          fmt::format("it lives but does not answer ({}; {} times in a row)", why, g.misses),
          g.detail};
}

/// A free port is a new one each time: a program that is not told it does not listen there.
std::string HintOfPort(const SubjectConfig& subject) {
  constexpr std::string_view kPort = "{port}";
  const auto names = [&](const std::string& text) { return text.find(kPort) != text.npos; };
  const bool told = subject.port != 0 ||
                    std::any_of(subject.command.begin(), subject.command.end(), names) ||
                    std::any_of(subject.env.begin(), subject.env.end(),
                                [&](const auto& entry) { return names(entry.second); });
  if (told) return {};
  return " It is never told {port}: neither 'command' nor 'env' of [subject] has it, and port = 0 "
         "makes it another one each time.";
}

}  // namespace

bool IsGoodAnswer(const ProbeReading& reading) {
  return IsAnswer(reading) && reading.healthy.value_or(true);
}

std::string WhyNoGoodAnswer(const ProbeReading& reading) {
  if (reading.status == 0) return reading.error.empty() ? "no answer" : reading.error;
  if (!IsAnswer(reading)) return fmt::format("HTTP {}", reading.status);
  return reading.reason.empty() ? "it says that it is not healthy" : reading.reason;
}

void ForgetEvidence(GenerationState& g, Time now) {
  g.test_ended = now;
  g.evident = false;
  g.first_frame_after.reset();
}

Assessment Assess(GenerationState& g, const HealthConfig& config, const ProbeAnswered& answer,
                  Time now) {
  const ProbeReading& reading = answer.reading;
  if (!IsAnswer(reading)) {
    // While a test waits, probes come thick and fast; three of these are still one moment.
    if (g.misses == 0 || now - g.missed >= config.every) {
      ++g.misses;
      g.missed = now;
    }
    return AssessMiss(g, config, reading, now);
  }
  g.misses = 0;
  g.answered = now;
  TakeFrame(g, reading, now);
  TakeEvidence(g, answer);
  const auto still = now - g.frame_changed;
  if (reading.frame && still > config.hang_after) {
    return {Health::Hung,
            fmt::format("its frame counter has stood at {} for {:.1f} s", *g.frame, Seconds(still)),
            reading.detail};
  }
  if (reading.healthy.value_or(true)) return {Health::Healthy, "", ""};
  const Health said = reading.state == "hung" ? Health::Hung : Health::Degraded;
  return {said, WhyNoGoodAnswer(reading), reading.detail};
}

std::string WhyNeverReady(const GenerationState& g, const SubjectConfig& config) {
  if (config.kind == SubjectKind::Kernel) {
    return fmt::format(
        "the kernel '{}' did not become ready within {:g} s: {}. Its log may say why; is "
        "[subject.ready] timeout long enough?",
        config.kernel, config.ready.timeout.count() / 1e3,
        g.reason.empty() ? "it has not answered" : g.reason);
  }
  std::string url = config.ready.url.empty() ? config.health.url : config.ready.url;
  constexpr std::string_view kPort = "{port}";
  if (const size_t place = url.find(kPort); place != url.npos) {
    url.replace(place, kPort.size(), std::to_string(g.port));
  }
  return fmt::format(
             "the subject '{}' did not become ready within {:g} s; {} last said: {}. Is the "
             "address right, and [subject.ready] timeout long enough?",
             config.name, config.ready.timeout.count() / 1e3, url,
             g.reason.empty() ? "nothing" : g.reason) +
         HintOfPort(config);
}

std::string WhyNoEvidence(const GenerationState& g, const HealthConfig& config) {
  const double waited = Seconds(config.hang_after);
  if (!g.first_frame_after) {
    return fmt::format("it lives but has not answered for {:.1f} s", waited);
  }
  return fmt::format("it answers, but its frame counter has stood at {} for {:.1f} s",
                     g.frame.value_or(0), waited);
}

}  // namespace proctor
