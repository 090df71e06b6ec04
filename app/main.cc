// proctor: the program. Reads the command line and hands over to a command.

#include <cstdio>

#include "app/cli.h"
#include "app/dashboard.h"
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

int ShowDashboard(const RunCommand& command, const Target& target, Session& session) {
  SignalWatch watch([&](int) {
    session.hooks().RequestShutdown();
    WakeDashboard();
  });
  if (command.start_at_once) session.engine().Post(BatchRequested{target.selection});
  return RunDashboard({.config = target.config,
                       .states = session.engine().states(),
                       .post = [&](Event event) { session.engine().Post(std::move(event)); },
                       .hooks = session.hooks()});
}

int Run(const RunCommand& command) {
  Result<Target, Trouble> target = FindTarget(command);
  if (!target) return Complain(target.error());
  const bool window = command.show == Show::Dashboard;
  auto session = Session::Start(command, *target, window ? WakeDashboard : std::function<void()>());
  if (!session) return Complain(session.error());
  return window ? ShowDashboard(command, *target, **session)
                : RunInTerminal(command, *target, **session);
}

int Main(int argc, char** argv) {
  BlockSignals();
  Result<Invocation, std::string> command = ParseCommandLine(argc, argv);
  if (!command) return Complain({ExitCode::Usage, command.error()});
  return std::visit(overloaded{[](const RunCommand& c) { return Run(c); },
                               [](const HistoryCommand& c) { return ShowHistory(c); },
                               [](const ShowCommand& c) { return ShowBatch(c); },
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
