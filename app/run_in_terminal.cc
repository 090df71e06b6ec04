#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdio>

#include "app/reports.h"
#include "app/session.h"
#include "app/signals.h"
#include "core/report/text_reporter.h"
#include "hooks/hooks.h"

namespace proctor {
namespace {

// How often the progress bar's clock goes on, and the hook server sees that we live.
constexpr Millis kTick{100};

int TerminalWidth() {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return 80;
}

TextStyle StyleFor(const RunCommand& command) {
  TextStyle style;
  const char* term = std::getenv("TERM");
  const bool dumb = term && std::string_view(term) == "dumb";
  style.live = isatty(STDOUT_FILENO) != 0 && !dumb;
  style.color = command.color && style.live && !std::getenv("NO_COLOR");
  style.width = TerminalWidth();
  return style;
}

void Print(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

/// The first Ctrl-C lets the running test end, the second does not wait for it.
void OnSignal(int signal, Engine& engine, std::atomic<int>& seen) {
  const bool now = ++seen > 1 || signal != SIGINT;
  if (!now) {
    std::fputs("\nStopping after the running test; Ctrl-C again stops at once.\n", stderr);
  }
  engine.Post(StopRequested{now ? StopMode::Now : StopMode::AfterTest});
}

std::shared_ptr<const State> ShowUntilOver(Session& session, TextReporter& reporter) {
  uint64_t seen = 0;
  while (true) {
    const auto snapshot = session.engine().states().WaitNewer(seen, kTick);
    seen = snapshot.version;
    session.hooks().BeginFrame();
    reporter.SetWidth(TerminalWidth());
    if (snapshot.value) reporter.Show(*snapshot.value);
    session.hooks().EndFrame();
    if (snapshot.value && IsOver(*snapshot.value)) return snapshot.value;
    if (session.hooks().ShutdownRequested()) session.engine().Post(StopRequested{StopMode::Now});
  }
}

}  // namespace

int RunInTerminal(const RunCommand& command, const Target& target, Session& session) {
  const SteadyClock clock;
  TextReporter reporter(Print, StyleFor(command), clock);
  std::atomic<int> signals_seen = 0;
  SignalWatch watch([&](int signal) { OnSignal(signal, session.engine(), signals_seen); });
  session.hooks().Announce();
  if (!target.resume) session.engine().Post(BatchRequested{target.selection});
  const std::shared_ptr<const State> state = ShowUntilOver(session, reporter);
  reporter.Finish(*state);
  const bool written = WriteReports(command, *state);
  return written ? state->batch.exit_code : static_cast<int>(ExitCode::Internal);
}

}  // namespace proctor
