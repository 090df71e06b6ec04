#include "app/kernel_check.h"

#include <fmt/format.h>

#include <filesystem>

#include "core/kernel/kernelspec.h"
#include "core/kernel/sandbox.h"
#include "core/process/environment.h"

namespace proctor {
namespace {

/// What the kernel will see: Proctor's own environment, and [subject] env on top of it.
KernelEnvironment EnvironmentOf(const SubjectConfig& subject) {
  KernelEnvironment environment = OwnEnvironment();
  for (const auto& given : subject.env) Set(environment, given.first, given.second);
  return environment;
}

}  // namespace

std::optional<std::string> WhyNoKernel(const Config& config) {
  if (!config.subject || config.subject->kind != SubjectKind::Kernel) return std::nullopt;
  const auto tell = [&](const std::string& what) {
    return (config.file.empty() ? "" : config.file.string() + ": ") + what;
  };
  const KernelEnvironment environment = EnvironmentOf(*config.subject);
  const auto spec = FindKernelspec(environment, config.subject->kernel);
  if (!spec) return tell(spec.error());
  const auto sandbox = ParseSandbox(config.subject->sandbox, config.directory);
  if (!sandbox) return tell(sandbox.error());
  const auto checked = CheckSandbox(*sandbox, environment, std::filesystem::temp_directory_path());
  if (!checked) return tell(checked.error());
  return std::nullopt;
}

}  // namespace proctor
