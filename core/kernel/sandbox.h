#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/base/result.h"
#include "core/kernel/kernelspec.h"

namespace proctor {

/// What a kernel is kept from.
struct NoSandbox {};
/// bubblewrap: no network, a read-only file system outside the kernel's own folders, process
/// ids of its own.
struct BwrapSandbox {};
/// The program `srt`, with an allow-list of domains.
struct SrtSandbox {
  std::filesystem::path settings;  ///< its JSON file
};
using Sandbox = std::variant<NoSandbox, BwrapSandbox, SrtSandbox>;

/// "none", "bwrap", "srt:/path/of/settings.json"; relative paths are taken from `directory`.
/// Errors: a sentence with the words that there are.
Result<Sandbox, std::string> ParseSandbox(std::string_view word,
                                          const std::filesystem::path& directory);
std::string ToString(const Sandbox& sandbox);

/// Why a kernel could not be started in it here: bwrap or srt is not on PATH, the settings
/// cannot be read, are no JSON, have an unknown key or a wrong type (srt itself would then
/// silently deny everything), do not allow all Unix sockets, or do not list a folder above
/// `socket_folder` in filesystem.allowWrite. Errors: a sentence that says what to do. Nothing
/// is started; bwrap is tried once with /bin/true, since a system may forbid user namespaces.
Result<void, std::string> CheckSandbox(const Sandbox& sandbox, const KernelEnvironment& environment,
                                       const std::filesystem::path& socket_folder);

/// What a sandboxed kernel may write to, besides a /tmp of its own.
struct SandboxFolders {
  std::filesystem::path sockets;    ///< connection file and ipc sockets
  std::filesystem::path workspace;  ///< empty: none
  std::filesystem::path cwd;        ///< where it starts; readable only, unless within workspace
};

/// The command line that runs `argv` inside. Kernels in a sandbox listen on ipc and are
/// interrupted by message: SIGINT would end the sandbox.
std::vector<std::string> Wrap(const Sandbox& sandbox, std::vector<std::string> argv,
                              const SandboxFolders& folders);

}  // namespace proctor
