#include "tests/fakes/scene.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <sstream>

#include "core/base/overloaded.h"
#include "core/run/update.h"

namespace proctor {
namespace {

std::string Text(const Effect& effect) {
  return std::visit(
      overloaded{
          [](const BeginBatch&) { return std::string("begin batch"); },
          [](const EndBatch& e) { return fmt::format("end batch {}", e.exit_code); },
          [](const Announce&) { return std::string(); },
          [](const SpawnWorker& e) {
            return fmt::format("spawn worker {}: {}", e.worker.value, fmt::join(e.paths, " "));
          },
          [](const RunTests& e) {
            return fmt::format("run {}; next {}{}{}", fmt::join(e.tests, " "),
                               e.next.empty() ? "none" : e.next, e.keep ? ", keep" : "",
                               e.fresh ? ", fresh" : "");
          },
          [](const StopRun& e) { return std::string(e.keep ? "stop and keep" : "stop run"); },
          [](const HoldOnFailure& e) {
            return std::string(e.on ? "hold on failure" : "hold nothing");
          },
          [](const ReleaseTest& e) { return fmt::format("release {}", e.test); },
          [](const LetGo& e) { return fmt::format("let go {}", e.test); },
          [](const MeasureSubject&) { return std::string(); },
          [](const TakeStacks& e) { return fmt::format("take stacks {}", e.generation.value); },
          [](const FinishWorker& e) { return fmt::format("finish worker {}", e.worker.value); },
          [](const DumpStacks&) { return std::string("dump stacks"); },
          [](const KillWorker& e) { return fmt::format("kill worker {}", e.worker.value); },
          [](const GrantSubject& e) {
            return fmt::format("grant {} generation {}", e.test, e.generation.value);
          },
          [](const RefuseSubject& e) { return fmt::format("refuse {}: {}", e.test, e.reason); },
          [](const DropTest& e) { return fmt::format("drop {}", e.test); },
          [](const SpawnSubject& e) { return fmt::format("spawn subject {}", e.generation.value); },
          [](const RaiseSubject& e) { return fmt::format("raise {}", e.generation.value); },
          [](const SendProbe& e) { return fmt::format("probe {}", e.generation.value); },
          [](const AbandonProbe& e) { return fmt::format("abandon probe {}", e.generation.value); },
          [](const AskSubjectToStop& e) {
            return fmt::format("ask {} to stop", e.generation.value);
          },
          [](const SignalSubject& e) {
            return fmt::format("signal {} {}", e.generation.value, e.signal);
          },
          [](const EndSubjectTree& e) { return fmt::format("end tree {}", e.generation.value); },
          [](const StartTimer&) { return std::string(); },
          [](const CancelTimer&) { return std::string(); }},
      effect);
}

ProbeReading Healthy(int64_t frame) {
  ProbeReading reading;
  reading.status = 200;
  reading.healthy = true;
  reading.frame = frame;
  return reading;
}

}  // namespace

bool Scene::IsSecond(const DrawnFile& file) {
  return file.path.starts_with("second/");
}

Scene::Scene(std::string_view suite, Options options) {
  std::istringstream lines{std::string(suite)};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    DrawnFile file;
    if (!(words >> file.path)) continue;
    file.path.pop_back();  // the colon
    if (const size_t at = file.path.find('@'); at != std::string::npos) {
      file.group = file.path.substr(at + 1);
      file.path.resize(at);
    }
    for (std::string word; words >> word;) {
      const bool uses_subject = word.back() == '*';
      if (uses_subject) word.pop_back();
      const size_t dot = word.find('.');
      CollectedTest test;
      test.class_name = dot == std::string::npos ? "" : word.substr(0, dot);
      test.name = dot == std::string::npos ? word : word.substr(dot + 1);
      test.id = file.path + "::" + word;
      test.uses_subject = uses_subject;
      file.tests.push_back(std::move(test));
    }
    suite_.push_back(std::move(file));
  }
  Config config;
  config.directory = "/suite";
  config.batch.lanes = options.lanes;
  config.suites.push_back(
      {.name = "live", .paths = {"."}, .timeout = options.timeout, .alone = options.alone});
  const bool two = std::any_of(suite_.begin(), suite_.end(), IsSecond);
  if (two) {
    config.suites.push_back({.name = "second",
                             .paths = {"second"},
                             .timeout = options.timeout,
                             .alone = options.second_alone});
  }
  const bool needed = std::any_of(suite_.begin(), suite_.end(), [](const DrawnFile& file) {
    return std::any_of(file.tests.begin(), file.tests.end(),
                       [](const CollectedTest& test) { return test.uses_subject; });
  });
  if (options.subject && needed) {
    SubjectConfig subject;
    subject.name = "demo";
    subject.command = {"demo"};
    subject.ready.url = subject.health.url = "http://127.0.0.1:1/health";
    subject.stop.url = "http://127.0.0.1:1/stop";
    subject.restart.when = options.restart;
    subject.restart.budget.restarts = options.restarts;
    subject.restart.spares = options.spares;
    config.subject = subject;
  }
  config_ = std::make_shared<const Config>(config);
  selection_.tests = options.only;
  history_ = options.history;
  state.config = config_;
  state.restart = options.restart;
}

void Scene::Happen(Event event) {
  std::deque<Event> line{std::move(event)};
  while (!line.empty()) {
    const Stamped stamped{++seq_, now_, std::move(line.front())};
    line.pop_front();
    std::vector<Event> announced;
    for (Effect& effect : Update(state, stamped)) {
      Keep(effect);
      if (auto* a = std::get_if<Announce>(&effect)) announced.push_back(std::move(a->event));
    }
    line.insert(line.begin(), announced.begin(), announced.end());
  }
}

void Scene::Keep(const Effect& effect) {
  const std::string text = Text(effect);
  if (!text.empty()) done.push_back(text);
  if (const auto* spawn = std::get_if<SpawnWorker>(&effect)) {
    told_[spawn->worker.value] = spawn->paths;
  }
  if (const auto* run = std::get_if<RunTests>(&effect)) {
    const std::string& first = run->tests.front();
    dealt_.emplace_back(run->worker.value, first.substr(0, first.find("::")));
  }
  if (const auto* start = std::get_if<StartTimer>(&effect)) {
    timers_[{start->kind, start->key}] = start->after;
  }
  if (const auto* cancel = std::get_if<CancelTimer>(&effect)) {
    timers_.erase({cancel->kind, cancel->key});
  }
}

void Scene::Start() {
  Happen(BatchRequested{selection_});
  Happen(BatchStarted{"b1", 0, selection_, config_});
  state.index->history_ms.insert(history_.begin(), history_.end());
  WorkerComesUp();
}

void Scene::WorkerComesUp(int lane) {
  const WorkerId id = worker(lane);
  Happen(WorkerSpawned{id, 100, lane});
  Happen(WorkerGreeted{id, "3.11", "7.2", "/suite", ""});
  const std::vector<std::string>& told = told_[id.value];
  const bool everything = told == std::vector<std::string>{"/suite"};
  int tests = 0;
  for (const DrawnFile& file : suite_) {
    const bool is_told = std::any_of(told.begin(), told.end(), [&](const std::string& path) {
      return ("/suite/" + file.path).starts_with(path);
    });
    if (!is_told || (everything && IsSecond(file))) continue;
    const bool cumulative = file.path.ends_with(".ipynb");
    Happen(FileCollected{id, file.path, file.tests, std::nullopt, file.group, cumulative});
    tests += static_cast<int>(file.tests.size());
  }
  Happen(CollectionFinished{id, tests, 0});
}

void Scene::Preflight(const std::string& test, int lane) {
  Happen(PreflightRequested{worker(lane), test});
}

const GenerationState& Scene::generation() const {
  return state.generations[state.generations.size() - 1];
}

const GenerationState& Scene::Generation(GenerationId id) const {
  return *std::find_if(state.generations.begin(), state.generations.end(),
                       [&](const GenerationState& g) { return g.id == id; });
}

void Scene::SubjectComesUp(GenerationId id) {
  const GenerationState& g = Generation(id);
  Happen(SubjectSpawned{g.id, g.cause, g.cause_text, 200, 4000, "http://127.0.0.1:4000", "/w", "/l",
                        ""});
  AnswerWith(id, Healthy(++frame_));
}

void Scene::AnswerWith(GenerationId id, ProbeReading reading) {
  if (!Generation(id).probing) Fire(TimerKind::NextProbe, id.value);
  Happen(ProbeAnswered{id, Generation(id).probe_sent, std::move(reading)});
}

void Scene::Answer(int64_t frame) {
  frame_ = frame;
  AnswerWith(Healthy(frame));
}

void Scene::AnswerDegraded(int64_t frame, std::string reason) {
  ProbeReading reading;
  reading.status = 200;
  reading.healthy = false;
  reading.reason = std::move(reason);
  reading.frame = frame_ = frame;
  AnswerWith(std::move(reading));
}

void Scene::NoAnswer(std::string error) {
  ProbeReading reading;
  reading.error = std::move(error);
  AnswerWith(std::move(reading));
}

void Scene::SeenAlive(GenerationId id) {
  for (int i = 0; i < 3 && !Generation(id).evident; ++i) {
    Tick(Millis(5));
    AnswerWith(id, Healthy(++frame_));
  }
}

void Scene::SubjectDies(std::string signal) {
  const GenerationId id = generation().id;
  Happen(SubjectExited{id, {std::nullopt, std::move(signal)}, "last words"});
  Happen(SubjectTreeEnded{id, {}});
}

void Scene::SubjectIsGone() {
  const GenerationId id = generation().id;
  Happen(SubjectExited{id, {0, ""}, ""});
  Happen(SubjectTreeEnded{id, {}});
}

void Scene::Begin(const std::string& test, int lane) {
  Happen(TestStarted{worker(lane), test});
  PhaseFinished setup;
  setup.worker = worker(lane);
  setup.test = test;
  setup.phase = TestPhase::Setup;
  Happen(setup);
}

void Scene::Finish(const std::string& test, PhaseOutcome outcome, int lane) {
  PhaseFinished call;
  call.worker = worker(lane);
  call.test = test;
  call.outcome = outcome;
  call.duration_ms = 5;
  if (outcome == PhaseOutcome::Failed) call.message = "assert False";
  Happen(call);
  Happen(TestFinished{worker(lane), test});
}

void Scene::FailAndStand(const std::string& test) {
  Begin(test);
  PhaseFinished call;
  call.worker = worker();
  call.test = test;
  call.outcome = PhaseOutcome::Failed;
  call.message = "assert False";
  Happen(call);
  Happen(TestHeld{worker(), test, TestPhase::Call});
}

void Scene::WorkerDies(std::string signal, int lane) {
  Happen(WorkerExited{worker(lane), {std::nullopt, std::move(signal)}, "Fatal Python error"});
}

void Scene::WorkerEnds(int lane) {
  Happen(WorkerExited{worker(lane), {0, ""}, ""});
}

std::string Scene::Dealt(int lane) const {
  std::vector<std::string> files;
  for (const auto& [whose, file] : dealt_) {
    if (whose == worker(lane).value) files.push_back(file);
  }
  return fmt::format("{}", fmt::join(files, " "));
}

bool Scene::Did(std::string_view effect) const {
  return std::find(done.begin(), done.end(), effect) != done.end();
}

bool Scene::HasTimer(TimerKind kind) const {
  return TimerOf(kind) != Millis{0};
}

Millis Scene::TimerOf(TimerKind kind) const {
  for (const auto& [timer, after] : timers_) {
    if (timer.first == kind) return after;
  }
  return Millis{0};
}

const TestState& Scene::Test(const std::string& id) const {
  const TestRef ref = state.index->tests.at(id);
  return state.files[ref.file].tests[ref.test];
}

const FileState& Scene::File(const std::string& path) const {
  return state.files[state.index->files.at(path)];
}

std::string Scene::Outcomes() const {
  std::vector<std::string> texts;
  for (const FileState& file : state.files) {
    for (const TestState& test : file.tests) {
      std::string text = test.name + " ";
      text += test.progress == TestProgress::Done ? ToString(test.outcome) : "-";
      if (test.blame) text += fmt::format("({})", ToString(*test.blame));
      texts.push_back(text);
    }
  }
  return fmt::format("{}", fmt::join(texts, ", "));
}

}  // namespace proctor
