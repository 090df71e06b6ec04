#pragma once

#include <optional>
#include <string>

#include "core/model/state.h"

namespace proctor {

/// What the panels share: which file or test is picked, and what the dashboard last
/// had to say to its user. By name and not by place, so that it outlives a batch.
struct Desk {
  std::string file;     ///< path; empty: nothing is picked
  std::string test;     ///< id; empty: the file as a whole
  bool reveal = false;  ///< the tree is to scroll to it
  std::string remark;   ///< for a passing message; empty: none
  TestRef hint;         ///< where it was found last
  size_t lane = 0;      ///< whose subject is shown and stepped; see ShownLane()
};

/// What is picked, in this state; null where the state does not have it.
struct Picked {
  const FileState* file = nullptr;
  const TestState* test = nullptr;
};
Picked FindPicked(const State& state, Desk& desk);

/// The lane that the desk is about, of those that there are.
size_t ShownLane(const State& state, const Desk& desk);

void PickFile(Desk& desk, const State& state, uint32_t file);
void PickTest(Desk& desk, const State& state, TestRef test);
/// By its id; false when the state has no such test.
bool PickTest(Desk& desk, const State& state, const std::string& id);

/// Shows the picked test's location in the editor; what goes wrong becomes a remark.
void OpenPicked(const State& state, Desk& desk);

}  // namespace proctor
