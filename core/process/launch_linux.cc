#include "core/process/launch_linux.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "core/process/priority_linux.h"

namespace proctor::tether {
namespace {

constexpr const char* kDefaultPath = "/usr/local/bin:/usr/bin:/bin";

enum class Step : int { Descriptors = 1, Directory, Exec };

/// What the child writes when it cannot become the program.
struct LaunchFailure {
  Step step;
  int error;
};

[[noreturn]] void Fail(int errors, Step step, int error) {
  const LaunchFailure failure{step, error};
  [[maybe_unused]] const ssize_t n = write(errors, &failure, sizeof failure);
  _exit(127);
}

void ResetSignals() {
  // By system call, for the library keeps two signals to itself and leaves them
  // ignored in what posix_spawn starts, as we were. All zeros is the default.
  const char by_default[64] = {};
  for (int signal = 1; signal < NSIG; ++signal) {
    syscall(SYS_rt_sigaction, signal, by_default, nullptr, 8);
  }
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

/// Puts every mapped descriptor in its place and marks all others close-on-exec.
/// Sources are first moved above all targets, so that no dup2 hits a source.
/// Returns where `errors` is now.
int PlaceDescriptors(const SpawnSpec& spec, int errors) {
  int highest = 2;
  for (const FdMapping& mapping : spec.fds) highest = std::max(highest, mapping.child_fd);
  const int moved_errors = fcntl(errors, F_DUPFD_CLOEXEC, highest + 1);
  if (moved_errors < 0) Fail(errors, Step::Descriptors, errno);
  errors = moved_errors;

  std::vector<FdMapping> moved;
  for (const FdMapping& mapping : spec.fds) {
    const int fd = fcntl(mapping.fd, F_DUPFD_CLOEXEC, highest + 1);
    if (fd < 0) Fail(errors, Step::Descriptors, errno);
    moved.push_back({.child_fd = mapping.child_fd, .fd = fd});
  }
  const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  for (int standard = 0; standard <= 2; ++standard) dup2(null, standard);
  syscall(SYS_close_range, 3U, ~0U, 4U /* CLOSE_RANGE_CLOEXEC */);
  for (const FdMapping& mapping : moved) {
    if (dup2(mapping.fd, mapping.child_fd) < 0) Fail(errors, Step::Descriptors, errno);
  }
  return errors;
}

const char* PathOf(const SpawnSpec& spec) {
  for (const auto& [name, value] : spec.env) {
    if (name == "PATH") return value.c_str();
  }
  return kDefaultPath;
}

/// As execvpe() does it, but by the PATH of the child's environment, and with the
/// error that says most. Returns that error.
int ExecByPath(const SpawnSpec& spec, char* const* argv, char* const* envp) {
  const std::string& name = spec.argv[0];
  if (name.find('/') != std::string::npos) {
    execve(name.c_str(), argv, envp);
    return errno;
  }
  int error = ENOENT;
  std::string_view path = PathOf(spec);
  while (!name.empty()) {
    const size_t colon = path.find(':');
    const std::string directory(path.substr(0, colon));
    execve((directory.empty() ? name : directory + "/" + name).c_str(), argv, envp);
    if (errno != ENOENT && errno != ENOTDIR) error = errno;
    if (errno != ENOENT && errno != ENOTDIR && errno != EACCES) break;
    if (colon == std::string_view::npos) break;
    path.remove_prefix(colon + 1);
  }
  return error;
}

/// Who is above the child.
struct Above {
  pid_t nest;
  pid_t tether;
};

/// Where only parents may attach (Yama), a debugger that the tether starts could not,
/// being a cousin. Without Yama there is nothing to allow, and the call fails.
void LetCousinsAttach(pid_t tether) {
  prctl(PR_SET_PTRACER, static_cast<unsigned long>(tether), 0, 0, 0);
}

[[noreturn]] void BecomeChild(const SpawnSpec& spec, int errors, Above above) {
  if (spec.session == Session::New) {
    setsid();
  } else {
    setpgid(0, 0);
  }
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != above.nest) _exit(127);  // the nest died before the line above counted
  LetCousinsAttach(above.tether);
  ResetSignals();
  if (spec.nice != 0) setpriority(PRIO_PROCESS, 0, spec.nice);
  if (spec.priority == Priority::Low) LowerSelf(spec.session);
  errors = PlaceDescriptors(spec, errors);
  if (chdir(spec.cwd.empty() ? "/" : spec.cwd.c_str()) != 0) Fail(errors, Step::Directory, errno);

  std::vector<std::string> variables;
  variables.reserve(spec.env.size());
  for (const auto& [name, value] : spec.env) variables.push_back(name + "=" + value);
  std::vector<char*> envp;
  for (std::string& variable : variables) envp.push_back(variable.data());
  envp.push_back(nullptr);
  std::vector<char*> argv;
  for (const std::string& arg : spec.argv) argv.push_back(const_cast<char*>(arg.c_str()));
  argv.push_back(nullptr);
  Fail(errors, Step::Exec, ExecByPath(spec, argv.data(), envp.data()));
}

/// Where the nest finds what the child would have run: relative to the child's cwd.
std::string SeenFromNest(const SpawnSpec& spec) {
  const std::string& name = spec.argv[0];
  return name[0] == '/' ? name : (spec.cwd.empty() ? "/" : spec.cwd) + "/" + name;
}

std::string MissingProgram(const SpawnSpec& spec) {
  const std::string& name = spec.argv[0];
  if (name.find('/') == std::string::npos) {
    return "no such program '" + name + "' on PATH (" + PathOf(spec) + ")";
  }
  if (access(SeenFromNest(spec).c_str(), F_OK) == 0) {
    return "'" + name + "' cannot be run: the interpreter that its first line or its " +
           "loader entry names does not exist";
  }
  return "no such program '" + name + "'" +
         (name[0] == '/' ? "" : " in '" + (spec.cwd.empty() ? "/" : spec.cwd) + "'");
}

std::string ExecSentence(const SpawnSpec& spec, int error) {
  const std::string name = "'" + spec.argv[0] + "'";
  struct stat info = {};
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      return MissingProgram(spec);
    case EACCES:
      if (stat(SeenFromNest(spec).c_str(), &info) == 0 && S_ISDIR(info.st_mode)) {
        return name + " is a directory, not a program";
      }
      return name + " is not executable (chmod +x makes a script so)";
    case ENOEXEC:
      return name + " is not a program that this system can run: a script needs a first line " +
             "such as #!/bin/sh, a binary must be made for this machine";
    case E2BIG:
      return "the arguments and environment of " + name + " are too large for the system";
    default:
      return name + " could not be started: " + std::strerror(error);
  }
}

std::string DirectorySentence(const SpawnSpec& spec, int error) {
  const std::string cwd = "the working directory '" + spec.cwd + "'";
  if (error == ENOENT) return cwd + " does not exist";
  if (error == ENOTDIR) return cwd + " is not a directory";
  return cwd + " cannot be entered: " + std::strerror(error);
}

}  // namespace

Launch StartLaunch(const SpawnSpec& spec) {
  Launch launch;
  int ends[2] = {-1, -1};
  if (spec.argv.empty() || spec.argv[0].empty()) {
    launch.reason = "there is no command to start";
  } else if (pipe2(ends, O_CLOEXEC) != 0) {
    launch.reason = std::string("no pipe could be made: ") + std::strerror(errno);
  } else {
    const Above above{.nest = getpid(), .tether = getppid()};
    launch.pid = fork();
    if (launch.pid == 0) BecomeChild(spec, ends[1], above);
    if (launch.pid < 0) {
      launch.reason = std::string("the system gives no more processes: ") + std::strerror(errno);
      close(ends[0]);
    } else {
      launch.errors = ends[0];
    }
    close(ends[1]);
  }
  for (const FdMapping& mapping : spec.fds) close(mapping.fd);
  return launch;
}

std::string FinishLaunch(const SpawnSpec& spec, int errors) {
  LaunchFailure failure{};
  ssize_t n = 0;
  do {
    n = read(errors, &failure, sizeof failure);
  } while (n < 0 && errno == EINTR);
  close(errors);
  if (n != sizeof failure) return {};
  switch (failure.step) {
    case Step::Descriptors:
      return std::string("its descriptors could not be set up: ") + std::strerror(failure.error);
    case Step::Directory:
      return DirectorySentence(spec, failure.error);
    case Step::Exec:
      return ExecSentence(spec, failure.error);
  }
  return "it failed at an unknown step";
}

}  // namespace proctor::tether
