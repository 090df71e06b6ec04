#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <limits>
#include <thread>

#include "core/config/config.h"
#include "core/config/table_reader.h"
#include "core/config/toml_node.h"

namespace proctor {
namespace {

namespace fs = std::filesystem;
using Placeholders = TableReader::Placeholders;

constexpr int kMany = std::numeric_limits<int>::max();
constexpr size_t kMaxBytes = 4 << 20;  ///< what is larger was not written as a configuration

constexpr std::string_view kCommandExample =
    R"(["./demo", "--port", "{port}"]; it is run without a shell)";

void ReadUrl(TableReader& table, Template& into, Problems& problems) {
  const int line = table.Text("url", into, Placeholders::Known);
  if (line != 0 && !into.starts_with("http://")) {
    problems.Add(line,
                 table.Named("url") +
                     " has to begin with http://, as in http://127.0.0.1:{port}/api/gui_health");
  }
}

void ReadPointer(TableReader& table, std::string_view key, std::string& into, Problems& problems) {
  const int line = table.Text(key, into);
  if (line != 0 && !into.empty() && into[0] != '/') {
    problems.Add(line,
                 table.Named(key) + " is a JSON pointer and has to begin with /, as in /" + into);
  }
}

ReadyConfig ReadReady(const TomlNode* node, ReadyConfig ready, Problems& problems) {
  TableReader table(node, "[subject.ready]", problems);
  ReadUrl(table, ready.url, problems);
  table.Duration("timeout", ready.timeout);
  return ready;
}

HealthConfig ReadHealth(const TomlNode* node, HealthConfig health, Problems& problems) {
  TableReader table(node, "[subject.health]", problems);
  ReadUrl(table, health.url, problems);
  table.Duration("every", health.every);
  table.Duration("timeout", health.timeout);
  table.Number("misses", health.misses, 1, kMany);
  ReadPointer(table, "healthy", health.healthy, problems);
  ReadPointer(table, "reason", health.reason, problems);
  ReadPointer(table, "detail", health.detail, problems);
  ReadPointer(table, "frame", health.frame, problems);
  table.Duration("hang_after", health.hang_after);
  return health;
}

StopConfig ReadStop(const TomlNode* node, StopConfig stop, Problems& problems) {
  TableReader table(node, "[subject.stop]", problems);
  ReadUrl(table, stop.url, problems);
  table.Duration("grace", stop.grace, std::chrono::milliseconds(0));
  return stop;
}

std::optional<RestartBudget> ParseBudget(std::string_view text) {
  constexpr std::string_view kBetween = " in ";
  const size_t between = text.find(kBetween);
  if (between == std::string_view::npos) return std::nullopt;
  RestartBudget budget;
  const char* end = text.data() + between;
  const auto [at, error] = std::from_chars(text.data(), end, budget.restarts);
  const auto period = ParseDuration(text.substr(between + kBetween.size()));
  if (error != std::errc{} || at != end || budget.restarts < 0 || !period || period->count() == 0) {
    return std::nullopt;
  }
  budget.period = *period;
  return budget;
}

int ReadPolicy(TableReader& table, std::string_view key, RestartWhen& into) {
  return table.Word<RestartWhen>(key, into,
                                 {{"never", RestartWhen::Never},
                                  {"unhealthy", RestartWhen::Unhealthy},
                                  {"file", RestartWhen::File},
                                  {"class", RestartWhen::Class},
                                  {"test", RestartWhen::Test}});
}

RestartConfig ReadRestart(const TomlNode* node, RestartConfig restart, Problems& problems) {
  TableReader table(node, "[subject.restart]", problems);
  ReadPolicy(table, "when", restart.when);
  table.Number("spares", restart.spares, 0, kMany);
  std::string budget;
  if (const int line = table.Text("budget", budget); line != 0) {
    const std::optional<RestartBudget> parsed = ParseBudget(budget);
    if (parsed) restart.budget = *parsed;
    if (!parsed) {
      problems.Add(line, table.Named("budget") + " cannot be \"" + budget +
                             "\"; it is a number of restarts in a time, such as \"5 in 30s\"");
    }
  }
  return restart;
}

/// A kernel is asked by its own protocol: what is none of the file's to say.
constexpr std::string_view kKernelUrl = "kernel:{generation}";

/// A kernel draws nothing, and takes longer to start than most programs.
SubjectConfig WithKernelDefaults(SubjectConfig subject) {
  subject.kind = SubjectKind::Kernel;
  subject.display = Display::Inherit;
  subject.ready.timeout = std::chrono::seconds(60);
  subject.ready.url = subject.health.url = subject.stop.url = kKernelUrl;
  subject.health.timeout = std::chrono::seconds(2);
  subject.health.hang_after = std::chrono::seconds(5);
  return subject;
}

void RefuseAddresses(const TomlNode& subject, Problems& problems) {
  for (const char* part : {"ready", "health", "stop"}) {
    const TomlNode* table = subject.Find(part);
    const TomlNode* url = table == nullptr ? nullptr : table->Find("url");
    if (url == nullptr) continue;
    problems.Add(url->line, "a kernel has no address: leave out 'url' in [subject." +
                                std::string(part) + "]; it is asked by its own protocol");
  }
  for (const char* key : {"command", "port"}) {
    if (const TomlNode* value = subject.Find(key)) {
      problems.Add(value->line, "a kernel has no '" + std::string(key) +
                                    "': leave it out; its kernelspec says how it is started");
    }
  }
}

/// True: the file itself says when a fresh generation is started.
bool NamesPolicy(const TomlNode* subject) {
  const TomlNode* restart = subject == nullptr ? nullptr : subject->Find("restart");
  return restart != nullptr && restart->Find("when") != nullptr;
}

bool HasNotebooks(const std::vector<SuiteConfig>& suites) {
  return std::any_of(suites.begin(), suites.end(),
                     [](const SuiteConfig& suite) { return suite.runner == Runner::Notebook; });
}

/// What a subject cannot be without, and the name that it gets without one.
void CompleteSubject(SubjectConfig& subject, const TomlNode& table, Problems& problems) {
  const TomlNode* command = table.Find("command");
  switch (subject.kind) {
    case SubjectKind::Process:
      if (subject.command.empty() || subject.command[0].empty()) {
        // One that is no list was refused already.
        if (command != nullptr && command->kind != TomlNode::Kind::List) return;
        problems.Add(table.line, "[subject] needs a command, such as command = " +
                                     std::string(kCommandExample));
      } else if (subject.name.empty()) {
        subject.name = fs::path(subject.command[0]).filename();
      }
      return;
    case SubjectKind::Kernel:
      if (subject.kernel.empty()) {
        problems.Add(table.line,
                     "[subject] of kind \"kernel\" needs its name, such as kernel = \"python3\"");
      } else if (subject.name.empty()) {
        subject.name = subject.kernel;
      }
      return;
  }
}

SubjectConfig ReadSubject(const TomlNode* node, const fs::path& directory, Problems& problems) {
  SubjectConfig subject;
  TableReader table(node, "[subject]", problems);
  table.Text("name", subject.name);
  table.Word<SubjectKind>("kind", subject.kind,
                          {{"process", SubjectKind::Process}, {"kernel", SubjectKind::Kernel}});
  table.Texts("command", subject.command, kCommandExample, Placeholders::Known);
  std::string cwd = ".";
  table.Text("cwd", cwd);
  subject.cwd = (directory / cwd).lexically_normal();
  table.Environment("env", subject.env, Placeholders::Known);
  table.Number("port", subject.port, 0, 65535);
  std::string workspace = "fresh";
  table.Text("workspace", workspace);
  if (workspace != "fresh") subject.workspace = (directory / workspace).lexically_normal();
  const bool is_kernel = subject.kind == SubjectKind::Kernel;
  if (is_kernel) subject = WithKernelDefaults(std::move(subject));
  table.Word<Display>(
      "display", subject.display,
      {{"auto", Display::Auto}, {"virtual", Display::Virtual}, {"inherit", Display::Inherit}});
  table.Text("kernel", subject.kernel);
  table.TextOrNamed("sandbox", subject.sandbox, "srt");
  subject.ready = ReadReady(table.Table("ready"), subject.ready, problems);
  subject.health = ReadHealth(table.Table("health"), subject.health, problems);
  subject.stop = ReadStop(table.Table("stop"), subject.stop, problems);
  if (is_kernel) RefuseAddresses(*node, problems);
  subject.restart = ReadRestart(table.Table("restart"), subject.restart, problems);
  return subject;
}

SuiteConfig ReadSuite(const TomlNode& node, Problems& problems) {
  SuiteConfig suite;
  TableReader table(&node, "[[suite]]", problems);
  table.Text("name", suite.name);
  table.Word<Runner>("runner", suite.runner,
                     {{"pytest", Runner::Pytest},
                      {"notebook", Runner::Notebook},
                      {"gtest", Runner::Gtest},
                      {"doctest", Runner::Doctest},
                      {"catch2", Runner::Catch2},
                      {"ctest", Runner::Ctest},
                      {"command", Runner::Command}});
  if (const int line = table.Texts("paths", suite.paths, R"(["tests"])"); line != 0) {
    if (suite.paths.empty()) {
      problems.Add(line, table.Named("paths") + " is empty; name what to run, such as [\"tests\"]");
    }
  }
  table.Texts("args", suite.args, R"(["-x"])");
  table.Text("python", suite.python);
  table.Environment("env", suite.env, Placeholders::None);
  table.Duration("timeout", suite.timeout);
  RestartWhen policy = RestartWhen::Unhealthy;
  if (ReadPolicy(table, "restart", policy) != 0) suite.restart = policy;
  table.Flag("alone", suite.alone);
  table.Word<Compare>("compare", suite.compare,
                      {{"none", Compare::None}, {"text", Compare::Text}, {"all", Compare::All}});
  table.Patterns("sanitize", suite.sanitize);
  table.Flag("write_back", suite.write_back);
  return suite;
}

std::string FreeName(const std::vector<SuiteConfig>& suites, const std::string& wanted) {
  const auto is_taken = [&](const std::string& name) {
    return std::any_of(suites.begin(), suites.end(),
                       [&](const SuiteConfig& suite) { return suite.name == name; });
  };
  std::string name = wanted;
  for (int n = 2; is_taken(name); ++n) name = wanted + " " + std::to_string(n);
  return name;
}

std::vector<SuiteConfig> ReadSuites(const TomlNode* list, Problems& problems) {
  std::vector<SuiteConfig> suites;
  if (list == nullptr) return suites;
  for (const TomlNode& node : list->items) {
    SuiteConfig suite = ReadSuite(node, problems);
    const std::string wanted =
        suite.name.empty() ? std::string(ToString(suite.runner)) : suite.name;
    const std::string name = FreeName(suites, wanted);
    if (!suite.name.empty() && name != suite.name) {
      problems.Add(node.Find("name")->line, "there is a suite '" + suite.name + "' already");
    }
    suite.name = name;
    suites.push_back(std::move(suite));
  }
  return suites;
}

Failure<ConfigError> Unreadable(const fs::path& file, std::string message) {
  return {ConfigError{.file = file, .message = std::move(message)}};
}

/// The whole file, or a sentence.
Result<std::string, ConfigError> ReadText(const fs::path& file) {
  std::error_code error;
  const fs::file_status status = fs::status(file, error);
  if (status.type() == fs::file_type::not_found) {
    return Unreadable(file,
                      "there is no such file; write one, name another with --config, or give "
                      "'proctor run' a path of tests to run without a subject");
  }
  if (fs::is_directory(status)) {
    return Unreadable(file, "this is a directory; name the proctor.toml in it");
  }
  errno = 0;
  std::ifstream in(file, std::ios::binary);
  std::string text(kMaxBytes + 1, '\0');
  if (in) in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!in.is_open() || in.bad()) {
    return Unreadable(file, std::string("it cannot be read: ") + std::strerror(errno) +
                                "; look at its permissions");
  }
  text.resize(static_cast<size_t>(in.gcount()));
  if (text.size() > kMaxBytes) return Unreadable(file, "it is far too large for a configuration");
  return text;
}

}  // namespace

void GiveEachFileAKernel(Config& config) {
  if (!config.subject) {
    config.subject = WithKernelDefaults({});
    config.subject->name = config.subject->kernel = "python3";
    config.subject->cwd = config.directory;
  }
  if (config.subject->kind != SubjectKind::Kernel) return;
  config.subject->restart.when = RestartWhen::File;
}

int AutoLanes() {
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

Result<Config, ConfigError> ParseConfig(std::string_view text, const fs::path& file) {
  Result<TomlNode, ConfigError> root = ParseToml(text, file);
  if (!root) return Failure{root.error()};
  Config config;
  config.file = fs::absolute(file).lexically_normal();
  config.directory = config.file.parent_path();
  Problems problems(file);
  {
    TableReader table(&*root, "", problems);
    if (const TomlNode* subject = table.Table("subject")) {
      config.subject = ReadSubject(subject, config.directory, problems);
      // After the keys: what is missing may be there under a misspelt name.
      if (!problems.first()) CompleteSubject(*config.subject, *subject, problems);
    }
    TableReader batch(table.Table("batch"), "[batch]", problems);
    config.batch.lanes = 0;
    const int line = batch.NumberOrAuto("lanes", config.batch.lanes, 1, kMany);
    if (config.batch.lanes == 0) config.batch.lanes = line == 0 ? 1 : AutoLanes();
    config.suites = ReadSuites(table.ListOfTables("suite"), problems);
  }
  if (HasNotebooks(config.suites) && !NamesPolicy(root->Find("subject")))
    GiveEachFileAKernel(config);
  if (problems.first()) return Failure{*problems.first()};
  return config;
}

Result<Config, ConfigError> LoadConfig(const fs::path& file) {
  Result<std::string, ConfigError> text = ReadText(file);
  if (!text) return Failure{text.error()};
  Result<Config, ConfigError> config = ParseConfig(*text, file);
  if (config && config->suites.empty()) {
    if (std::optional<Config> found = DetectSuite(config->directory)) {
      config->suites = std::move(found->suites);
      if (!config->subject) config->subject = std::move(found->subject);
    }
  }
  return config;
}

}  // namespace proctor
