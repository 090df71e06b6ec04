#include "app/cli.h"

#include <CLI/CLI.hpp>
#include <charconv>
#include <memory>
#include <optional>
#include <system_error>

#include "core/config/config.h"

namespace proctor {
namespace {

constexpr const char* kAbout =
    "Proctor runs test suites against a live program: it starts the program, watches its health, "
    "and gives the next test file a clean one whenever the last one left it dirty or dead.";

/// CLI11 fills these in; what they mean is decided afterwards.
struct Flags {
  RunCommand run;
  std::string directory, restart;
  std::string lanes;
  bool gui = false, headless = false, no_color = false;
};

/// None for what is no whole number of at least 1.
std::optional<int> PositiveFrom(const std::string& text) {
  int number = 0;
  const char* const end = text.data() + text.size();
  const auto [read, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || read != end || number < 1) return std::nullopt;
  return number;
}

/// Why the text names no number of lanes; empty: it does.
std::string WhyNoLanes(const std::string& text) {
  if (text == "auto" || PositiveFrom(text)) return {};
  return "'" + text + "' is neither auto nor a whole number of at least 1";
}

void AddConfigOptions(CLI::App& app, Flags& flags) {
  app.add_option("--config", flags.run.overrides.config, "The proctor.toml to run by")
      ->type_name("FILE");
  app.add_option("--restart", flags.restart, "When the subject is replaced")
      ->check(CLI::IsMember({"never", "unhealthy", "file", "class", "test"}))
      ->type_name("POLICY");
}

void AddPort(CLI::App& app, int& port) {
  app.add_option("--port", port, "The hook server's port")
      ->check(CLI::Range(0, 65535))
      ->type_name("N");
}

/// Where reports go, and how it is shown: what a batch that goes on can be told too.
void AddReportOptions(CLI::App& app, Flags& flags) {
  RunCommand& run = flags.run;
  app.add_option("--junit", run.junit, "Write a JUnit XML report")->type_name("FILE");
  app.add_option("--json", run.json, "Write a JSON report")->type_name("FILE");
  app.add_option("--events", run.events, "Write every event as a JSON line")->type_name("FILE");
  app.add_flag("--gui", flags.gui, "Show the run in the dashboard");
  app.add_flag("--headless", flags.headless, "Open no window (the default of `run`)")
      ->excludes("--gui");
  app.add_flag("--no-color", flags.no_color, "Plain text");
  AddPort(app, run.port);
}

void AddRunOptions(CLI::App& app, Flags& flags) {
  AddConfigOptions(app, flags);
  app.add_option("-k", flags.run.keyword, "Only tests that match, as in pytest")->type_name("EXPR");
  app.add_option("--lanes", flags.lanes, "Workers, each with a subject of its own")
      ->check(WhyNoLanes)
      ->type_name("N|auto");
  AddReportOptions(app, flags);
}

RunCommand Settle(Flags& flags, bool is_run) {
  RunCommand run = std::move(flags.run);
  if (!flags.directory.empty()) run.paths = {flags.directory};
  run.overrides.restart = RestartWhenFrom(flags.restart);
  run.overrides.lanes = flags.lanes == "auto" ? AutoLanes() : PositiveFrom(flags.lanes);
  run.color = !flags.no_color;
  run.start_at_once = is_run;
  run.show = is_run && !flags.gui ? Show::Text : Show::Dashboard;
  return run;
}

/// The subcommands' words come first; anything else is the directory that the
/// dashboard opens, so a directory of such a name is given as ./run.
bool IsSubcommand(const char* word) {
  const std::string_view given = word;
  return given == "run" || given == "history" || given == "show" || given == "resume" ||
         given == "bisect" || given == "kernels" || given == "sweep";
}

}  // namespace

Result<Invocation, std::string> ParseCommandLine(int argc, const char* const* argv) {
  CLI::App app(kAbout, "proctor");
  app.set_version_flag("--version", std::string("proctor ") + PROCTOR_VERSION);
  Flags flags;
  const bool opens = argc < 2 || !IsSubcommand(argv[1]);
  if (opens) {
    app.add_option("DIR", flags.directory, "Open the dashboard for this directory");
    AddRunOptions(app, flags);
  }
  CLI::App* run = app.add_subcommand("run", "Run a batch and exit");
  run->add_option("PATH", flags.run.paths, "Directories or test files; default: here");
  if (!opens) AddRunOptions(*run, flags);
  ResumeCommand resume;
  CLI::App* again = app.add_subcommand("resume", "Go on with a batch that was stopped or killed");
  again->add_option("BATCH", resume.batch,
                    "Its id, or the beginning of it; default: the latest that is not finished");
  if (!opens) AddReportOptions(*again, flags);
  HistoryCommand history;
  CLI::App* list = app.add_subcommand("history", "List earlier batches");
  list->add_option("-n", history.limit, "How many")->check(CLI::Range(1, 1'000'000));
  ShowCommand show;
  bool no_color = false;
  CLI::App* one = app.add_subcommand("show", "Show an earlier batch");
  one->add_option("BATCH", show.batch, "Its id, or the beginning of it; default: the latest");
  one->add_flag("--no-color", no_color, "Plain text");
  BisectCommand bisect;
  CLI::App* search = app.add_subcommand("bisect", "Find the earlier tests that make one fail");
  search->add_option("TEST", bisect.test, "The id of the test, or the end of it")->required();
  search->add_option("DIR", flags.directory, "Where its suite is; default: here");
  if (!opens) AddConfigOptions(*search, flags);
  KernelsCommand kernels;
  CLI::App* host =
      app.add_subcommand("kernels", "Host Jupyter kernels for a program, until stdin is closed");
  if (!opens) AddPort(*host, kernels.port);
  SweepCommand sweep;
  CLI::App* clean = app.add_subcommand("sweep", "Tell what killed Proctors left, and remove it");
  clean->add_flag("--yes", sweep.yes, "End and remove it; without this nothing is touched");
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& said) {
    if (dynamic_cast<const CLI::CallForVersion*>(&said)) {
      return Invocation(Said{std::string("proctor ") + PROCTOR_VERSION + "\n"});
    }
    CLI::App* about = run->parsed()      ? run
                      : again->parsed()  ? again
                      : list->parsed()   ? list
                      : one->parsed()    ? one
                      : search->parsed() ? search
                      : host->parsed()   ? host
                      : clean->parsed()  ? clean
                                         : &app;
    return Invocation(Said{about->help()});
  } catch (const CLI::ParseError& error) {
    return Failure{std::string(error.what()) + "; see proctor --help"};
  }
  if (list->parsed()) return Invocation(history);
  show.color = !no_color;
  if (one->parsed()) return Invocation(show);
  if (host->parsed()) return Invocation(kernels);
  if (clean->parsed()) return Invocation(sweep);
  if (search->parsed()) {
    bisect.run = Settle(flags, true);
    return Invocation(bisect);
  }
  RunCommand settled = Settle(flags, run->parsed() || again->parsed());
  if (!again->parsed()) return Invocation(settled);
  resume.run = std::move(settled);
  return Invocation(resume);
}

}  // namespace proctor
