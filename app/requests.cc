#include "app/requests.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/config/config.h"
#include "core/model/state.h"

namespace proctor {

bool IsRunning(const State& state) {
  return state.batch.phase == BatchPhase::Starting || state.batch.phase == BatchPhase::Running;
}

std::vector<std::string> BadTests(const State& state) {
  std::vector<std::string> bad;
  for (const FileState& file : state.files) {
    if (file.counts.Bad() == 0) continue;
    for (const TestState& test : file.tests) {
      if (test.progress == TestProgress::Done && IsBad(test.outcome)) bad.push_back(test.id);
    }
  }
  return bad;
}

Selection WholeFile(const State& state, const FileState& file) {
  return {.paths = {SourcePath(state, file.path).string()}};
}

StopRequested NextStop(const State& state) {
  return {.mode = state.batch.stop ? StopMode::Now : StopMode::AfterTest};
}

bool IsStanding(const State& state, const LaneState& lane) {
  if (state.batch.phase != BatchPhase::Running || state.batch.pace != Pace::Paused) return false;
  return lane.phase == LanePhase::Running && !lane.aside && lane.sent.empty() && lane.steps == 0;
}

std::string WhyNoRerun(const State& state, TestRef ref) {
  if (state.batch.phase != BatchPhase::Running) return "no batch is running";
  const FileState& file = state.files[ref.file];
  if (file.suite != state.batch.suite) return "its suite does not run now";
  const auto holder = HolderOf(state, ref);
  if (holder && state.lanes[*holder].aside) return "it is kept aside; let it go first";
  if (holder || file.tests[ref.test].progress == TestProgress::Done) return {};
  return "it has to have run in this batch first";
}

bool HasRest(const FileState& file) {
  return file.counts.Total() < static_cast<int>(file.tests.size());
}

std::string WhyNoJump(const State& state, const FileState& file) {
  if (state.batch.phase != BatchPhase::Running) return "no batch is running";
  if (file.suite != state.batch.suite) return "its suite does not run now";
  if (!HasRest(file)) return "nothing is left of it";
  const bool runs = std::any_of(state.lanes.begin(), state.lanes.end(), [&](const auto& lane) {
    return !lane.sent.empty() && state.files[lane.sent.front()].path == file.path;
  });
  return runs ? "it runs already" : "";
}

std::optional<size_t> HolderOf(const State& state, TestRef test) {
  for (size_t i = 0; i < state.lanes.size(); ++i) {
    if (state.lanes[i].held == test) return i;
  }
  return std::nullopt;
}

Event NextPause(const State& state) {
  if (state.batch.pace == Pace::Paused) return ResumeRequested{};
  return PauseRequested{};
}

std::vector<std::string> AttachCommands(const GenerationState& g) {
  std::vector<std::string> commands;
  if (g.pid == 0 || g.phase == SubjectPhase::Ended) return commands;
  commands.push_back(fmt::format("gdb -p {}", g.pid));
  if (!g.url.empty()) commands.push_back(g.url);
  // Only a program with the hooks counts frames.
  if (g.frame) commands.push_back(fmt::format("python -m proctor items --pid {}", g.pid));
  return commands;
}

std::filesystem::path SourcePath(const State& state, const std::string& path) {
  if (!state.batch.rootdir.empty()) return std::filesystem::path(state.batch.rootdir) / path;
  if (state.config) return state.config->directory / path;
  return path;
}

}  // namespace proctor
