#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "core/model/event.h"

namespace proctor {

struct State;
struct FileState;

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

/// Absolute: what a path in the state (relative to pytest's rootdir) names.
std::filesystem::path SourcePath(const State& state, const std::string& path);

}  // namespace proctor
