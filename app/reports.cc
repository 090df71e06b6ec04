#include "app/reports.h"

#include <fmt/format.h>

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <utility>

#include "core/report/json_report.h"
#include "core/report/junit_report.h"

namespace proctor {
namespace {

namespace fs = std::filesystem;

}  // namespace

bool IsOver(const State& state) {
  return state.batch.phase == BatchPhase::Ended && state.finals == state.done.size();
}

std::optional<Trouble> TroubleWithReports(const RunCommand& command) {
  const std::pair<const char*, const fs::path&> wanted[] = {{"--json", command.json},
                                                            {"--junit", command.junit}};
  for (const auto& [option, file] : wanted) {
    if (file.empty()) continue;
    const fs::path parent = fs::absolute(file).parent_path();
    const bool there = fs::exists(file);
    if (fs::is_directory(file)) {
      return Trouble{ExitCode::Usage,
                     fmt::format("{} {}: this is a directory", option, file.string())};
    }
    if (access(there ? file.c_str() : parent.c_str(), W_OK) == 0) continue;
    return Trouble{ExitCode::Usage,
                   fmt::format("{} {}: it cannot be written: {}; name a file in a directory that "
                               "exists and is yours",
                               option, file.string(), std::strerror(errno))};
  }
  return std::nullopt;
}

bool WriteReports(const RunCommand& command, const State& state) {
  bool written = true;
  const auto check = [&](const Result<void, std::string>& result) {
    if (result) return;
    written = false;
    std::fputs(("proctor: " + result.error() + "\n").c_str(), stderr);
  };
  if (!command.json.empty()) check(WriteJson(state, command.json));
  if (!command.junit.empty()) check(WriteJUnit(state, command.junit));
  return written;
}

}  // namespace proctor
