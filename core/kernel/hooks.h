#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "core/kernel/session.h"

namespace proctor {

/// A session's hooks, by phase and priority. Thread-safe; they are called with no lock held.
class HookList {
 public:
  HookId Add(HookPhase phase, int priority, KernelSession::Hook hook);
  void Remove(HookId id);
  bool Has(HookPhase phase) const;
  /// Those of the call's phase, one after the other. What they threw, a sentence each.
  std::vector<std::string> Call(HookCall& call) const;

 private:
  struct Entry {
    HookId id = 0;
    HookPhase phase = HookPhase::Preparation;
    int priority = 0;
    KernelSession::Hook hook;
  };
  mutable std::mutex mutex_;
  std::vector<Entry> hooks_;  ///< the highest priority first, equal ones as they came
  HookId last_ = 0;
};

HookOutcome OutcomeOf(const ExecuteResult& result);

/// What a function of the caller's threw, as a sentence; empty: nothing.
template <typename Function>
std::string Thrown(const char* what, Function&& function) {
  try {
    function();
    return {};
  } catch (const std::exception& error) {
    return std::string(what) + " failed: " + error.what();
  } catch (...) {
    return std::string(what) + " failed: it threw something that is no std::exception";
  }
}

}  // namespace proctor
