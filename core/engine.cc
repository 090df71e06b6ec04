#include "core/engine.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>
#include <uv.h>

#include <cstdlib>
#include <deque>
#include <future>
#include <random>
#include <thread>

#include "core/base/inbox.h"
#include "core/base/overloaded.h"
#include "core/config/config.h"
#include "core/history/batch_lock.h"
#include "core/history/history.h"
#include "core/history/journal.h"
#include "core/kernel/host.h"
#include "core/loop_timers.h"
#include "core/model/effect.h"
#include "core/process/environment.h"
#include "core/process/run_record.h"
#include "core/process/tether_client.h"
#include "core/process/workspace.h"
#include "core/run/update.h"
#include "core/runners/pytest_worker.h"
#include "core/runners/worker_messages.h"
#include "core/subject/subject_runner.h"

namespace proctor {
namespace {

namespace fs = std::filesystem;

// Publications are for eyes and pollers: sooner than this after the one before
// nobody could tell the difference, and each costs the readers a wake-up.
constexpr uint64_t kPublishEveryMs = 5;

Environment ChildEnvironment(const EngineOptions& options) {
  Environment environment = OwnEnvironment();
  const std::string path(ValueOf(environment, "PATH"));
  if (!path.empty()) Set(environment, "PATH", options.bin_dir.string() + ":" + path);
  for (const auto& given : options.child_env) Set(environment, given.first, given.second);
  return environment;
}

std::string NewBatchId(int64_t wall_ms) {
  std::random_device random;
  return fmt::format("{:%Y%m%d-%H%M%S}-{:04x}", fmt::localtime(wall_ms / 1000), random() & 0xffffU);
}

int64_t WallMs() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

std::string TitleOf(const Config& config) {
  if (config.subject) return config.subject->name;
  return config.suites.empty() ? "" : config.suites.front().name;
}

}  // namespace

fs::path DefaultStateDir() {
  const char* state = std::getenv("XDG_STATE_HOME");
  if (state && *state == '/') return fs::path(state) / "proctor";
  const char* home = std::getenv("HOME");
  return fs::path(home && *home ? home : "/tmp") / ".local/state/proctor";
}

class Engine::Impl {
 public:
  explicit Impl(EngineOptions options)
      : options_(std::move(options)), inbox_([this] { uv_async_send(&wake_); }) {
    uv_loop_init(&loop_);
    uv_async_init(&loop_, &wake_,
                  [](uv_async_t* handle) { static_cast<Impl*>(handle->data)->OnWake(); });
    wake_.data = this;
    uv_timer_init(&loop_, &publish_timer_);
    publish_timer_.data = this;
  }

  ~Impl() {
    if (thread_.joinable()) {
      ending_ = true;
      uv_async_send(&wake_);
      thread_.join();
    } else {
      CloseLoop();
    }
    uv_loop_close(&loop_);
    if (!runtime_dir_.empty()) (void)RemoveTree(runtime_dir_);
  }

  Result<void, std::string> Start();
  void Post(Event event) { inbox_.Post(std::move(event)); }
  const Latest<const State>& states() const { return states_; }
  KernelHost& kernels() { return *kernels_; }

 private:
  Result<void, std::string> StartOnLoop();
  void Run();
  void CloseLoop();
  void OnWake();
  void Process(Event event);
  void Apply(Event event, std::deque<Event>& line);
  void Journalise(const Stamped& stamped);
  void TakeUp(const State& batch);
  void TakeConfig(std::shared_ptr<const Config> config);
  void RecallFileTimes();
  void PublishSoon();
  void Publish();
  void OnTether(const TetherEvent& event);

  void Perform(BeginBatch&);
  void Perform(EndBatch&);
  void Perform(SpawnWorker&);
  void Perform(RunTests&);
  void Perform(GrantSubject&);
  template <typename E>
  requires requires(const E& e) {
    ToLine(e);
    e.worker;
  }
  void Perform(E& e) {
    if (PytestWorker* worker = Find(e.worker)) worker->Send(ToLine(e));
  }
  void Perform(DumpStacks& e) {
    if (PytestWorker* worker = Find(e.worker)) worker->DumpStacks();
  }
  void Perform(KillWorker& e) {
    if (PytestWorker* worker = Find(e.worker)) worker->Kill();
  }
  template <typename E>
  requires requires(SubjectRunner& runner, const E& e) { runner.Perform(e); }
  void Perform(E& e) {
    if (SubjectRunner* subjects = RunnerOf(e.generation)) subjects->Perform(e);
  }
  void Perform(StartTimer& e) { timers_->Start(e.kind, e.key, e.after); }
  void Perform(CancelTimer& e) { timers_->Cancel(e.kind, e.key); }

  PytestWorker* Find(WorkerId id);
  SubjectRunner* RunnerOf(GenerationId generation);
  void MakeSubjectRunners(size_t lanes);

  EngineOptions options_;  ///< its config may be another from one batch to the next
  uv_loop_t loop_{};
  uv_async_t wake_{};
  uv_timer_t publish_timer_{};
  bool publish_due_ = false;
  uint64_t published_ms_ = 0;  ///< uv_now() of the latest publication
  std::atomic<bool> ending_ = false;
  Inbox<Event> inbox_;
  Latest<const State> states_;
  SteadyClock clock_;
  Time offset_;  ///< where the clock began: 0, or where the resumed batch had got to

  // The loop thread's own.
  State state_;
  uint64_t seq_ = 0;
  bool batch_open_ = false;
  std::unique_ptr<BatchLock> batch_lock_;  ///< while a batch is open
  std::string batch_dir_;
  uint64_t grants_ = 0;  ///< of a subject to a test; each has a folder name of its own
  fs::path runtime_dir_;
  Environment environment_;
  std::unique_ptr<Journal> journal_;
  std::unique_ptr<RunRecorder> record_;  ///< what it starts; null: it cannot be written
  std::unique_ptr<TetherClient> tether_;
  std::unique_ptr<LoopTimers> timers_;
  std::unique_ptr<KernelHost> kernels_;
  std::vector<std::unique_ptr<SubjectRunner>> subjects_;  ///< by lane; none without a [subject]
  std::unique_ptr<WorkerWorld> workers_;
  std::map<uint64_t, std::unique_ptr<PytestWorker>> running_;  ///< by WorkerId
  std::map<size_t, std::string> interpreters_;                 ///< by suite, once found
  std::thread thread_;
};

Result<void, std::string> Engine::Impl::Start() {
  auto journal = Journal::Open(
      {.state_dir = options_.state_dir,
       .events_file = options_.events_file,
       .on_committed = [this](uint64_t seq) { Post(JournalCommitted{seq}); },
       .on_failed = [this](std::string reason) { Post(JournalFailed{std::move(reason)}); }});
  if (!journal) return Failure{journal.error().message};
  journal_ = std::move(*journal);
  auto runtime = MakeWorkspace(fs::temp_directory_path(), "proctor-");
  if (!runtime) return Failure{runtime.error()};
  runtime_dir_ = *runtime;
  // Only sweep misses it, after a SIGKILL: a batch goes on without.
  if (auto record = RunRecorder::Begin(options_.state_dir / "runs")) record_ = std::move(*record);
  if (record_) record_->AddRuntimeDir(runtime_dir_);
  if (auto started = StartOnLoop(); !started) return started;
  thread_ = std::thread([this] { Run(); });
  return {};
}

Result<void, std::string> Engine::Impl::StartOnLoop() {
  environment_ = ChildEnvironment(options_);
  auto tether = TetherClient::Start(&loop_, options_.tether,
                                    [this](const TetherEvent& event) { OnTether(event); });
  if (!tether) return Failure{tether.error().message};
  tether_ = std::move(*tether);
  if (record_) tether_->KeepRecord(record_.get());
  timers_ = std::make_unique<LoopTimers>(&loop_, [this](TimerKind kind, uint64_t key) {
    Post(TimerFired{kind, key});
  });
  kernels_ = std::make_unique<KernelHost>(
      KernelHost::World{&loop_, tether_.get(), environment_, runtime_dir_ / "kernels"});
  const auto post = [this](Event event) { Post(std::move(event)); };
  workers_ = std::make_unique<WorkerWorld>(
      WorkerWorld{&loop_, tether_.get(), post, options_.python_path, environment_});
  if (options_.config->subject)
    MakeSubjectRunners(static_cast<size_t>(options_.config->batch.lanes));
  if (options_.resume) TakeUp(*options_.resume);
  state_.config = options_.config;
  if (options_.config->subject) state_.restart = options_.config->subject->restart.when;
  Publish();
  return {};
}

void Engine::Impl::MakeSubjectRunners(size_t lanes) {
  const auto post = [this](Event event) { Post(std::move(event)); };
  while (subjects_.size() < lanes) {
    subjects_.push_back(std::make_unique<SubjectRunner>(
        SubjectWorld{&loop_, tether_.get(), post, environment_, kernels_.get()}, options_.config,
        static_cast<int>(subjects_.size())));
    subjects_.back()->UseFolders(options_.state_dir / "by-hand", runtime_dir_ / "by-hand");
  }
}

SubjectRunner* Engine::Impl::RunnerOf(GenerationId generation) {
  for (size_t i = state_.generations.size(); i-- > 0;) {
    const GenerationState& g = state_.generations[i];
    if (g.id != generation) continue;
    const auto lane = static_cast<size_t>(g.lane);
    return lane < subjects_.size() ? subjects_[lane].get() : nullptr;
  }
  return nullptr;
}

void Engine::Impl::Run() {
  uv_run(&loop_, UV_RUN_DEFAULT);  // until OnWake() sees that it is to end
  CloseLoop();
}

void Engine::Impl::CloseLoop() {
  for (const auto& subjects : subjects_) subjects->Stop();
  if (kernels_) kernels_->Stop();
  tether_.reset();  // every process that was started has ended when this returns
  running_.clear();
  subjects_.clear();
  kernels_.reset();
  timers_.reset();
  journal_.reset();  // the last other thread that posts; the inbox's wake-up goes after it
  uv_close(reinterpret_cast<uv_handle_t*>(&wake_), nullptr);
  uv_close(reinterpret_cast<uv_handle_t*>(&publish_timer_), nullptr);
  uv_run(&loop_, UV_RUN_DEFAULT);
}

void Engine::Impl::OnWake() {
  if (ending_) return uv_stop(&loop_);
  for (Event& event : inbox_.TakeAll()) Process(std::move(event));
  PublishSoon();
}

/// The event, and then what Update() concludes from it, before anything else.
void Engine::Impl::Process(Event event) {
  std::deque<Event> line;
  line.push_back(std::move(event));
  while (!line.empty()) {
    Event next = std::move(line.front());
    line.pop_front();
    Apply(std::move(next), line);
  }
}

void Engine::Impl::Apply(Event event, std::deque<Event>& line) {
  const Stamped stamped{++seq_, Time{offset_.since_start + clock_.Now().since_start},
                        std::move(event)};
  Effects effects = Update(state_, stamped);
  Journalise(stamped);
  std::vector<Event> announced;
  for (Effect& effect : effects) {
    std::visit(overloaded{[&](Announce& a) { announced.push_back(std::move(a.event)); },
                          [&](auto& e) { Perform(e); }},
               effect);
  }
  line.insert(line.begin(), std::make_move_iterator(announced.begin()),
              std::make_move_iterator(announced.end()));
}

/// Goes on where the batch's journal ends, in its folder and under its id.
void Engine::Impl::TakeUp(const State& batch) {
  state_ = batch;
  state_.batch.phase = BatchPhase::Starting;
  grants_ = batch.seq;  // above those whose folders are there already
  seq_ = batch.seq;
  offset_ = batch.now;
  const std::string& id = batch.batch.id;
  const fs::path directory = options_.state_dir / "batches" / id;
  batch_dir_ = directory.string();
  for (const auto& subjects : subjects_) subjects->BeginBatch(directory, runtime_dir_ / id);
  journal_->ResumeBatch(id);
  batch_open_ = true;
  batch_lock_ = BatchLock::Take(directory);
  Post(BatchResumed{WallMs()});
}

void Engine::Impl::Journalise(const Stamped& stamped) {
  if (const auto* started = std::get_if<BatchStarted>(&stamped.event)) {
    journal_->BeginBatch({started->batch, started->wall_ms, TitleOf(*started->config),
                          started->config->directory.string()});
    batch_open_ = true;
    batch_lock_ = BatchLock::Take(batch_dir_);
  }
  if (!batch_open_ || !IsJournaled(stamped.event)) return;
  journal_->Append(stamped);
  if (const auto* ended = std::get_if<BatchEnded>(&stamped.event)) {
    const double duration = (state_.batch.ended - state_.batch.started).count() / 1e6;
    journal_->EndBatch({ended->exit_code, state_.counts, duration});
    batch_open_ = false;
    batch_lock_.reset();
  }
}

void Engine::Impl::PublishSoon() {
  const uint64_t now = uv_now(&loop_);
  if (now - published_ms_ >= kPublishEveryMs) return Publish();
  if (std::exchange(publish_due_, true)) return;
  uv_timer_start(
      &publish_timer_, [](uv_timer_t* t) { static_cast<Impl*>(t->data)->Publish(); },
      kPublishEveryMs - (now - published_ms_), 0);
}

void Engine::Impl::Publish() {
  publish_due_ = false;
  published_ms_ = uv_now(&loop_);
  states_.Publish(std::make_shared<const State>(state_));
  if (options_.on_publish) options_.on_publish();
}

void Engine::Impl::OnTether(const TetherEvent& event) {
  if (const auto* lost = std::get_if<TetherLost>(&event)) {
    return Post(SupervisionLost{lost->reason});
  }
  for (const auto& subjects : subjects_) {
    if (subjects->OnTether(event)) return;
  }
  if (kernels_->OnTether(event)) return;
  for (auto it = running_.begin(); it != running_.end(); ++it) {
    if (!it->second->OnTether(event)) continue;
    if (std::holds_alternative<TreeEnded>(event) && it->second->ended()) running_.erase(it);
    return;
  }
}

PytestWorker* Engine::Impl::Find(WorkerId id) {
  const auto found = running_.find(id.value);
  return found == running_.end() ? nullptr : found->second.get();
}

/// What the lanes' files took before; where that cannot be read, all count the same.
void Engine::Impl::RecallFileTimes() {
  state_.index->history_ms.clear();
  if (options_.config->batch.lanes < 2) return;
  const auto history = History::Open(options_.state_dir);
  if (!history) return;
  if (const auto times = history->FileTimes(options_.config->directory.string())) {
    state_.index->history_ms.insert(times->begin(), times->end());
  }
}

/// Between two batches, when nothing runs.
void Engine::Impl::TakeConfig(std::shared_ptr<const Config> config) {
  options_.config = std::move(config);
  interpreters_.clear();
  for (const auto& subjects : subjects_) subjects->Stop();
  subjects_.clear();
  if (!options_.config->subject) return;
  MakeSubjectRunners(static_cast<size_t>(options_.config->batch.lanes));
  state_.restart = options_.config->subject->restart.when;
}

void Engine::Impl::Perform(BeginBatch& e) {
  if (options_.reload) {
    auto config = options_.reload();
    if (!config) return Post(BatchRefused{config.error()});
    if (*config) TakeConfig(std::move(*config));
  }
  RecallFileTimes();
  const int64_t wall_ms = WallMs();
  const std::string id = NewBatchId(wall_ms);
  const fs::path directory = options_.state_dir / "batches" / id;
  batch_dir_ = directory.string();
  for (const auto& subjects : subjects_) subjects->BeginBatch(directory, runtime_dir_ / id);
  auto config = std::make_shared<Config>(*options_.config);
  if (config->subject) config->subject->restart.when = state_.restart;
  Post(BatchStarted{id, wall_ms, std::move(e.selection), std::move(config)});
}

void Engine::Impl::Perform(EndBatch& e) {
  Post(BatchEnded{e.exit_code});
}

void Engine::Impl::Perform(SpawnWorker& e) {
  const uint64_t id = e.worker.value;
  if (const auto found = interpreters_.find(e.suite); found != interpreters_.end()) {
    e.python = found->second;
  }
  const fs::path log = fs::path(batch_dir_) / fmt::format("worker-{}.log", id);
  running_[id] = std::make_unique<PytestWorker>(*workers_, *options_.config, std::move(e), log);
}

void Engine::Impl::Perform(RunTests& e) {
  PytestWorker* worker = Find(e.worker);
  if (!worker) return;
  interpreters_[worker->suite()] = worker->interpreter();
  worker->Send(ToLine(e));
}

void Engine::Impl::Perform(GrantSubject& e) {
  PytestWorker* worker = Find(e.worker);
  if (!worker) return;
  for (const GenerationState& g : state_.generations) {
    if (g.id != e.generation) continue;
    GrantedSubject granted;
    granted.test = e.test;
    granted.generation = g.id.value;
    granted.port = g.port;
    granted.pid = g.pid;
    granted.url = g.url;
    granted.token = g.token;
    granted.workspace = g.workspace;
    granted.log = g.log_path;
    granted.evidence = (fs::path(batch_dir_) / "evidence" / std::to_string(++grants_)).string();
    granted.limit_ms = options_.config->suites[worker->suite()].timeout.count();
    granted.health = ToString(g.health);
    granted.at = g.frame;
    if (const SubjectRunner* subjects = RunnerOf(g.id)) {
      const SubjectRunner::Particulars told = subjects->Describe(g.id);
      granted.display = told.display;
      granted.health_url = told.health_url;
      granted.kernel = told.kernel;
    }
    const HealthConfig& health = options_.config->subject->health;
    granted.healthy = health.healthy;
    granted.reason = health.reason;
    granted.detail = health.detail;
    granted.frame = health.frame;
    worker->Send(ToLine(granted));
  }
}

Result<std::unique_ptr<Engine>, std::string> Engine::Start(EngineOptions options) {
  auto impl = std::make_unique<Impl>(std::move(options));
  if (auto started = impl->Start(); !started) return Failure{started.error()};
  return std::unique_ptr<Engine>(new Engine(std::move(impl)));
}

Engine::Engine(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Engine::~Engine() = default;

void Engine::Post(Event event) {
  impl_->Post(std::move(event));
}
const Latest<const State>& Engine::states() const {
  return impl_->states();
}
KernelHost& Engine::kernels() {
  return impl_->kernels();
}

}  // namespace proctor
