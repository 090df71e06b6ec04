#include "app/requests.h"

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

std::filesystem::path SourcePath(const State& state, const std::string& path) {
  if (!state.batch.rootdir.empty()) return std::filesystem::path(state.batch.rootdir) / path;
  if (state.config) return state.config->directory / path;
  return path;
}

}  // namespace proctor
