#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <filesystem>
#include <memory>
#include <string>

#include "core/base/result.h"

namespace proctor {

/// The journal's file and its tables; used by journal.cc and history.cc alone.
///
///   batches(number, id, wall_ms, root, title, ended, exit_code, duration_ms,
///           passed, xfailed, skipped, …)    ended: 0 until the batch has
///   events(batch, seq, at_ms, type, body)   batch: a batches.number; body: the line

/// Opens the journal for writing; makes directory, file and tables as needed.
/// Errors: a sentence that names the place and says what to do.
Result<std::unique_ptr<SQLite::Database>, std::string> OpenForWriting(
    const std::filesystem::path& state_dir);

/// Opens the journal for reading alone; null where there is none yet. Errors: a sentence.
Result<std::unique_ptr<SQLite::Database>, std::string> OpenForReading(
    const std::filesystem::path& state_dir);

/// "database or disk is full", and what the reader of it can do.
std::string Explain(const SQLite::Exception& e);

/// "passed, xfailed, …": the columns of batches that count outcomes, in enum order.
std::string OutcomeColumns();

}  // namespace proctor
