#include "core/config/unsupported.h"

#include <fmt/format.h>

#include <string_view>

namespace proctor {
namespace {

/// Generations that live beside each other need a port and a directory each.
std::optional<std::string> WhyOneAtATime(const Config& config) {
  const bool lanes = config.batch.lanes > 1;
  if (!lanes && config.subject->restart.spares == 0) return std::nullopt;
  const std::string wish = lanes ? fmt::format("lanes = {}", config.batch.lanes)
                                 : fmt::format("spares = {}", config.subject->restart.spares);
  const auto refuse = [&](std::string_view what, std::string_view mend) {
    return fmt::format("{}: {} needs several subjects at a time, and {}; {}",
                       config.file.empty() ? "proctor.toml" : config.file.string(), wish, what,
                       mend);
  };
  if (config.subject->port != 0) {
    return refuse(fmt::format("[subject] port = {} is one for all", config.subject->port),
                  "set port = 0, and let the command take {port}");
  }
  if (config.subject->workspace) {
    return refuse(fmt::format("[subject] workspace = \"{}\" is one for all",
                              config.subject->workspace->string()),
                  "set workspace = \"fresh\", and let the command take {workspace}");
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> WhyUnsupported(const Config& config) {
  const auto not_yet = [&](std::string what) {
    return std::optional(fmt::format("{}: {} is not supported by this version of Proctor",
                                     config.file.empty() ? "proctor.toml" : config.file.string(),
                                     what));
  };
  for (const SuiteConfig& suite : config.suites) {
    if (suite.runner == Runner::Pytest) continue;
    if (suite.runner == Runner::Notebook) {
      if (config.subject && config.subject->kind == SubjectKind::Kernel) continue;
      return fmt::format(
          "{}: suite '{}' holds notebooks, which run in a kernel, and [subject] is a process; give "
          "the notebooks a proctor.toml of their own, with kind = \"kernel\" or no [subject]",
          config.file.empty() ? "proctor.toml" : config.file.string(), suite.name);
    }
    return not_yet(fmt::format("runner = \"{}\" (suite '{}')", ToString(suite.runner), suite.name));
  }
  if (!config.subject) return std::nullopt;
  return WhyOneAtATime(config);
}

}  // namespace proctor
