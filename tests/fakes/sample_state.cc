#include "tests/fakes/sample_state.h"

#include <fmt/format.h>

#include <array>

namespace proctor::fakes {
namespace {

constexpr std::array kAreas = {"project", "panels",    "form",    "modal",  "counter",
                               "export",  "shortcuts", "history", "layout", "search"};
constexpr std::array kCases = {"opens_empty",       "keeps_its_name_after_a_switch",
                               "survives_a_resize", "shows_the_counter[fast]",
                               "rejects_bad_input", "remembers_its_size",
                               "undo_restores_it",  "closes_on_escape"};

Time At(double seconds) {
  return {std::chrono::nanoseconds(static_cast<int64_t>(seconds * 1e9))};
}

std::shared_ptr<const TestDetails> FailureDetails(const FileState& file, const TestState& test) {
  auto details = std::make_shared<TestDetails>();
  details->message = "AssertionError: the title is 'Untitled', expected 'Harbour bridge'";
  details->details = fmt::format(
      "live_gui = <LiveGui generation=3 port=40213 pid=18231>\n\n"
      "    def {}(live_gui):\n"
      "        live_gui.request(\"POST\", \"/demo/projects/switch\", {{\"name\": \"Harbour "
      "bridge\"}})\n"
      "        title = live_gui.request(\"GET\", \"/demo/title\")[\"title\"]\n"
      ">       assert title == \"Harbour bridge\"\n"
      "E       AssertionError: the title is 'Untitled', expected 'Harbour bridge'\n"
      "E         - Harbour bridge\n"
      "E         + Untitled\n\n"
      "{}:{}: AssertionError\n",
      test.name, file.path, test.line + 4);
  details->stdout_text =
      "switching to project \x1b[36m'Harbour bridge'\x1b[0m\n\x1b[33mwarning:\x1b[0m 2 panels "
      "were still loading\n";
  details->stderr_text = "demo: panel 'form' took \x1b[1;31m812 ms\x1b[0m to draw\n";
  details->log_text = "INFO     demo.client:client.py:48 POST /demo/projects/switch -> 200\n";
  details->file = file.path;
  details->line = test.line + 4;
  return details;
}

Outcome OutcomeOf(int file, int test) {
  const int n = file * 31 + test * 7;
  if (file % 6 == 2 && test == 3) return Outcome::Failed;
  if (file % 6 == 4 && test == 5) return Outcome::Crashed;
  if (file % 9 == 5 && test == 7) return Outcome::TimedOut;
  if (file % 11 == 7 && test == 1) return Outcome::Error;
  if (n % 41 == 0) return Outcome::Skipped;
  if (n % 53 == 0) return Outcome::Xfailed;
  return Outcome::Passed;
}

void Finish(FileState& file, TestState& test, Outcome outcome, double ms) {
  test.progress = TestProgress::Done;
  test.final = true;
  test.outcome = outcome;
  test.attempt = 1;
  test.duration_ms = outcome == Outcome::Skipped ? 0.2 : ms;
  file.duration_ms += test.duration_ms;
  ++file.counts[outcome];
  if (!IsBad(outcome)) return;
  test.details = FailureDetails(file, test);
  test.blame = outcome == Outcome::Crashed ? Blame::SubjectCrash : Blame::Test;
}

void AddFile(State& state, const SampleOptions& options, int f, int& left) {
  FileState file;
  const char* area = kAreas[static_cast<size_t>(f) % kAreas.size()];
  file.path = f < static_cast<int>(kAreas.size()) ? fmt::format("tests/test_{}.py", area)
                                                  : fmt::format("tests/test_{}_{}.py", area, f);
  const uint64_t generation = 1 + static_cast<uint64_t>(f) / 3;
  const bool begun = left > 0;
  for (int t = 0; t < options.tests_per_file; ++t) {
    TestState test;
    test.name = fmt::format("test_{}", kCases[static_cast<size_t>(t) % kCases.size()]);
    if (t >= static_cast<int>(kCases.size())) test.name += fmt::format("_{}", t);
    if (t % 8 == 6) test.class_name = "TestEditing";
    test.id = test.class_name.empty()
                  ? fmt::format("{}::{}", file.path, test.name)
                  : fmt::format("{}::{}::{}", file.path, test.class_name, test.name);
    test.line = 12 + t * 9;
    test.uses_subject = options.with_subject;
    if (left >= 0 && options.with_subject) test.generation = {generation};
    if (left > 0) {
      const Outcome outcome = OutcomeOf(f, t);
      Finish(file, test, outcome, 3.0 + (f * 13 + t * 29) % 170);
      ++state.counts[outcome];
      state.done.push_back({static_cast<uint32_t>(f), static_cast<uint32_t>(t)});
    } else if (left == 0) {
      test.progress = TestProgress::Running;
      test.started = options.now + -std::chrono::milliseconds(3400);
      file.running = 1;
      Draft draft;
      draft.test = {static_cast<uint32_t>(f), static_cast<uint32_t>(t)};
      state.lanes[0].draft = draft;
    } else {
      test.generation = {};
    }
    --left;
    file.tests.push_back(std::move(test));
  }
  if (options.with_subject && begun) {
    file.generation = file.last_generation = {generation};
    if (f == 0)
      file.note = FileNote{NoteKind::Fresh, "The first generation of this batch."};
    else if (f % 3 == 0)
      file.note =
          FileNote{NoteKind::Respawned,
                   fmt::format("Generation {} was degraded after {}: an ImGui assert was recorded "
                               "(Missing EndTable() in window 'Projects').",
                               generation - 1, state.files[static_cast<size_t>(f - 1)].path)};
    else
      file.note =
          FileNote{NoteKind::Reused,
                   fmt::format("Generation {} was healthy when this file started.", generation)};
  }
  state.files.push_back(std::move(file));
}

void AddGenerations(State& state, const SampleOptions& options, uint64_t count) {
  for (uint64_t n = 1; n <= count; ++n) {
    GenerationState g;
    g.id = {n};
    g.cause = n == 1 ? SpawnCause::First : SpawnCause::Unhealthy;
    if (n > 1) g.cause_text = fmt::format("Generation {} was not healthy any more.", n - 1);
    g.pid = 18200 + static_cast<int>(n) * 17;
    g.port = 40200 + static_cast<int>(n);
    g.url = fmt::format("http://127.0.0.1:{}", g.port);
    g.log_path =
        fmt::format("/home/ada/.local/state/proctor/20261121-101500-3f9a/subject-{}.log", n);
    g.started = At(static_cast<double>(n - 1) * 30 + 0.2);
    g.ready = g.started + std::chrono::milliseconds(640 + 90 * (n % 3));
    g.was_ready = true;
    g.tests_served = 34;
    g.files_served = 3;
    g.phase = SubjectPhase::Up;
    g.health = Health::Healthy;
    g.frame = 2400;
    g.answered = options.now;
    g.frame_changed = options.now + -std::chrono::milliseconds(40);
    if (n < count) {
      g.phase = SubjectPhase::Ended;
      g.health = n % 2 == 1 ? Health::Degraded : Health::Dead;
      g.reason = n % 2 == 1
                     ? "An ImGui assert was recorded: Missing EndTable() in window 'Projects'."
                     : "It died of SIGSEGV in tests/test_counter.py::test_remembers_its_size.";
      g.exit = n % 2 == 1 ? ExitInfo{0, ""} : ExitInfo{std::nullopt, "SIGSEGV"};
      g.ended = g.started + std::chrono::seconds(29);
      g.log_tail = "demo: frame 2391\ndemo: drawing panel 'Projects'\nSegmentation fault\n";
    }
    state.generations.push_back(std::move(g));
  }
  if (count > 0) state.lanes[0].current = count - 1;
}

void AddOutput(State& state, int lines) {
  for (int i = 0; i < lines; ++i) {
    OutputLine line;
    line.source = i % 4 == 3 ? OutputSource::Worker : OutputSource::Subject;
    line.owner = line.source == OutputSource::Worker ? 1 : 3;
    if (i % 9 == 4)
      line.text =
          fmt::format("\x1b[33mwarning\x1b[0m panel 'form' took \x1b[1m{} ms\x1b[0m", 20 + i % 70);
    else if (i % 23 == 11)
      line.text = "\x1b[31merror\x1b[0m texture 'thumb-7' is \x1b[4mmissing\x1b[0m";
    else
      line.text =
          fmt::format("\x1b[90m{:>6}\x1b[0m GET /api/gui_health \x1b[32m200\x1b[0m in {} us", i,
                      180 + i * 7 % 90);
    state.output.push_back(std::move(line));
  }
}

}  // namespace

std::shared_ptr<const Config> MakeSampleConfig() {
  auto config = std::make_shared<Config>();
  config->directory = "/home/ada/harbour";
  config->subject.emplace();
  config->subject->name = "harbour";
  config->subject->command = {"./harbour"};
  return config;
}

std::shared_ptr<State> MakeSampleState(const SampleOptions& options) {
  auto state = std::make_shared<State>();
  state->seq = 4711;
  state->now = options.now;
  auto config = std::make_shared<Config>(*MakeSampleConfig());
  if (!options.with_subject) config->subject.reset();
  state->config = std::move(config);
  state->planned = options.files * options.tests_per_file;
  int left = static_cast<int>(state->planned * options.done);
  const bool ended = left >= state->planned;
  state->batch.id = "20261121-101500-3f9a";
  state->batch.phase = ended ? BatchPhase::Ended : BatchPhase::Running;
  state->batch.collected = true;
  state->batch.started = At(1);
  state->batch.ended = options.now;
  state->batch.rootdir = "/home/ada/harbour";
  if (left == 0) --left;
  for (int f = 0; f < options.files; ++f) AddFile(*state, options, f, left);
  state->batch.exit_code = state->counts.Bad() > 0 ? 1 : 0;
  state->finals = state->done.size();
  if (options.with_subject) {
    AddGenerations(*state, options,
                   std::min<uint64_t>(1 + static_cast<uint64_t>(options.files) / 3, 12));
  }
  AddOutput(*state, options.output_lines);
  state->notices.push_back({At(12), Severity::Info, "pytest 7.2.1 on /usr/bin/python3"});
  state->notices.push_back(
      {At(31), Severity::Warning,
       "The port 40201 was still held for 0.4 s after generation 1 had ended."});
  return state;
}

}  // namespace proctor::fakes
