// proctor: the program. Reads the command line and hands over to a command.

#include <chrono>
#include <cstdio>
#include <thread>

#include "app/cli.h"
#include "app/dashboard.h"
#include "app/reports.h"
#include "app/session.h"
#include "app/signals.h"
#include "core/base/overloaded.h"
#include "hooks/hooks.h"

namespace proctor {
namespace {

int Complain(const Trouble& trouble) {
  std::fputs(("proctor: " + trouble.text + "\n").c_str(), stderr);
  return static_cast<int>(trouble.code);
}

/// Writes the reports whenever a batch has ended, as long as the window is open. False
/// where those of the last batch could not be written.
bool ReportBatches(const std::stop_token& stop, const RunCommand& command, Session& session) {
  uint64_t seen = 0;
  std::string reported;
  bool written = true;
  for (bool last = false; !last;) {
    last = stop.stop_requested();  // looks once more, for what ended just now
    const auto snapshot = session.engine().states().WaitNewer(seen, std::chrono::milliseconds(200));
    seen = snapshot.version;
    if (!snapshot.value || !IsOver(*snapshot.value)) continue;
    if (snapshot.value->batch.id == reported) continue;
    reported = snapshot.value->batch.id;
    written = WriteReports(command, *snapshot.value);
  }
  return written;
}

/// `run --gui` ends as its last batch did, the dashboard alone without a verdict.
ExitCode Verdict(const RunCommand& command, Session& session) {
  const auto state = session.engine().states().Read().value;
  if (!command.start_at_once) return ExitCode::Ok;
  if (!state || !IsOver(*state)) return ExitCode::Interrupted;
  return static_cast<ExitCode>(state->batch.exit_code);
}

int ShowDashboard(const RunCommand& command, const Target& target, Session& session) {
  SignalWatch watch([&](int) {
    session.hooks().RequestShutdown();
    WakeDashboard();
  });
  if (command.start_at_once && !target.resume) session.Post(BatchRequested{});
  bool written = true;
  int failed = 0;
  {
    std::jthread reporter(
        [&](const std::stop_token& stop) { written = ReportBatches(stop, command, session); });
    failed = RunDashboard({.config = target.config,
                           .states = session.engine().states(),
                           .post = [&](Event event) { session.Post(std::move(event)); },
                           .hooks = session.hooks(),
                           .kernels = &session.engine().kernels()});
  }
  if (failed != 0) return failed;
  return static_cast<int>(written ? Verdict(command, session) : ExitCode::Internal);
}

int Run(const RunCommand& command, const Result<Target, Trouble>& target) {
  if (!target) return Complain(target.error());
  if (const auto trouble = TroubleWithReports(command)) return Complain(*trouble);
  const bool window = command.show == Show::Dashboard;
  auto session = Session::Start(command, *target, window ? WakeDashboard : std::function<void()>());
  if (!session) return Complain(session.error());
  return window ? ShowDashboard(command, *target, **session)
                : RunInTerminal(command, *target, **session);
}

int CodeOf(const Result<int, Trouble>& code) {
  return code ? *code : Complain(code.error());
}

int Main(int argc, char** argv) {
  BlockSignals();
  Result<Invocation, std::string> command = ParseCommandLine(argc, argv);
  if (!command) return Complain({ExitCode::Usage, command.error()});
  return std::visit(
      overloaded{[](const RunCommand& c) { return Run(c, FindTarget(c)); },
                 [](const ResumeCommand& c) { return Run(c.run, FindBatchToResume(c)); },
                 [](const HistoryCommand& c) { return ShowHistory(c); },
                 [](const ShowCommand& c) { return ShowBatch(c); },
                 [](const BisectCommand& c) { return CodeOf(RunBisect(c)); },
                 [](const KernelsCommand& c) { return CodeOf(HostKernels(c)); },
                 [](const SweepCommand& c) { return Sweep(c); },
                 [](const Said& c) {
                   std::fputs(c.text.c_str(), stdout);
                   return 0;
                 }},
      *command);
}

}  // namespace
}  // namespace proctor

int main(int argc, char** argv) {
  return proctor::Main(argc, argv);
}
