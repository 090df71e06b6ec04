#include "core/subject/subject_runner.h"

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <utility>

#include "core/base/overloaded.h"
#include "core/process/ports.h"
#include "core/process/workspace.h"
#include "core/subject/crash_file.h"
#include "core/subject/lane_display.h"
#include "core/subject/prober.h"

namespace proctor {

/// One generation's process and what belongs to it.
struct SubjectRunner::Process {
  SpawnSubject order;
  ChildId child;
  int pid = 0;
  int port = 0;
  int display = -1;  ///< of the lane's own; -1: the user's, or none
  std::string token;
  std::filesystem::path workspace;
  bool exited = false;
  std::unique_ptr<OutputLog> log;
  std::unique_ptr<OutputReader> reader;
  Fd output_copy;  ///< to take in its last words when it has exited
  LiveLines live;
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

void Set(Environment& environment, const std::string& name, std::string value) {
  std::erase_if(environment, [&](const auto& entry) { return entry.first == name; });
  environment.emplace_back(name, std::move(value));
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
      prober_(std::make_unique<Prober>(world_.post)) {
  if (NeedsOwnDisplay(subject_, world_.environment)) {
    display_ = std::make_unique<LaneDisplay>(world_.loop, world_.tether, world_.environment);
  }
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
  if (display_) display_->WhenReady([](const Result<int, std::string>&) {});
}

void SubjectRunner::Stop() {
  if (display_) display_->Stop();
}

void SubjectRunner::Refuse(const SpawnSubject& order, std::string reason) {
  processes_.erase(order.generation.value);
  world_.post(
      SubjectNotSpawned{order.generation, order.cause, order.cause_text, std::move(reason)});
}

void SubjectRunner::Perform(const SpawnSubject& order) {
  auto process = std::make_unique<Process>();
  process->order = order;
  processes_[order.generation.value] = std::move(process);
  if (!display_) return Launch(order);
  display_->WhenReady([this, order](Result<int, std::string> number) {
    Process* waiting = Find(order.generation);
    if (!waiting) return;
    // Where nobody asked for a display, a program that needs none must not suffer
    // from Xvfb's absence; one that does need it will say so in its log.
    if (!number && subject_.display == Display::Virtual) return Refuse(order, number.error());
    if (number) waiting->display = *number;
    Launch(order);
  });
}

Result<void, std::string> SubjectRunner::Prepare(Process& process) const {
  process.token = NewToken();
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
  return environment;
}

void SubjectRunner::Launch(const SpawnSubject& order) {
  Process& process = *Find(order.generation);
  if (auto prepared = Prepare(process); !prepared) return Refuse(order, prepared.error());
  auto pipe = MakePipe();
  if (!pipe) return Refuse(order, pipe.error());
  SpawnSpec spec;
  for (const std::string& word : subject_.command) spec.argv.push_back(Fill(word, process));
  spec.env = EnvironmentOf(process);
  spec.cwd = subject_.cwd.string();
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
  world_.post(
      SubjectExited{process.order.generation,
                    {status.code, status.signal ? SignalName(*status.signal) : std::string()},
                    fmt::format("{}", fmt::join(process.log->Tail(kTailLines), "\n")),
                    ReadCrashFile(CrashFileOf(process))});
}

bool SubjectRunner::OnTether(const TetherEvent& event) {
  if (display_ && display_->OnTether(event)) return true;
  return std::visit(
      overloaded{[&](const ChildSpawned& e) {
                   Process* p = Find(e.child);
                   if (!p) return false;
                   p->pid = e.pid;
                   world_.post(
                       SubjectSpawned{p->order.generation, p->order.cause, p->order.cause_text,
                                      e.pid, p->port, fmt::format("http://127.0.0.1:{}", p->port),
                                      p->workspace.string(), p->log->file().string(), p->token});
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
  const bool for_ready = e.purpose == ProbeFor::Ready && !subject_.ready.url.empty();
  const std::string& url = for_ready ? subject_.ready.url : subject_.health.url;
  prober_->Ask({e.generation, e.sent, Fill(url, *p), p->token, subject_.health});
}

void SubjectRunner::Perform(const AbandonProbe& e) {
  prober_->Abandon(e.generation);
}

void SubjectRunner::Perform(const AskSubjectToStop& e) {
  const Process* p = Find(e.generation);
  if (!p) return;
  prober_->Abandon(e.generation);
  prober_->AskToStop({e.generation, {}, Fill(subject_.stop.url, *p), p->token, subject_.health});
}

void SubjectRunner::Perform(const SignalSubject& e) {
  if (const Process* p = Find(e.generation)) {
    world_.tether->Signal(p->child, e.signal, Target::Process);
  }
}

void SubjectRunner::Perform(const EndSubjectTree& e) {
  if (const Process* p = Find(e.generation)) world_.tether->EndTree(p->child);
}

void SubjectRunner::Describe(GenerationId generation, std::string& display,
                             std::string& health_url) const {
  if (display_ && display_->number() >= 0) display = fmt::format(":{}", display_->number());
  const auto found = processes_.find(generation.value);
  if (found != processes_.end()) health_url = Fill(subject_.health.url, *found->second);
}

}  // namespace proctor
