#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "core/process/run_record.h"

namespace proctor {

/// What a Proctor that was killed has left, as far as its record proves it. Nothing is
/// touched but by EndProcesses() and Remove(), and those look once more before they do.

enum class RunCondition {
  Lives,       ///< nothing of it is looked at
  OtherWorld,  ///< of another boot or container: its process numbers say nothing here
  Dead,
};
RunCondition ConditionOf(const RunRecord& record);

struct RemainingProcess {
  ProcessKey key;
  std::string command;  ///< its command line, shortened
  std::string proof;    ///< half a sentence: "its tether", "descends from its tether"
};

enum class FileKind { File, Socket, Directory };
struct RemainingFile {
  std::filesystem::path path;
  FileKind kind = FileKind::File;
  FileKey key;
  std::string proof;
};

/// The processes that must not be touched, whatever they descend from: living Proctors with
/// all that they have started, and we with those that we run under.
std::vector<ProcessKey> SparedProcesses(const std::vector<RunRecord>& records);

/// What lives of a dead Proctor's, parents before their children: those of its record whose
/// start time is the recorded one, and all that descend from them.
std::vector<RemainingProcess> ProcessesLeft(const RunRecord& record,
                                            const std::vector<ProcessKey>& spared);

/// Its runtime directory, the socket and lock of its Xvfbs, and its record, which is last.
/// Only what is this user's, and is the very file that the record names.
std::vector<RemainingFile> FilesLeft(const RunRecord& record);

/// The discovery files of processes that are no more, in the directories where the hooks
/// write them.
std::vector<RemainingFile> StaleDiscoveryFiles();

/// Stops them all, so that none can start another, and ends them. Returns those that still
/// live after so long.
std::vector<RemainingProcess> EndProcesses(const RunRecord& record,
                                           const std::vector<ProcessKey>& spared,
                                           std::chrono::milliseconds patience);

/// Errors: a sentence; it is another file by now, a server has come to listen on it, or it
/// cannot be removed. One that is gone is no error.
Result<void, std::string> Remove(const RemainingFile& file);

}  // namespace proctor
