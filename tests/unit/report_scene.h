#pragma once

#include <string>

#include "core/model/state.h"

namespace proctor {

/// What one test of a scene came to.
struct TestSketch {
  std::string id;
  Outcome outcome = Outcome::Passed;
  double duration_ms = 0;
  uint64_t generation = 0;
  std::optional<Blame> blame;
  TestDetails details;
};

Time At(double ms);

/// A state in which a batch runs since 1000 ms, with one suite called "live".
State RunningBatch();

/// Adds a file with as many planned tests, and returns its place.
uint32_t AddFile(State& state, const std::string& path, size_t tests);

void SetNote(State& state, uint32_t file, NoteKind kind, uint64_t generation,
             const std::string& reason);

/// The next planned test of the file is done, and final.
void FinishTest(State& state, uint32_t file, const TestSketch& sketch);

/// A generation that was healthy from 1250 ms on.
GenerationState Generation(uint64_t id, int pid);

/// The batch has ended at 4200 ms.
void EndBatch(State& state, int exit_code);

/// A whole batch with each outcome: a crash, a respawn, a file without a subject.
State WholeBatch();

}  // namespace proctor
