#include "core/report/describe.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <vector>

#include "core/report/text_format.h"
#include "core/report/text_summary.h"

namespace proctor {
namespace {

std::string LocalTime(int64_t wall_ms) {
  const std::time_t seconds = wall_ms / 1000;
  std::tm local{};
  ::localtime_r(&seconds, &local);
  return fmt::format("{:%Y-%m-%d %H:%M:%S}", local);
}

/// "1 failed, 8 passed", or that it did not get so far.
std::string ResultText(const BatchRow& batch) {
  if (!batch.summary) return "unfinished";
  const std::string counts = CountsText(batch.summary->counts, false);
  return counts.empty() ? "no tests" : counts;
}

}  // namespace

std::string DescribeBatches(std::span<const BatchRow> batches) {
  if (batches.empty()) return "no batch has been run yet\n";
  using Row = std::array<std::string, 6>;
  std::vector<Row> rows = {{"BATCH", "STARTED", "TIME", "EXIT", "RESULT", "WHAT"}};
  for (const BatchRow& batch : batches) {
    const auto& summary = batch.summary;
    rows.push_back({batch.info.id, LocalTime(batch.info.wall_ms),
                    summary ? Seconds(summary->duration_ms) : "-",
                    summary ? std::to_string(summary->exit_code) : "-", ResultText(batch),
                    Plain(batch.info.title + "  " + batch.info.root)});
  }
  std::array<size_t, 6> widths{};
  for (const Row& row : rows) {
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string out;
  for (const Row& row : rows) {
    for (size_t i = 0; i + 1 < row.size(); ++i) {
      out += fmt::format("{:<{}}  ", row[i], widths[i]);
    }
    out += row.back() + "\n";
  }
  return out;
}

std::string DescribeBatch(const BatchRow& row, const State& state, const TextStyle& style) {
  std::string out =
      fmt::format("batch {}, started {}\n{}  {}\n", row.info.id, LocalTime(row.info.wall_ms),
                  Plain(row.info.title), Plain(row.info.root));
  if (!row.summary) {
    out += Tinted(
        "unfinished: it runs still, or its Proctor was ended; what follows is what it "
        "had come to\n",
        Tint::Odd, style.color);
  }
  out += "\n";
  size_t columns = 0;
  for (const FileState& file : state.files) columns = std::max(columns, file.path.size());
  for (const FileState& file : state.files) {
    out += FileLine(file, static_cast<int>(std::min<size_t>(columns, 48)), style.color) + "\n";
  }
  return out + SummaryText(state, style);
}

}  // namespace proctor
