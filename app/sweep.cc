// `proctor sweep`: what killed Proctors have left, as far as their records prove it.

#include <fmt/format.h>

#include <cstdio>

#include "app/session.h"
#include "core/process/remains_linux.h"

namespace proctor {
namespace {

constexpr std::chrono::milliseconds kPatience{5000};  // for processes to end, of one Proctor

void Say(const std::string& text) {
  std::fputs((text + "\n").c_str(), stdout);
}

void Complain(const std::string& text) {
  std::fputs(("proctor: " + text + "\n").c_str(), stderr);
}

/// How much there was to do, and whether something of it could not be done.
struct Sum {
  int processes = 0, files = 0;
  bool failed = false;

  void Add(const Sum& more) {
    processes += more.processes;
    files += more.files;
    failed = failed || more.failed;
  }
};

std::string_view KindOf(FileKind kind) {
  switch (kind) {
    case FileKind::File:
      return "file";
    case FileKind::Socket:
      return "socket";
    case FileKind::Directory:
      return "directory";
  }
  return "";
}

void Tell(const RemainingProcess& process, std::string_view verb) {
  Say(fmt::format("  {:<8}process {}: {} ({})", verb, process.key.pid, process.command,
                  process.proof));
}

void TellFile(const RemainingFile& file, std::string_view verb) {
  Say(fmt::format("  {:<8}{} {} ({})", verb, KindOf(file.kind), file.path.string(), file.proof));
}

void SweepFile(const RemainingFile& file, const SweepCommand& command, Sum& sum) {
  ++sum.files;
  if (!command.yes) return TellFile(file, "remove");
  if (const auto removed = Remove(file); !removed) {
    Complain(removed.error());
    sum.failed = true;
  } else {
    TellFile(file, "removed");
  }
}

/// True: nothing of it lives any more.
bool SweepProcesses(const RunRecord& record, const std::vector<ProcessKey>& spared,
                    const SweepCommand& command, Sum& sum) {
  const std::vector<RemainingProcess> processes = ProcessesLeft(record, spared);
  sum.processes += static_cast<int>(processes.size());
  for (const RemainingProcess& process : processes) Tell(process, command.yes ? "ending" : "end");
  if (!command.yes || processes.empty()) return true;
  const std::vector<RemainingProcess> living = EndProcesses(record, spared, kPatience);
  for (const RemainingProcess& process : living) {
    Complain(fmt::format("process {} ({}) still lives {} s after SIGKILL; what belongs to it stays",
                         process.key.pid, process.command, kPatience.count() / 1000));
  }
  if (!living.empty()) sum.failed = true;
  return living.empty();
}

Sum SweepDead(const RunRecord& record, const std::vector<ProcessKey>& spared,
              const SweepCommand& command) {
  Sum sum;
  Say(fmt::format("Proctor (pid {}) was killed, and left:", record.proctor.pid));
  if (!SweepProcesses(record, spared, command, sum)) return sum;
  for (const RemainingFile& file : FilesLeft(record)) {
    // What stays must stay provable.
    if (file.path != record.file || !sum.failed) SweepFile(file, command, sum);
  }
  return sum;
}

Sum SweepRun(const RunRecord& record, const std::vector<ProcessKey>& spared,
             const SweepCommand& command) {
  const int pid = record.proctor.pid;
  switch (ConditionOf(record)) {
    case RunCondition::Dead:
      return SweepDead(record, spared, command);
    case RunCondition::Lives:
      Say(fmt::format("Proctor (pid {}) lives, and is left alone.", pid));
      break;
    case RunCondition::OtherWorld:
      Say(
          fmt::format("Proctor (pid {}) ran before the last boot or in another container; what it "
                      "may have left cannot be proven, and stays: {}",
                      pid, record.file.string()));
      break;
  }
  return {};
}

void TellSum(const Sum& sum, const SweepCommand& command) {
  if (sum.processes + sum.files == 0) return Say("Nothing is left of any earlier Proctor.");
  if (command.yes) return;
  Say(fmt::format(
      "\nProcesses to end: {}; to remove: {}. Nothing was touched: 'proctor sweep --yes' does it.",
      sum.processes, sum.files));
}

}  // namespace

int Sweep(const SweepCommand& command) {
  const std::vector<RunRecord> records = ReadRunRecords(DefaultStateDir() / "runs");
  const std::vector<ProcessKey> spared = SparedProcesses(records);
  Sum sum;
  for (const RunRecord& record : records) sum.Add(SweepRun(record, spared, command));
  const std::vector<RemainingFile> discovery = StaleDiscoveryFiles();
  if (!discovery.empty()) Say("Programs with the hooks that are no more have left:");
  for (const RemainingFile& file : discovery) SweepFile(file, command, sum);
  TellSum(sum, command);
  return static_cast<int>(sum.failed ? ExitCode::Internal : ExitCode::Ok);
}

}  // namespace proctor
