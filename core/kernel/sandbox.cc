#include "core/kernel/sandbox.h"

#include <fmt/format.h>
#include <unistd.h>
#include <array>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <optional>

#include "core/base/overloaded.h"
#include "core/config/suggest.h"
#include "core/kernel/small_file.h"
#include "core/kernel/srt_settings.h"
#include "core/kernel/trial_linux.h"
#include "core/process/environment.h"

namespace proctor {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kWords = R"("none", "bwrap" and { srt = "settings.json" })";
constexpr std::string_view kSrtPrefix = "srt:";
constexpr std::chrono::seconds kTrialLimit{10};  // bwrap needs some 4 ms

/// Without one of unshare-pid, unshare-user and cap-drop, root inside can get the host's network
/// back. The tmpfs comes before whatever is bound, since that may lie under /tmp.
/// What root's own bits would let it write to without any capability: the kernel's switches.
constexpr std::array kSwitches = {"/proc/sys", "/proc/sysrq-trigger", "/proc/irq", "/proc/bus"};

std::vector<std::string> BwrapHead(const std::string& program) {
  std::vector<std::string> head = {program,
                                   "--unshare-net",
                                   "--unshare-pid",
                                   "--unshare-uts",
                                   "--unshare-ipc",
                                   "--unshare-user",
                                   "--cap-drop",
                                   "ALL",
                                   "--die-with-parent",
                                   "--ro-bind",
                                   "/",
                                   "/",
                                   "--dev",
                                   "/dev",
                                   "--proc",
                                   "/proc",
                                   "--tmpfs",
                                   "/tmp"};
  for (const char* switches : kSwitches) {
    head.insert(head.end(), {"--ro-bind-try", switches, switches});
  }
  return head;
}

/// Whether `path` is `folder` or lies in it; both as they are after links.
bool IsWithin(const fs::path& path, const fs::path& folder) {
  std::error_code error;
  const fs::path inner = fs::weakly_canonical(path, error);
  const fs::path outer = fs::weakly_canonical(folder, error);
  const fs::path way = inner.lexically_relative(outer);
  return !way.empty() && *way.begin() != "..";
}

/// Inside there are a /tmp and a /dev of its own, where nothing of ours is seen unless it is bound.
bool IsHidden(const fs::path& folder) {
  const auto below = [&](std::string_view root) {
    const std::string path = folder.lexically_normal().string();
    return path.starts_with(root) && path.size() > root.size();
  };
  return below("/tmp/") || below("/dev/");
}

/// bwrap follows no links where it mounts. Links are seen inside, but for those that are hidden.
void Bind(std::vector<std::string>& argv, const char* how, const fs::path& folder) {
  std::error_code error;
  const fs::path canonical = fs::weakly_canonical(folder, error);
  const std::string real = error ? folder.string() : canonical.string();
  argv.insert(argv.end(), {how, real, real});
  if (folder != real && IsHidden(folder)) argv.insert(argv.end(), {how, real, folder.string()});
}

std::vector<std::string> WrapInBwrap(std::vector<std::string> argv, const SandboxFolders& folders) {
  std::vector<std::string> wrapped = BwrapHead("bwrap");
  // What is bound later lies over what was bound before.
  std::error_code error;
  const bool hidden = IsHidden(folders.cwd) || IsHidden(fs::weakly_canonical(folders.cwd, error));
  if (!folders.cwd.empty() && hidden) Bind(wrapped, "--ro-bind", folders.cwd);
  if (!folders.workspace.empty()) Bind(wrapped, "--bind", folders.workspace);
  Bind(wrapped, "--bind", folders.sockets);
  if (!folders.cwd.empty()) wrapped.insert(wrapped.end(), {"--chdir", folders.cwd.string()});
  // A kernel looks whether that process lives, and there is none of that number inside.
  wrapped.insert(wrapped.end(), {"--unsetenv", "JPY_PARENT_PID", "--"});
  std::move(argv.begin(), argv.end(), std::back_inserter(wrapped));
  return wrapped;
}

/// srt sets TMPDIR to a folder that need not exist; the sockets' one does, and may be written to.
std::vector<std::string> WrapInSrt(const SrtSandbox& sandbox, std::vector<std::string> argv,
                                   const SandboxFolders& folders) {
  std::vector<std::string> wrapped = {"srt",
                                      "--settings",
                                      sandbox.settings.string(),
                                      "--",
                                      "/usr/bin/env",
                                      "-u",
                                      "JPY_PARENT_PID",
                                      fmt::format("TMPDIR={}", folders.sockets.string())};
  std::move(argv.begin(), argv.end(), std::back_inserter(wrapped));
  return wrapped;
}

/// Where a program lies: by its own path, else on PATH. Empty: nowhere.
std::string Locate(const KernelEnvironment& environment, const std::string& program) {
  if (program.find('/') == std::string::npos) return FindOnPath(environment, program);
  return access(program.c_str(), X_OK) == 0 ? program : std::string();
}

using Checked = Result<void, std::string>;

/// `install` says how the program is had.
Checked CheckProgram(const KernelEnvironment& environment, const std::string& program,
                     std::string_view install) {
  if (!Locate(environment, program).empty()) return {};
  return Failure{fmt::format(
      "the kernel's sandbox needs '{}', which {}: {}, or set sandbox = "
      "\"none\"",
      program, program.find('/') == std::string::npos ? "is not on PATH" : "cannot be executed",
      install)};
}

/// A system may forbid what bwrap does.
Checked TryBwrap(const KernelEnvironment& environment, const std::string& program) {
  auto found = CheckProgram(environment, program, "`apt install bubblewrap`");
  if (!found) return found;
  std::vector<std::string> argv = BwrapHead(Locate(environment, program));
  argv.insert(argv.end(), {"--", "/bin/true"});
  const auto tried = TryProgram(argv, environment, kTrialLimit);
  if (tried) return {};
  return Failure{fmt::format(
      "no sandbox can be made here: {}. Where the system forbids user namespaces, allow them "
      "(sysctl kernel.unprivileged_userns_clone=1; on Ubuntu "
      "kernel.apparmor_restrict_unprivileged_userns=0), or set sandbox = \"none\"",
      tried.error())};
}

/// An entry of allowWrite as srt takes it; empty where that depends on the kernel's folder, or on
/// what matches.
fs::path Absolute(const std::string& entry, const KernelEnvironment& environment) {
  const bool home = entry == "~" || entry.starts_with("~/");
  if (home)
    return fs::path(ValueOf(environment, "HOME")) /
           fs::path(entry.substr(std::min<size_t>(2, entry.size())));
  return entry.starts_with('/') ? fs::path(entry) : fs::path();
}

bool Covers(const std::vector<std::string>& entries, const fs::path& folder,
            const KernelEnvironment& environment) {
  return std::any_of(entries.begin(), entries.end(), [&](const std::string& entry) {
    const fs::path above = Absolute(entry, environment);
    return !above.empty() && IsWithin(folder, above);
  });
}

/// Errors: the settings are right, and a kernel in them could not be spoken to.
Checked CheckReach(const SrtSettings& settings, const KernelEnvironment& environment,
                   const fs::path& sockets) {
  if (!settings.all_unix_sockets) {
    return Failure{std::string(
        "network.allowAllUnixSockets is not true, and Proctor speaks to the kernel through Unix "
        "sockets: set it")};
  }
  if (settings.files_unrestricted) return {};
  if (!Covers(settings.allow_write, sockets, environment)) {
    return Failure{fmt::format(
        "filesystem.allowWrite holds no folder above the kernel's sockets: add \"{}\", or an "
        "absolute path above it",
        sockets.string())};
  }
  if (Covers(settings.deny_write, sockets, environment)) {
    return Failure{fmt::format(
        "filesystem.denyWrite forbids '{}', where the kernel's sockets are made: take out what "
        "lies above it",
        sockets.string())};
  }
  return {};
}

Checked CheckSrt(const SrtSandbox& sandbox, const KernelEnvironment& environment,
                 const fs::path& sockets) {
  const auto text = ReadSmallFile(sandbox.settings);
  if (!text) return Failure{"srt's settings file " + text.error()};
  const auto settings = ParseSrtSettings(*text);
  const auto within = [&](const std::string& why) {
    return Failure{fmt::format("srt's settings file '{}': {}", sandbox.settings.string(), why)};
  };
  if (!settings) return within(settings.error());
  if (auto reach = CheckReach(*settings, environment, sockets); !reach)
    return within(reach.error());
  auto found = CheckProgram(environment, "srt", "`npm install -g @anthropic-ai/sandbox-runtime`");
  if (found) found = CheckProgram(environment, settings->socat, "`apt install socat`");
  if (found) found = CheckProgram(environment, settings->ripgrep, "`apt install ripgrep`");
  return found ? TryBwrap(environment, settings->bwrap) : found;
}

}  // namespace

Result<Sandbox, std::string> ParseSandbox(std::string_view word, const fs::path& directory) {
  if (word == "none") return Sandbox(NoSandbox{});
  if (word == "bwrap") return Sandbox(BwrapSandbox{});
  if (word.starts_with(kSrtPrefix) && word.size() > kSrtPrefix.size()) {
    const fs::path settings = directory / word.substr(kSrtPrefix.size());
    return Sandbox(SrtSandbox{.settings = settings.lexically_normal()});
  }
  if (word == "srt" || word == kSrtPrefix) {
    return Failure{
        fmt::format("the sandbox '{}' names no settings file; there are {}", word, kWords)};
  }
  return Failure{fmt::format("'{}' is no sandbox: {}; there are {}", word,
                             Suggest(word, {"none", "bwrap", "srt"}), kWords)};
}

std::string ToString(const Sandbox& sandbox) {
  return std::visit(
      overloaded{
          [](const NoSandbox&) { return std::string("none"); },
          [](const BwrapSandbox&) { return std::string("bwrap"); },
          [](const SrtSandbox& srt) { return std::string(kSrtPrefix) + srt.settings.string(); },
      },
      sandbox);
}

Result<void, std::string> CheckSandbox(const Sandbox& sandbox, const KernelEnvironment& environment,
                                       const fs::path& socket_folder) {
  return std::visit(
      overloaded{
          [](const NoSandbox&) { return Checked(); },
          [&](const BwrapSandbox&) { return TryBwrap(environment, "bwrap"); },
          [&](const SrtSandbox& srt) { return CheckSrt(srt, environment, socket_folder); },
      },
      sandbox);
}

std::vector<std::string> Wrap(const Sandbox& sandbox, std::vector<std::string> argv,
                              const SandboxFolders& folders) {
  return std::visit(overloaded{
                        [&](const NoSandbox&) { return argv; },
                        [&](const BwrapSandbox&) { return WrapInBwrap(argv, folders); },
                        [&](const SrtSandbox& srt) { return WrapInSrt(srt, argv, folders); },
                    },
                    sandbox);
}

}  // namespace proctor
