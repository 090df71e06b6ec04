// What an answer's body says, and the assessment of answers over time.

#include <doctest/doctest.h>

#include "core/subject/assess.h"
#include "core/subject/prober.h"

using namespace proctor;

TEST_CASE("a health answer is read through the pointers") {
  const ProbeReading r = ReadAnswer(200, R"({"ok": {"yes": false}, "why": "pool", "n": 7})",
                                    {.healthy = "/ok/yes", .reason = "/why", .frame = "/n"});
  CHECK(r.healthy == false);
  CHECK(r.reason == "pool");
  CHECK(r.frame == 7);
}

TEST_CASE("a 2xx answer without the member counts as healthy, whatever its body is") {
  for (const char* body : {"", "ok", "[1]", "{}", "\xff\xfe", R"({"healthy": "maybe"})"}) {
    CAPTURE(body);
    CHECK(IsGoodAnswer(ReadAnswer(200, body, {})));
  }
}

TEST_CASE("no answer and no 2xx is never healthy") {
  CHECK_FALSE(IsGoodAnswer(ReadAnswer(404, "{}", {})));
  CHECK_FALSE(IsGoodAnswer(ReadAnswer(503, R"({"healthy": true})", {})));
  CHECK_FALSE(IsGoodAnswer(ProbeReading{}));
}

TEST_CASE("a recorded assert is told as a person reads it") {
  const char* const body = R"json({"healthy": false, "degraded_reason": "an assert", "last_assert":
      {"kind": "assert", "message": "Missing EndTable()", "expression": "a == b",
       "file": "panel.cc", "line": 12, "window": "Main", "backtrace": ["Draw() at x", "main at y"]}})json";
  const ProbeReading r = ReadAnswer(200, body, {});
  CHECK(r.detail.find("Missing EndTable()") != std::string::npos);
  CHECK(r.detail.find("panel.cc:12") != std::string::npos);
  CHECK(r.detail.find("  main at y") != std::string::npos);
}

TEST_CASE("a nonsensical pointer finds nothing and breaks nothing") {
  const ProbeReading r = ReadAnswer(200, R"({"a": [1, 2]})",
                                    {.healthy = "healthy", .reason = "/a/9", .frame = "/a/x"});
  CHECK_FALSE(r.healthy);
  CHECK_FALSE(r.frame);
}

TEST_CASE("a frame counter that stands still for longer than hang_after is a hang") {
  GenerationState g;
  g.phase = SubjectPhase::Up;
  g.health = Health::Healthy;
  const HealthConfig config;
  const auto answer = [&](int64_t frame, int ms) {
    ProbeReading r;
    r.status = 200;
    r.frame = frame;
    const Time now{Millis(ms)};
    return Assess(g, config, {GenerationId{1}, now, r}, now).health;
  };
  CHECK(answer(1, 0) == Health::Healthy);
  CHECK(answer(1, 2000) == Health::Healthy);
  CHECK(answer(1, 2001) == Health::Hung);
  CHECK(answer(2, 2100) == Health::Healthy);
}

TEST_CASE("the hooks' own word for a hang is taken over") {
  GenerationState g;
  const ProbeReading r = ReadAnswer(200, R"({"healthy": false, "state": "hung", "frame": 3})", {});
  CHECK(Assess(g, {}, {GenerationId{1}, {}, r}, {}).health == Health::Hung);
}
