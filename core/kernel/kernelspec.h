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
  std::vector<std::pair<std::string, std::string>> env;  ///< "$NAME" in its values is replaced
  InterruptMode interrupt_mode = InterruptMode::Signal;
  std::filesystem::path folder;           ///< that holds kernel.json
  std::filesystem::path prefix = "/usr";  ///< what {prefix} stands for
};

using KernelEnvironment = std::vector<std::pair<std::string, std::string>>;

/// Where kernels are looked for, in order: JUPYTER_PATH, the user's data directory
/// (JUPYTER_DATA_DIR, else XDG_DATA_HOME/jupyter, else ~/.local/share/jupyter), the prefix of
/// VIRTUAL_ENV or CONDA_PREFIX, /usr/local/share/jupyter, /usr/share/jupyter; of each the folder
/// "kernels". Taken from `environment`, not from Proctor's own.
std::vector<std::filesystem::path> KernelFolders(const KernelEnvironment& environment);

/// What a kernel.json says; `folder` is where it lies. Errors: a sentence: it is no JSON object,
/// has no argv or one without {connection_file}, a member of a wrong type, an unknown
/// interrupt_mode.
Result<Kernelspec, std::string> ParseKernelspec(std::string_view text,
                                                const std::filesystem::path& folder);

/// All that are installed, by name; of several of one name the first counts. A kernel.json that
/// cannot be read is left out.
std::vector<Kernelspec> InstalledKernels(const KernelEnvironment& environment);

/// By name, in any case; its `env` and `prefix` as `environment` has them. Errors: a sentence:
/// there is none of that name, with those that there are and the nearest; or what is wrong with its
/// kernel.json.
Result<Kernelspec, std::string> FindKernelspec(const KernelEnvironment& environment,
                                               std::string_view name);

/// What FindKernelspec() answers to a name that none has: what there is, the nearest, and, where
/// it is Python's, how to install it.
std::string NoSuchKernel(std::string_view name, const std::vector<std::string_view>& installed,
                         const std::vector<std::filesystem::path>& folders);

/// The command line for a connection file. Words in braces that are none of Jupyter's stay.
std::vector<std::string> KernelArguments(const Kernelspec& spec,
                                         const std::filesystem::path& connection_file);

}  // namespace proctor
