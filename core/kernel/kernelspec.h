#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/result.h"

namespace proctor {

enum class InterruptMode {
  Signal,   ///< SIGINT to the kernel's process group
  Message,  ///< interrupt_request on control
};

/// A kernel that is installed: its kernel.json.
struct Kernelspec {
  std::string name;  ///< in lower case: "python3"
  std::string display_name, language;
  std::vector<std::string> argv;  ///< with {connection_file}, {resource_dir}, {prefix}
  std::vector<std::pair<std::string, std::string>> env;
  InterruptMode interrupt_mode = InterruptMode::Signal;
  std::filesystem::path folder;  ///< that holds kernel.json
};

using KernelEnvironment = std::vector<std::pair<std::string, std::string>>;

/// Where kernels are looked for, in order: JUPYTER_PATH, the user's data directory
/// (JUPYTER_DATA_DIR, else XDG_DATA_HOME/jupyter, else ~/.local/share/jupyter), the prefix of
/// VIRTUAL_ENV or CONDA_PREFIX, /usr/local/share/jupyter, /usr/share/jupyter; of each the folder
/// "kernels". Taken from `environment`, not from Proctor's own.
std::vector<std::filesystem::path> KernelFolders(const KernelEnvironment& environment);

/// All that are installed; of several of one name the first counts. A kernel.json that cannot
/// be read is left out.
std::vector<Kernelspec> InstalledKernels(const KernelEnvironment& environment);

/// By name, in any case. Errors: a sentence: there is none of that name, with those that there
/// are and the nearest; or what is wrong with its kernel.json.
Result<Kernelspec, std::string> FindKernelspec(const KernelEnvironment& environment,
                                               std::string_view name);

/// The command line for a connection file.
std::vector<std::string> KernelArguments(const Kernelspec& spec,
                                         const std::filesystem::path& connection_file);

}  // namespace proctor
