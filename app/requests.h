#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/model/event.h"

namespace proctor {

struct State;
struct FileState;
struct GenerationState;
struct LaneState;
struct TestRef;

/// What buttons, keys and routes ask for, in one place, so that they ask for the
/// same. Pure functions of the state.

/// The way to the engine: callable from any thread, returns at once.
using Post = std::function<void(Event)>;

bool IsRunning(const State& state);

/// The ids of all tests whose outcome is bad.
std::vector<std::string> BadTests(const State& state);

/// A batch of one whole file of the state.
Selection WholeFile(const State& state, const FileState& file);

/// A stop: the first one lets the running test end, a second one does not wait.
StopRequested NextStop(const State& state);

/// Whether the lane of a paused batch has come to rest: the next test waits for a step.
bool IsStanding(const State& state, const LaneState& lane);

/// Why that test cannot be run again within the batch that runs; empty: it can.
std::string WhyNoRerun(const State& state, TestRef test);

/// Whether a test of the file is still to come or runs.
bool HasRest(const FileState& file);
/// Why that file cannot come next; empty: it can.
std::string WhyNoJump(const State& state, const FileState& file);

/// The lane that holds that test after it failed; none: no lane does.
std::optional<size_t> HolderOf(const State& state, TestRef test);

/// Pause, or where the batch is paused, on.
Event NextPause(const State& state);

/// How a person gets at the process: a debugger, its address, its items. Never its token;
/// the last one finds that in the discovery file.
std::vector<std::string> AttachCommands(const GenerationState& generation);

/// Absolute: what a path in the state (relative to pytest's rootdir) names.
std::filesystem::path SourcePath(const State& state, const std::string& path);

}  // namespace proctor
