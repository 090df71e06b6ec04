// `proctor bisect`: which earlier tests make one fail. A probe is a batch of the tests in
// question, with a worker and a subject of its own.

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <utility>

#include "app/bisect_search.h"
#include "app/reports.h"
#include "app/session.h"
#include "app/signals.h"
#include "core/config/suggest.h"
#include "hooks/hooks.h"

namespace proctor {
namespace {

namespace fs = std::filesystem;

constexpr Millis kTick{100};      // how often the hook server sees that we live
constexpr size_t kMostNamed = 3;  // ids that an unknown one is compared with

template <typename... Args>
void Say(fmt::format_string<Args...> text, Args&&... args) {
  std::fputs((fmt::format(text, std::forward<Args>(args)...) + "\n").c_str(), stdout);
  std::fflush(stdout);
}

std::string Counted(size_t count, std::string_view one) {
  return fmt::format("{} {}{}", count, one, count == 1 ? "" : "s");
}

/// A suite's tests in the order in which they run.
struct Plan {
  std::vector<std::string> tests;
  std::string rootdir;
};

/// One suite, on one lane, so that there is one order; and batches of it one by one.
class Prober {
 public:
  Prober(std::unique_ptr<Session> session, const std::atomic<bool>& interrupted)
      : session_(std::move(session)), interrupted_(interrupted) {
    session_->hooks().Announce();
  }

  Result<Plan, Trouble> Collect();
  ProbeResult Run(const std::vector<std::string>& tests);
  /// Why the latest probe was unclear.
  const Trouble& trouble() const { return trouble_; }

 private:
  std::shared_ptr<const State> Await(const std::function<bool(const State&)>& what);
  std::optional<Trouble> WhyUnclear(const State& state, const TestState* test) const;

  std::unique_ptr<Session> session_;
  const std::atomic<bool>& interrupted_;
  std::string last_batch_;
  Trouble trouble_;
};

/// The first state of a later batch of which it is true. A stop that is asked for on the
/// way ends the batch, and the state is then that of its end.
std::shared_ptr<const State> Prober::Await(const std::function<bool(const State&)>& what) {
  uint64_t seen = 0;
  bool stopped = false;
  while (true) {
    const auto snapshot = session_->engine().states().WaitNewer(seen, kTick);
    seen = snapshot.version;
    session_->hooks().BeginFrame();
    session_->hooks().EndFrame();
    const std::shared_ptr<const State> state = snapshot.value;
    const bool wanted = interrupted_ || session_->hooks().ShutdownRequested();
    if (!state || state->batch.id.empty() || state->batch.id == last_batch_) continue;
    if (wanted && !std::exchange(stopped, true)) {
      session_->engine().Post(StopRequested{StopMode::Now});
    }
    if (what(*state) || IsOver(*state)) return state;
  }
}

/// The plan is what a batch knows once all is collected. It is paused, for it is not to run.
Result<Plan, Trouble> Prober::Collect() {
  session_->Post(BatchRequested{});
  (void)Await([](const State& s) { return s.batch.phase == BatchPhase::Running; });
  session_->Post(PauseRequested{});
  const auto state = Await([](const State& s) { return s.batch.collected; });
  session_->Post(StopRequested{StopMode::Now});
  last_batch_ = Await([](const State&) { return false; })->batch.id;
  if (interrupted_) return Failure{Trouble{ExitCode::Interrupted, "interrupted"}};
  if (!state->batch.failure.empty()) {
    return Failure{Trouble{state->batch.failure_code, state->batch.failure}};
  }
  Plan plan;
  plan.rootdir = state->batch.rootdir;
  for (const FileState& file : state->files) {
    for (const TestState& test : file.tests) {
      // What is done by now stands for a file that cannot be collected, or is skipped.
      const bool runs = test.progress != TestProgress::Done || test.attempt == 0;
      if (runs) plan.tests.push_back(test.id);
    }
  }
  return plan;
}

const TestState* FindTest(const State& state, const std::string& id) {
  for (const FileState& file : state.files) {
    for (const TestState& test : file.tests) {
      if (test.id == id) return &test;
    }
  }
  return nullptr;
}

std::optional<Trouble> Prober::WhyUnclear(const State& state, const TestState* test) const {
  if (interrupted_ || state.batch.stop) return Trouble{ExitCode::Interrupted, "interrupted"};
  const std::string show = fmt::format("; see proctor show {}", state.batch.id);
  if (!state.batch.failure.empty()) {
    return Trouble{state.batch.failure_code, state.batch.failure + show};
  }
  if (!test) return Trouble{ExitCode::Internal, "the test was not collected this time" + show};
  const bool foreign = test->blame == Blame::Infrastructure;
  if (!foreign && test->outcome != Outcome::NotRun) return std::nullopt;
  const std::string why = test->details ? test->details->message : "the reason is not known";
  return Trouble{ExitCode::Internal, "the test could not be run: " + why + show};
}

/// The last of them is the one that is asked about.
ProbeResult Prober::Run(const std::vector<std::string>& tests) {
  if (interrupted_) {
    trouble_ = {ExitCode::Interrupted, "interrupted"};
    return ProbeResult::Unclear;
  }
  session_->Post(BatchRequested{Selection{.paths = {}, .tests = tests, .keyword = ""}});
  const auto state = Await([](const State&) { return false; });
  last_batch_ = state->batch.id;
  const TestState* test = FindTest(*state, tests.back());
  if (const auto trouble = WhyUnclear(*state, test)) {
    trouble_ = *trouble;
    return ProbeResult::Unclear;
  }
  return IsBad(test->outcome) ? ProbeResult::Failed : ProbeResult::Passed;
}

/// The test itself, else the only one that its name may stand for.
std::vector<size_t> Matches(const std::vector<std::string>& tests, const std::string& wanted) {
  std::vector<size_t> ends;
  for (size_t i = 0; i < tests.size(); ++i) {
    const std::string& id = tests[i];
    if (id == wanted) return {i};
    if (id.ends_with("/" + wanted) || id.ends_with("::" + wanted)) ends.push_back(i);
  }
  return ends;
}

std::string NearestIds(const std::vector<std::string>& tests, const std::string& wanted) {
  std::vector<std::pair<size_t, std::string>> near;
  for (const std::string& id : tests) near.emplace_back(EditDistance(wanted, id), id);
  std::sort(near.begin(), near.end());
  near.resize(std::min(near.size(), kMostNamed));
  std::string text;
  for (const auto& [distance, id] : near) text += "\n  " + id;
  return text;
}

/// A suite and a test of it, found by what was typed.
struct Found {
  std::unique_ptr<Prober> prober;
  Plan plan;
  size_t test = 0;
};

Target OnlySuite(const Target& target, size_t suite) {
  Config config = *target.config;
  config.suites = {target.config->suites[suite]};
  config.batch.lanes = 1;
  Target one = target;
  one.config = std::make_shared<const Config>(std::move(config));
  return one;
}

Result<Found, Trouble> FindIn(const RunCommand& run, const Target& target,
                              const std::string& wanted, const std::atomic<bool>& interrupted) {
  std::vector<std::string> known;
  for (size_t suite = 0; suite < target.config->suites.size(); ++suite) {
    auto session = Session::Start(run, OnlySuite(target, suite), {});
    if (!session) return Failure{session.error()};
    Found found{std::make_unique<Prober>(std::move(*session), interrupted), {}};
    Result<Plan, Trouble> plan = found.prober->Collect();
    if (!plan) return Failure{plan.error()};
    found.plan = std::move(*plan);
    const std::vector<std::string>& tests = found.plan.tests;
    const std::vector<size_t> matches = Matches(tests, wanted);
    if (matches.size() > 1) {
      std::string text = fmt::format("'{}' may be any of these; give the whole id:", wanted);
      for (const size_t match : matches) text += "\n  " + tests[match];
      return Failure{Trouble{ExitCode::Usage, text}};
    }
    if (!matches.empty()) {
      found.test = matches.front();
      return found;
    }
    known.insert(known.end(), tests.begin(), tests.end());
  }
  if (known.empty()) return Failure{Trouble{ExitCode::Usage, "no test was collected"}};
  return Failure{Trouble{ExitCode::Usage, fmt::format("there is no test '{}'; the nearest are:{}",
                                                      wanted, NearestIds(known, wanted))}};
}

std::string InShell(const std::string& word) {
  const auto plain = [](unsigned char c) {
    return std::isalnum(c) != 0 ||
           std::string_view("/._-:+,=@").find(static_cast<char>(c)) != std::string_view::npos;
  };
  if (!word.empty() && std::all_of(word.begin(), word.end(), plain)) return word;
  std::string quoted = "'";
  for (const char c : word) {
    if (c == '\'')
      quoted += "'\\''";
    else
      quoted += c;
  }
  return quoted + "'";
}

/// The tests of a set, the one that is asked about last.
std::vector<std::string> IdsOf(const Found& found, const std::vector<size_t>& earlier) {
  std::vector<std::string> ids;
  for (const size_t i : earlier) ids.push_back(found.plan.tests[i]);
  ids.push_back(found.plan.tests[found.test]);
  return ids;
}

/// What runs these tests and no others, from the directory that we are in.
std::string CommandFor(const BisectCommand& command, const Found& found,
                       const std::vector<size_t>& earlier) {
  std::string text = "proctor run --lanes 1";
  const Overrides& overrides = command.run.overrides;
  if (!overrides.config.empty()) text += " --config " + InShell(overrides.config.string());
  if (overrides.restart) text += fmt::format(" --restart {}", ToString(*overrides.restart));
  for (const std::string& id : IdsOf(found, earlier)) {
    const fs::path whole = (fs::path(found.plan.rootdir) / id).lexically_normal();
    text += " " + InShell(whole.lexically_proximate(fs::current_path()).string());
  }
  return text;
}

std::string Subject(const Probe& probe) {
  if (probe.earlier.empty()) return "alone";
  return "after " + Counted(probe.earlier.size(), "test");
}

ProbeResult Tell(const Probe& probe, ProbeResult result, const std::string& why) {
  const std::string_view word = result == ProbeResult::Failed   ? "fails"
                                : result == ProbeResult::Passed ? "passes"
                                                                : "is not known";
  const std::string_view aim = probe.aim == ProbeAim::Confirm ? ", once more" : "";
  Say("probe {} of at most {}: {}{}: {}{}", probe.number, probe.at_most, Subject(probe), aim, word,
      why.empty() ? "" : " (" + why + ")");
  return result;
}

int TellFlaky(const BisectAnswer& answer) {
  Say("\nIt is flaky: the same tests gave different results.");
  Say("Alone it failed {} of {} times.", answer.alone_failures, answer.alone_runs);
  if (answer.set_runs == 0)
    Say("The order of the tests is not what matters.");
  else {
    Say("After the smallest set that it was seen to fail after ({}), it failed {} of {} times.",
        Counted(answer.earlier.size(), "test"), answer.set_failures, answer.set_runs);
  }
  return static_cast<int>(ExitCode::Ok);
}

int TellFound(const BisectCommand& command, const Found& found, const BisectAnswer& answer) {
  Say("\n{} fails after {}, and after none that lacks one of them:", found.plan.tests[found.test],
      Counted(answer.earlier.size(), "earlier test"));
  for (const size_t i : answer.earlier) Say("  {}", found.plan.tests[i]);
  Say("It failed {} of {} times after them, and {} of {} times alone.\n\nTo repeat it:\n  {}",
      answer.set_failures, answer.set_runs, answer.alone_failures, answer.alone_runs,
      CommandFor(command, found, answer.earlier));
  return static_cast<int>(ExitCode::Failures);
}

int Conclude(const BisectCommand& command, const Found& found, const BisectAnswer& answer) {
  switch (answer.finding) {
    case Finding::FailsAlone:
      Say("\nIt fails alone: none of the earlier tests is needed.\n\nTo repeat it:\n  {}",
          CommandFor(command, found, {}));
      return static_cast<int>(ExitCode::Failures);
    case Finding::PassesAfterAll:
      if (found.test == 0)
        Say("\nIt passes, and no test comes before it: not repeatable.");
      else
        Say("\nIt passes after all earlier tests: not repeatable.");
      Say("Where it fails now and then, it is flaky, and the order is not what matters.");
      return static_cast<int>(ExitCode::Ok);
    case Finding::Found:
      return TellFound(command, found, answer);
    case Finding::Flaky:
      return TellFlaky(answer);
    case Finding::Unclear:
      break;
  }
  const Trouble& trouble = found.prober->trouble();
  std::fputs(("proctor: the search ended without a result: " + trouble.text + "\n").c_str(),
             stderr);
  return static_cast<int>(trouble.code);
}

}  // namespace

Result<int, Trouble> RunBisect(const BisectCommand& command) {
  Result<Target, Trouble> target = FindTarget(command.run);
  if (!target) return Failure{target.error()};
  std::atomic<bool> interrupted = false;
  SignalWatch watch([&](int) { interrupted = true; });
  Result<Found, Trouble> found = FindIn(command.run, *target, command.test, interrupted);
  if (!found) return Failure{found.error()};
  const size_t earlier = found->test;
  Say("{}: {} before it; at most {} probes, some {} if one of them is to blame",
      found->plan.tests[found->test], Counted(earlier, "test"), MostProbes(earlier) + 6,
      ProbesForOne(earlier) + 6);
  const BisectAnswer answer = Bisect(earlier, [&](const Probe& probe) {
    const ProbeResult result = found->prober->Run(IdsOf(*found, probe.earlier));
    return Tell(probe, result, result == ProbeResult::Unclear ? found->prober->trouble().text : "");
  });
  return Conclude(command, *found, answer);
}

}  // namespace proctor
