#include "core/runners/pytest_worker.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "core/base/overloaded.h"
#include "core/process/environment.h"
#include "core/runners/interpreters.h"
#include "core/runners/worker_messages.h"

namespace proctor {
namespace {

constexpr int kControlFd = 3;
constexpr int kStacksFd = 4;
// hooks/python/proctor/startup.py registers faulthandler for it.
constexpr int kStacksSignal = 41;
constexpr size_t kLongestMessage = 64 << 20;  // bytes; a run's captured output is capped far below
constexpr size_t kLastWords = 4 << 20;        // bytes, of a worker that has exited
constexpr size_t kTailLines = 40;

std::string JoinTail(const OutputLog& log) {
  return fmt::format("{}", fmt::join(log.Tail(kTailLines), "\n"));
}

/// The plugin that collects notebooks, and nothing else.
void AddNotebookArguments(const SuiteConfig& suite, std::vector<std::string>& argv) {
  argv.insert(argv.end(), {"-p", "proctor.notebooks", "--proctor-notebook-only"});
  argv.push_back(fmt::format("--proctor-notebook-compare={}", ToString(suite.compare)));
  for (const auto& [pattern, text] : suite.sanitize) {
    argv.push_back("--proctor-notebook-sanitize=" + SanitizingRule(pattern, text));
  }
  if (suite.write_back) argv.push_back("--proctor-notebook-write-back");
}

ExitInfo Info(const ExitStatus& status) {
  return {status.code, status.signal ? SignalName(*status.signal) : std::string()};
}

}  // namespace

PytestWorker::PytestWorker(WorkerWorld& world, const Config& config, SpawnWorker order,
                           std::filesystem::path log_file)
    : world_(world),
      config_(config),
      suite_(config.suites[order.suite]),
      order_(std::move(order)),
      log_file_(std::move(log_file)),
      candidates_(order_.python.empty() ? InterpreterCandidates(config, suite_, world.environment)
                                        : std::vector<std::string>{order_.python}) {
  TryNextInterpreter();
}

PytestWorker::~PytestWorker() = default;

void PytestWorker::TryNextInterpreter() {
  if (!candidates_.empty()) {
    const std::string python = candidates_.front();
    candidates_.erase(candidates_.begin());
    tried_.push_back(python);
    Spawn(python);
    return;
  }
  const std::string tried =
      tried_.empty() ? "none was found" : fmt::format("{}", fmt::join(tried_, ", "));
  world_.post(WorkerNotSpawned{
      id(),
      fmt::format("no Python with pytest for suite '{}' (tried: {}); install pytest for one of "
                  "them, or name another with `python = \"…\"` in [[suite]]",
                  suite_.name, tried),
      static_cast<int>(ExitCode::Usage)});
}

std::vector<std::string> PytestWorker::Arguments(const std::string& python) const {
  std::vector<std::string> argv{python, "-m", "pytest", "-p", "proctor.worker"};
  if (suite_.runner == Runner::Notebook) AddNotebookArguments(suite_, argv);
  if (!order_.rootdir.empty()) argv.push_back("--rootdir=" + order_.rootdir);
  if (!order_.inifile.empty()) argv.insert(argv.end(), {"-c", order_.inifile});
  argv.insert(argv.end(), suite_.args.begin(), suite_.args.end());
  if (!order_.keyword.empty()) argv.insert(argv.end(), {"-k", order_.keyword});
  for (const std::string& file : order_.ignored) {
    argv.push_back("--ignore=" + order_.rootdir + "/" + file);
  }
  argv.insert(argv.end(), order_.paths.begin(), order_.paths.end());
  return argv;
}

Environment PytestWorker::ChildEnvironment() const {
  Environment environment = world_.environment;
  for (const auto& [name, value] : suite_.env) Set(environment, name, value);
  const std::string python_path(ValueOf(environment, "PYTHONPATH"));
  Set(environment, "PYTHONPATH",
      world_.python_path.string() + (python_path.empty() ? "" : ":" + python_path));
  Set(environment, "PROCTOR_CONTROL_FD", std::to_string(kControlFd));
  Set(environment, "PROCTOR_STACKS_FD", std::to_string(kStacksFd));
  return environment;
}

void PytestWorker::Spawn(const std::string& python) {
  auto control = MakeSocketPair();
  auto output = MakePipe();
  auto stacks = MakePipe();
  if (!control || !output || !stacks) {
    const std::string why = !control ? control.error() : !output ? output.error() : stacks.error();
    world_.post(WorkerNotSpawned{id(), "no worker can be started: " + why});
    return;
  }
  interpreter_ = python;
  log_ = std::make_unique<OutputLog>(log_file_);
  auto& [ours, theirs] = *control;
  child_ =
      world_.tether->Spawn({.argv = Arguments(python),
                            .env = ChildEnvironment(),
                            .cwd = config_.file.empty() ? std::filesystem::current_path().string()
                                                        : config_.directory.string(),
                            .fds = {{1, output->second.get()},
                                    {2, output->second.get()},
                                    {kControlFd, theirs.get()},
                                    {kStacksFd, stacks->second.get()}}});
  control_copy_ = Duplicate(ours.get());
  writer_ = std::make_unique<StreamWriter>(world_.loop, Duplicate(ours.get()));
  control_reader_ = std::make_unique<OutputReader>(
      world_.loop, std::move(ours),
      OutputReader::Callbacks{[this](std::string_view chunk) { OnControl(chunk); }, [] {}},
      OutputReader::Breather::TwoMillis);
  Watch(std::move(*output), std::move(*stacks));
}

void PytestWorker::Watch(FdPair output, FdPair stacks) {
  output_copy_ = Duplicate(output.first.get());
  output_reader_ = std::make_unique<OutputReader>(
      world_.loop, std::move(output.first),
      OutputReader::Callbacks{
          [this](std::string_view chunk) { OnOutput(chunk); },
          [this] {
            const std::string rest = live_.Rest();
            if (!rest.empty()) {
              world_.post(OutputReceived{OutputSource::Worker, id().value, rest});
            }
          }});
  stacks_reader_ = std::make_unique<OutputReader>(
      world_.loop, std::move(stacks.first),
      OutputReader::Callbacks{[this](std::string_view chunk) {
                                world_.post(StacksDumped{id(), std::string(chunk)});
                              },
                              [] {}});
}

void PytestWorker::Send(std::string line) {
  if (writer_) writer_->Write(std::move(line));
}

void PytestWorker::DumpStacks() {
  world_.tether->Signal(child_, kStacksSignal, Target::Process);
}
void PytestWorker::Kill() {
  world_.tether->EndTree(child_);
}

void PytestWorker::OnControl(std::string_view chunk) {
  while (!chunk.empty() && !nonsense_) {
    const size_t end = chunk.find('\n');
    if (end == std::string_view::npos) {
      line_ += chunk;
      if (line_.size() > kLongestMessage) SpeakNonsense(line_, "it has no end");
      return;
    }
    if (line_.empty()) {
      TakeLine(chunk.substr(0, end));
    } else {
      line_ += chunk.substr(0, end);
      TakeLine(std::exchange(line_, {}));
    }
    chunk.remove_prefix(end + 1);
  }
}

void PytestWorker::TakeLine(std::string_view line) {
  Result<Event, std::string> event = ParseWorkerMessage(id(), line);
  if (!event) return SpeakNonsense(line, event.error());
  if (std::holds_alternative<WorkerGreeted>(*event)) greeted_ = true;
  world_.post(std::move(*event));
}

void PytestWorker::SpeakNonsense(std::string_view line, const std::string& why) {
  nonsense_ = true;
  std::string excerpt = fmt::format("{}: {}", why, line.substr(0, 200));
  line_ = {};  // what `line` may be a view of
  world_.post(WorkerSpokeNonsense{id(), std::move(excerpt)});
}

void PytestWorker::OnOutput(std::string_view chunk) {
  log_->Append(chunk);
  early_ += live_.Feed(chunk);
  if (greeted_) ShowEarly();
}

void PytestWorker::ShowEarly() {
  if (early_.empty()) return;
  world_.post(OutputReceived{OutputSource::Worker, id().value, std::exchange(early_, {})});
}

void PytestWorker::Drain() {
  DrainNow(control_copy_.get(), kLongestMessage, [&](std::string_view c) { OnControl(c); });
  DrainNow(output_copy_.get(), kLastWords, [&](std::string_view c) { OnOutput(c); });
}

bool PytestWorker::HasNoPytest() const {
  if (greeted_) return false;
  const std::vector<std::string> tail = log_->Tail(3);
  return std::any_of(tail.begin(), tail.end(), [](const std::string& line) {
    return line.find("No module named pytest") != std::string::npos ||
           line.find("No module named 'pytest'") != std::string::npos;
  });
}

void PytestWorker::OnExit(const ExitStatus& status) {
  Drain();
  if (HasNoPytest()) {
    early_.clear();
    return TryNextInterpreter();
  }
  ShowEarly();
  exited_ = true;
  world_.tether->EndTree(child_);
  writer_.reset();
  control_reader_.reset();
  world_.post(WorkerExited{id(), Info(status), JoinTail(*log_)});
}

bool PytestWorker::OnTether(const TetherEvent& event) {
  return std::visit(overloaded{[&](const ChildSpawned& e) {
                                 if (e.child != child_) return false;
                                 if (!std::exchange(spawned_, true))
                                   world_.post(WorkerSpawned{id(), e.pid, order_.lane});
                                 return true;
                               },
                               [&](const ChildNotSpawned& e) {
                                 if (e.child != child_) return false;
                                 TryNextInterpreter();
                                 return true;
                               },
                               [&](const ChildExited& e) {
                                 if (e.child != child_) return false;
                                 OnExit(e.status);
                                 return true;
                               },
                               [&](const TreeEnded& e) {
                                 if (e.child != child_) return false;
                                 ended_ = exited_;
                                 return true;
                               },
                               [&](const TetherLost&) { return false; }},
                    event);
}

}  // namespace proctor
