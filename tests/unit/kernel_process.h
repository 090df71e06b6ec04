#pragma once

#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include "core/kernel/client.h"
#include "core/kernel/connection.h"
#include "core/process/workspace.h"

extern "C" char** environ;

namespace proctor::test {

/// An ipykernel in a process group of its own, and its connection file; both are gone when the
/// test is over.
class KernelProcess {
 public:
  explicit KernelProcess(KernelTransport transport = KernelTransport::Tcp)
      : folder_(*MakeWorkspace(std::filesystem::temp_directory_path(), "proctor-kernel")) {
    auto made = NewConnection(transport, folder_, "python3");
    REQUIRE(made);
    connection_ = *made;
    REQUIRE(WriteConnectionFile(File(), connection_));
    Start();
  }
  ~KernelProcess() {
    Kill();
    (void)RemoveTree(folder_).has_value();
  }
  KernelProcess(const KernelProcess&) = delete;
  KernelProcess& operator=(const KernelProcess&) = delete;

  void Start() {
    const std::string file = File();
    std::vector<std::string> words = {"/usr/bin/python3",
                                      "-m",
                                      "ipykernel_launcher",
                                      "-f",
                                      file,
                                      "--HistoryManager.hist_file=:memory:"};
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    for (const int fd : {0, 1, 2}) {
      posix_spawn_file_actions_addopen(&files, fd, "/dev/null", O_RDWR, 0);
    }
    const int error = posix_spawn(&pid_, argv[0], &files, &attributes, argv.data(), environ);
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
    REQUIRE(error == 0);
  }

  KernelClientOptions Options() const {
    KernelClientOptions options;
    options.connection = connection_;
    options.send_sigint = [pid = pid_] { kill(-pid, SIGINT); };
    return options;
  }

  int pid() const { return pid_; }

  /// Stops it, as a debugger would; no thread of it runs any more when this returns.
  void Stop() {
    kill(pid_, SIGSTOP);
    waitpid(pid_, nullptr, WUNTRACED);
  }
  void Continue() { kill(pid_, SIGCONT); }

  /// Waits until it has ended, as whoever owns it would be told.
  void AwaitEnd() {
    if (pid_ > 0) waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }
  void Kill() {
    if (pid_ > 0) kill(-pid_, SIGKILL);
    AwaitEnd();
    RemoveSocketFiles(connection_);
  }

 private:
  std::string File() const { return (folder_ / "kernel.json").string(); }

  std::filesystem::path folder_;
  KernelConnection connection_;
  pid_t pid_ = -1;  ///< -1: it has ended
};

}  // namespace proctor::test
