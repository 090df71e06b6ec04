#include "core/history/event_words.h"

namespace proctor {

// Switches, so that a value without a word does not compile. What lies past the
// last value has the empty word; FromWord() stops there.

std::string_view ToWord(StopMode mode) {
  switch (mode) {
    case StopMode::AfterTest:
      return "after_test";
    case StopMode::Now:
      return "now";
  }
  return {};
}

std::string_view ToWord(Fixtures fixtures) {
  switch (fixtures) {
    case Fixtures::Kept:
      return "kept";
    case Fixtures::Fresh:
      return "fresh";
  }
  return {};
}

std::string_view ToWord(Release how) {
  switch (how) {
    case Release::Continue:
      return "continue";
    case Release::Rerun:
      return "rerun";
    case Release::Restart:
      return "restart";
    case Release::Aside:
      return "aside";
  }
  return {};
}

std::string_view ToWord(PhaseOutcome outcome) {
  switch (outcome) {
    case PhaseOutcome::Passed:
      return "passed";
    case PhaseOutcome::Failed:
      return "failed";
    case PhaseOutcome::Skipped:
      return "skipped";
  }
  return {};
}

std::string_view ToWord(TimerKind kind) {
  switch (kind) {
    case TimerKind::TestLimit:
      return "test_limit";
    case TimerKind::WorkerTurn:
      return "worker_turn";
    case TimerKind::StacksGrace:
      return "stacks_grace";
    case TimerKind::WorkerStop:
      return "worker_stop";
    case TimerKind::Collect:
      return "collect";
    case TimerKind::Ready:
      return "ready";
    case TimerKind::NextProbe:
      return "next_probe";
    case TimerKind::ProbeLimit:
      return "probe_limit";
    case TimerKind::Evidence:
      return "evidence";
    case TimerKind::StopRung:
      return "stop_rung";
  }
  return {};
}

std::string_view ToWord(OutputSource source) {
  switch (source) {
    case OutputSource::Worker:
      return "worker";
    case OutputSource::Subject:
      return "subject";
  }
  return {};
}

std::string_view ToWord(SubjectKind kind) {
  switch (kind) {
    case SubjectKind::Process:
      return "process";
    case SubjectKind::Kernel:
      return "kernel";
  }
  return {};
}

std::string_view ToWord(Display display) {
  switch (display) {
    case Display::Auto:
      return "auto";
    case Display::Virtual:
      return "virtual";
    case Display::Inherit:
      return "inherit";
  }
  return {};
}

std::string_view ToWord(Compare compare) {
  return ToString(compare);
}

std::string_view ToWord(Runner runner) {
  return ToString(runner);
}

}  // namespace proctor
