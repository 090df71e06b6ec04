#include "core/subject/subject_runner.h"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <random>
#include <utility>

#include "core/base/overloaded.h"
#include "core/process/core_linux.h"
#include "core/process/environment.h"
#include "core/process/leftovers.h"
#include "core/process/ports.h"
#include "core/process/workspace.h"
#include "core/subject/crash_file.h"
#include "core/subject/kernel_subject.h"
#include "core/subject/lane_display.h"
#include "core/subject/prober.h"
#include "core/subject/program_watch.h"
#include "core/subject/stack_taker.h"

namespace proctor {

/// One generation's process and what belongs to it.
struct SubjectRunner::Process {
  SpawnSubject order;
  ChildId child;
  int pid = 0;
  std::filesystem::path program;  ///< what runs in it; empty until it was measured
  int port = 0;
  LaneDisplay* display_server = nullptr;  ///< its own while it lives; null: the user's
  int display = -1;                       ///< the number of that; -1: none
  std::string token;
  std::filesystem::path workspace;
  bool exited = false;
  bool raised = false;  ///< it serves by now, maybe before it was started
  std::unique_ptr<OutputLog> log;
  std::unique_ptr<OutputReader> reader;
  Fd output_copy;  ///< to take in its last words when it has exited
  LiveLines live;
  std::optional<Footprint> footprint;     ///< when it was last measured
  std::unique_ptr<Prober> prober;         ///< its own, so that nobody waits for another's answer
  std::unique_ptr<KernelSubject> kernel;  ///< null: it is a program
};

namespace {

constexpr size_t kTailLines = 20;
constexpr size_t kLastWords = 4 << 20;  // bytes

std::string NewToken() {
  std::random_device random;  // the system's own generator
  std::string token;
  for (int i = 0; i < 8; ++i) token += fmt::format("{:08x}", random());
  return token;
}

bool NeedsOwnDisplay(const SubjectConfig& subject, const Environment& environment) {
  switch (subject.display) {
    case Display::Auto:
      return !HasDisplay(environment);
    case Display::Virtual:
      return true;
    case Display::Inherit:
      return false;
  }
  return false;
}

}  // namespace

SubjectRunner::SubjectRunner(SubjectWorld world, std::shared_ptr<const Config> config, int lane)
    : world_(std::move(world)),
      config_(std::move(config)),
      subject_(*config_->subject),
      lane_(lane),
      stacks_(std::make_unique<StackTaker>(world_.loop, world_.tether, world_.environment)),
      own_displays_(NeedsOwnDisplay(subject_, world_.environment)) {
  if (subject_.restart.spares > 0) WatchProgram();
}

SubjectRunner::~SubjectRunner() = default;

void SubjectRunner::UseFolders(std::filesystem::path log_dir,
                               std::filesystem::path workspace_root) {
  log_dir_ = std::move(log_dir);
  workspace_root_ = std::move(workspace_root);
}

void SubjectRunner::BeginBatch(std::filesystem::path log_dir,
                               std::filesystem::path workspace_root) {
  UseFolders(std::move(log_dir), std::move(workspace_root));
  if (own_displays_) FreeDisplay()->WhenReady([](const Result<int, std::string>&) {});
}

LaneDisplay* SubjectRunner::FreeDisplay() {
  for (const auto& display : displays_) {
    const bool taken = std::any_of(processes_.begin(), processes_.end(), [&](const auto& entry) {
      return entry.second->display_server == display.get();
    });
    if (!taken) return display.get();
  }
  displays_.push_back(
      std::make_unique<LaneDisplay>(world_.loop, world_.tether, world_.environment));
  return displays_.back().get();
}

void SubjectRunner::WatchProgram() {
  const auto files = FilesOfCommand(subject_.command, subject_.cwd,
                                    std::string(ValueOf(world_.environment, "PATH", "")));
  watch_ = std::make_unique<ProgramWatch>(world_.loop, files, [this](std::string file) {
    world_.post(SubjectProgramChanged{std::move(file)});
  });
}

void SubjectRunner::Stop() {
  stacks_.reset();  // its tools are the tether's, which goes next
  for (const auto& display : displays_) display->Stop();
}

void SubjectRunner::Refuse(const SpawnSubject& order, std::string reason) {
  processes_.erase(order.generation.value);
  world_.post(
      SubjectNotSpawned{order.generation, order.cause, order.cause_text, std::move(reason)});
}

void SubjectRunner::Perform(const SpawnSubject& order) {
  auto process = std::make_unique<Process>();
  process->order = order;
  process->prober = std::make_unique<Prober>(world_.post);
  if (own_displays_) process->display_server = FreeDisplay();
  LaneDisplay* display = process->display_server;
  processes_[order.generation.value] = std::move(process);
  if (!display) return Launch(order);
  display->WhenReady([this, order](Result<int, std::string> number) {
    Process* waiting = Find(order.generation);
    if (!waiting) return;
    // Where nobody asked for a display, a program that needs none must not suffer
    // from Xvfb's absence; one that does need it will say so in its log.
    if (!number && subject_.display == Display::Virtual) return Refuse(order, number.error());
    if (number) waiting->display = *number;
    Launch(order);
  });
}

Result<void, std::string> SubjectRunner::TakePort(Process& process) const {
  process.port = subject_.port;
  if (subject_.port == 0) {
    const Result<uint16_t, std::string> port = FreePort();
    if (!port) return Failure{port.error()};
    process.port = *port;
  } else if (!IsPortFree(static_cast<uint16_t>(subject_.port))) {
    const auto holder = PortHolder(static_cast<uint16_t>(subject_.port));
    return Failure{
        fmt::format("port {} is taken by {}; end that, or set port = 0 in [subject] for "
                    "a free one",
                    subject_.port, holder ? holder->Text() : "a process that cannot be seen")};
  }
  return {};
}

Result<void, std::string> SubjectRunner::Prepare(Process& process) const {
  const bool is_kernel = subject_.kind == SubjectKind::Kernel;
  process.token = NewToken();
  if (!is_kernel) {
    if (auto taken = TakePort(process); !taken) return taken;
  }
  if (subject_.workspace) {
    process.workspace = *subject_.workspace;
    return {};
  }
  auto made =
      MakeWorkspace(workspace_root_, fmt::format("generation-{}-", process.order.generation.value));
  if (!made) return Failure{made.error()};
  process.workspace = *made;
  return {};
}

Result<void, std::string> SubjectRunner::PrepareKernel(Process& process) const {
  const uint64_t number = process.order.generation.value;
  auto kernel =
      KernelSubject::Prepare(*world_.kernels, world_.post, subject_,
                             {.generation = process.order.generation,
                              .config_dir = config_->directory,
                              .folder = workspace_root_ / fmt::format("kernel-{}", number),
                              .workspace = process.workspace,
                              .cwd = subject_.cwd,
                              .log = log_dir_ / fmt::format("subject-{}.log", number)},
                             EnvironmentOf(process));
  if (!kernel) return Failure{kernel.error()};
  process.kernel = std::move(*kernel);
  return {};
}

std::string SubjectRunner::Fill(const std::string& text, const Process& process) const {
  return Expand(text, {{"port", std::to_string(process.port)},
                       {"workspace", process.workspace.string()},
                       {"generation", std::to_string(process.order.generation.value)},
                       {"lane", std::to_string(lane_)}});
}

std::filesystem::path SubjectRunner::CrashFileOf(const Process& process) const {
  return log_dir_ / fmt::format("subject-{}.crash", process.order.generation.value);
}

Environment SubjectRunner::EnvironmentOf(const Process& process) const {
  Environment environment = world_.environment;
  if (process.display >= 0) UseDisplay(process.display, environment);
  for (const auto& [name, value] : subject_.env) Set(environment, name, Fill(value, process));
  Set(environment, "PROCTOR_GENERATION", std::to_string(process.order.generation.value));
  Set(environment, "PROCTOR_HOOKS_TOKEN", process.token);
  Set(environment, "PROCTOR_CRASH_FILE", CrashFileOf(process).string());
  if (process.kernel) process.kernel->AddTo(environment);
  return environment;
}

void SubjectRunner::Launch(const SpawnSubject& order) {
  Process& process = *Find(order.generation);
  if (auto prepared = Prepare(process); !prepared) return Refuse(order, prepared.error());
  if (subject_.kind == SubjectKind::Kernel) {
    if (auto prepared = PrepareKernel(process); !prepared) return Refuse(order, prepared.error());
  }
  auto pipe = MakePipe();
  if (!pipe) return Refuse(order, pipe.error());
  SpawnSpec spec;
  for (const std::string& word : subject_.command) spec.argv.push_back(Fill(word, process));
  if (process.kernel) spec.argv = process.kernel->argv();
  spec.env = EnvironmentOf(process);
  spec.cwd = subject_.cwd.string();
  // A spare waits for its turn, also while it starts; but nobody runs beside the first.
  if (order.low_priority && !process.raised) spec.priority = Priority::Low;
  spec.fds = {{1, pipe->second.get()}, {2, pipe->second.get()}};
  process.log =
      std::make_unique<OutputLog>(log_dir_ / fmt::format("subject-{}.log", order.generation.value));
  process.child = world_.tether->Spawn(spec);
  Watch(process, std::move(*pipe));
}

void SubjectRunner::Watch(Process& process, FdPair output) {
  process.output_copy = Duplicate(output.first.get());
  process.reader = std::make_unique<OutputReader>(
      world_.loop, std::move(output.first),
      OutputReader::Callbacks{
          [this, &process](std::string_view chunk) { OnOutput(process, chunk); }, [] {}});
}

void SubjectRunner::OnOutput(Process& process, std::string_view chunk) {
  process.log->Append(chunk);
  std::string lines = process.live.Feed(chunk);
  if (lines.empty()) return;
  world_.post(
      OutputReceived{OutputSource::Subject, process.order.generation.value, std::move(lines)});
}

void SubjectRunner::OnExit(Process& process, const ExitStatus& status) {
  DrainNow(process.output_copy.get(), kLastWords,
           [&](std::string_view chunk) { OnOutput(process, chunk); });
  process.exited = true;
  if (process.kernel) process.kernel->NoteEnd("its process " + proctor::Describe(status));
  const std::filesystem::path core =
      status.core ? FindCore(process.pid, subject_.cwd) : std::filesystem::path();
  world_.post(
      SubjectExited{process.order.generation,
                    {status.code, status.signal ? SignalName(*status.signal) : std::string()},
                    fmt::format("{}", fmt::join(process.log->Tail(kTailLines), "\n")),
                    ReadCrashFile(CrashFileOf(process)),
                    core.string()});
  if (core.empty()) return;
  const std::filesystem::path program = subject_.command[0];
  const auto tell = TellStacks(process.order.generation);
  if (!stacks_) return tell("");
  stacks_->TakeFromCore(core, process.program.empty() ? program : process.program, tell);
}

/// Callable from the kernel's thread, as long as the host lives.
std::function<void()> SubjectRunner::Interrupter(ChildId child) const {
  return [host = world_.kernels, tether = world_.tether, child] {
    host->RunOnLoop([tether, child] { tether->Signal(child, SIGINT, Target::Group); });
  };
}

void SubjectRunner::OnSpawned(Process& process, int pid) {
  process.pid = pid;
  const SpawnSubject& order = process.order;
  SubjectSpawned spawned{order.generation,
                         order.cause,
                         order.cause_text,
                         pid,
                         process.port,
                         fmt::format("http://127.0.0.1:{}", process.port),
                         process.workspace.string(),
                         process.log->file().string(),
                         process.token,
                         lane_};
  if (process.kernel) {
    const auto connected = process.kernel->Connect(pid, Interrupter(process.child));
    if (!connected) OnOutput(process, connected.error() + "\n");  // it will never be ready
    // Tests reach a kernel by Proctor's own server.
    spawned.url = ValueOf(world_.environment, "PROCTOR_URL");
    spawned.token = ValueOf(world_.environment, "PROCTOR_TOKEN");
  }
  world_.post(std::move(spawned));
}

bool SubjectRunner::OnTether(const TetherEvent& event) {
  for (const auto& display : displays_) {
    if (display->OnTether(event)) return true;
  }
  if (stacks_ && stacks_->OnTether(event)) return true;
  return std::visit(
      overloaded{[&](const ChildSpawned& e) {
                   Process* p = Find(e.child);
                   if (!p) return false;
                   OnSpawned(*p, e.pid);
                   return true;
                 },
                 [&](const ChildNotSpawned& e) {
                   Process* p = Find(e.child);
                   if (!p) return false;
                   Refuse(SpawnSubject(p->order), e.reason);
                   return true;
                 },
                 [&](const ChildExited& e) {
                   Process* p = Find(e.child);
                   if (!p) return false;
                   OnExit(*p, e.status);
                   return true;
                 },
                 [&](const TreeEnded& e) {
                   Process* p = Find(e.child);
                   if (!p) return false;
                   SubjectTreeEnded ended{p->order.generation, {}};
                   for (const Leaked& leaked : e.leaked) {
                     ended.leaked.push_back(fmt::format("{} (pid {})", leaked.command, leaked.pid));
                   }
                   processes_.erase(p->order.generation.value);
                   world_.post(std::move(ended));
                   return true;
                 },
                 [](const TetherLost&) { return false; }},
      event);
}

SubjectRunner::Process* SubjectRunner::Find(GenerationId generation) {
  const auto found = processes_.find(generation.value);
  return found == processes_.end() ? nullptr : found->second.get();
}

SubjectRunner::Process* SubjectRunner::Find(ChildId child) {
  for (auto& [generation, process] : processes_) {
    if (process->child == child) return process.get();
  }
  return nullptr;
}

void SubjectRunner::Perform(const SendProbe& e) {
  const Process* p = Find(e.generation);
  if (!p) return;
  if (p->kernel) return p->kernel->Probe(e, subject_.health.timeout);
  const bool for_ready = e.purpose == ProbeFor::Ready && !subject_.ready.url.empty();
  const std::string& url = for_ready ? subject_.ready.url : subject_.health.url;
  p->prober->Ask({e.generation, e.sent, Fill(url, *p), p->token, subject_.health});
}

void SubjectRunner::Perform(const AbandonProbe& e) {
  const Process* p = Find(e.generation);
  if (!p) return;
  if (p->kernel) return p->kernel->Abandon();
  p->prober->Abandon(e.generation);
}

void SubjectRunner::Perform(const AskSubjectToStop& e) {
  const Process* p = Find(e.generation);
  if (!p) return;
  if (p->kernel) return p->kernel->AskToStop(subject_.stop.grace);
  p->prober->Abandon(e.generation);
  p->prober->AskToStop({e.generation, {}, Fill(subject_.stop.url, *p), p->token, subject_.health});
}

void SubjectRunner::Perform(const SignalSubject& e) {
  if (const Process* p = Find(e.generation)) {
    world_.tether->Signal(p->child, e.signal, Target::Process);
  }
}

void SubjectRunner::Perform(const RaiseSubject& e) {
  Process* p = Find(e.generation);
  if (!p) return;
  p->raised = true;
  if (p->child) world_.tether->SetPriority(p->child, Priority::Normal);
}

void SubjectRunner::Perform(const EndSubjectTree& e) {
  if (const Process* p = Find(e.generation)) world_.tether->EndTree(p->child);
}

void SubjectRunner::Perform(const MeasureSubject& e) {
  Process* p = Find(e.generation);
  if (!p || p->pid == 0) return;
  if (p->program.empty()) p->program = ProgramOf(p->pid);
  // A directory of the user's own may hold anything; only a fresh one is listed.
  Footprint now{MeasureTree(p->pid),
                subject_.workspace ? WorkspaceFiles{} : WorkspaceListing(p->workspace)};
  if (!now.usage) return;
  SubjectMeasured measured{e.generation,         e.path,
                           now.usage->rss_bytes, now.usage->descriptors,
                           now.usage->threads,   now.usage->processes};
  if (p->footprint) measured.left = Compare(*p->footprint, now).Sentences();
  p->footprint = std::move(now);
  world_.post(std::move(measured));
}

void SubjectRunner::Perform(const TakeStacks& e) {
  const Process* p = Find(e.generation);
  if (!p || p->pid == 0 || !stacks_) {
    return world_.post(SubjectStacksTaken{e.generation, ""});
  }
  stacks_->Take(p->pid, TellStacks(e.generation));
}

std::function<void(std::string)> SubjectRunner::TellStacks(GenerationId generation) const {
  return [post = world_.post, generation](std::string text) {
    post(SubjectStacksTaken{generation, std::move(text)});
  };
}

SubjectRunner::Particulars SubjectRunner::Describe(GenerationId generation) const {
  Particulars told;
  const auto found = processes_.find(generation.value);
  if (found == processes_.end()) return told;
  const Process& process = *found->second;
  if (process.display >= 0) told.display = fmt::format(":{}", process.display);
  if (!process.kernel) {
    told.health_url = Fill(subject_.health.url, process);
    return told;
  }
  told.kernel = process.kernel->id();
  told.health_url =
      fmt::format("{}/api/kernels/{}", ValueOf(world_.environment, "PROCTOR_URL"), told.kernel);
  return told;
}

}  // namespace proctor
