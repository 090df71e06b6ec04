// What a kernel's process is started by: its connection file, its command line, its sandbox.

#include <fmt/format.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include "core/kernel/host.h"
#include "core/kernel/sandbox.h"

namespace proctor {

namespace fs = std::filesystem;

namespace {

/// What ipykernel does for a person at a terminal: each cell goes into the user's history database,
/// and after each it sleeps for output that a client might miss which does not wait for `idle`.
void LeaveOutWhatPeopleNeed(std::vector<std::string>& argv) {
  const bool is_ipykernel = std::any_of(argv.begin(), argv.end(), [](const std::string& word) {
    return word == "ipykernel_launcher" || word == "ipykernel";
  });
  if (!is_ipykernel) return;
  argv.insert(argv.end(),
              {"--HistoryManager.hist_file=:memory:", "--IPythonKernel._execute_sleep=0"});
}

}  // namespace

Result<KernelLaunch, std::string> PrepareKernel(const std::string& kernel,
                                                const std::string& sandbox,
                                                const fs::path& sandbox_base,
                                                const fs::path& folder, const fs::path& workspace,
                                                const fs::path& cwd,
                                                const KernelEnvironment& environment) {
  auto spec = FindKernelspec(environment, kernel);
  if (!spec) return Failure{spec.error()};
  const auto box = ParseSandbox(sandbox, sandbox_base);
  if (!box) return Failure{box.error()};
  std::error_code error;
  fs::create_directories(folder, error);
  if (!error) fs::permissions(folder, fs::perms::owner_all, error);
  if (error) {
    return Failure{fmt::format("the folder of the kernel's connection, {}, cannot be made: {}",
                               folder.string(), error.message())};
  }
  if (auto checked = CheckSandbox(*box, environment, folder); !checked) {
    return Failure{checked.error()};
  }
  const bool boxed = !std::holds_alternative<NoSandbox>(*box);
  auto connection =
      NewConnection(boxed ? KernelTransport::Ipc : KernelTransport::Tcp, folder, spec->name);
  if (!connection) return Failure{connection.error()};
  KernelLaunch launch{.spec = std::move(*spec), .connection = std::move(*connection)};
  launch.connection_file = folder / "kernel.json";
  if (auto written = WriteConnectionFile(launch.connection_file, launch.connection); !written) {
    return Failure{written.error()};
  }
  if (boxed) launch.spec.interrupt_mode = InterruptMode::Message;
  std::vector<std::string> argv = KernelArguments(launch.spec, launch.connection_file);
  LeaveOutWhatPeopleNeed(argv);
  launch.argv =
      Wrap(*box, std::move(argv), {.sockets = folder, .workspace = workspace, .cwd = cwd});
  launch.env = launch.spec.env;
  launch.unset = {"JPY_PARENT_PID"};
  return launch;
}

}  // namespace proctor
