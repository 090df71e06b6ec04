#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/config/config.h"
#include "core/process/spawn_spec.h"

namespace proctor {

/// Interpreters to try for a suite, in order: the configured one alone, else the
/// virtual environment's, .venv, each python3 on PATH, /usr/bin/python3. Those that
/// by the look of their folders cannot import pytest come last: starting one only to
/// hear that costs up to a fifth of a second.
std::vector<std::string> InterpreterCandidates(const Config& config, const SuiteConfig& suite,
                                               const Environment& environment);

/// False where it is certain that the interpreter has no pytest: no such package in
/// its own or its user's folders, and nothing there that adds other folders.
bool MayHavePytest(const std::filesystem::path& interpreter, const Environment& environment);

}  // namespace proctor
