#include "core/report/text_reporter.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "core/report/text_format.h"
#include "core/report/text_summary.h"

namespace proctor {
namespace {

constexpr int kPathColumns = 48;  ///< paths are filled up to the longest, but not beyond this
constexpr int kBarCells = 20;

/// "0:05", "1:02:03"
std::string ClockText(double seconds) {
  const auto s = static_cast<int64_t>(std::max(seconds, 0.0));
  if (s < 3600) return fmt::format("{}:{:02}", s / 60, s % 60);
  return fmt::format("{}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60);
}

std::string NoticeLine(const Notice& notice, bool color) {
  switch (notice.severity) {
    case Severity::Info:
      return Tinted("note: ", Tint::Faint, color) + Plain(notice.text);
    case Severity::Warning:
      return Tinted("warning: ", Tint::Odd, color) + Plain(notice.text);
    case Severity::Error:
      return Tinted("error: ", Tint::Bad, color) + Plain(notice.text);
  }
  return {};
}

/// What runs now; empty: nothing does.
std::string RunningTest(const State& state) {
  for (const LaneState& lane : state.lanes) {
    const TestRef* ref = lane.draft ? &lane.draft->test : lane.waiting ? &*lane.waiting : nullptr;
    if (ref) return Plain(state.files[ref->file].tests[ref->test].id);
    if (!lane.collecting.empty()) return "collecting " + Plain(lane.collecting);
  }
  return {};
}

}  // namespace

class TextReporter::Impl {
 public:
  Impl(Sink sink, TextStyle style, const Clock& clock)
      : sink_(std::move(sink)), style_(style), clock_(clock) {}

  void SetWidth(int columns) { style_.width = columns; }

  void Show(const State& state) {
    std::string out = News(state);
    if (style_.live) {
      const bool running =
          state.batch.phase == BatchPhase::Starting || state.batch.phase == BatchPhase::Running;
      Redraw(std::move(out), running ? Bar(state) : "");
    } else if (!out.empty()) {
      sink_(out);
    }
  }

  void Finish(const State& state) {
    std::string out = News(state) + SummaryText(state, style_);
    if (style_.live) {
      Redraw(std::move(out), "");
    } else {
      sink_(out);
    }
  }

 private:
  /// Lines about all that the last snapshot did not have.
  std::string News(const State& state) {
    if (state.batch.id != batch_) StartOver(state.batch.id);
    std::string out;
    for (; notices_ < state.notices.size(); ++notices_) {
      out += NoticeLine(state.notices[notices_], style_.color) + "\n";
    }
    for (; generations_ < state.generations.size(); ++generations_) {
      Respawn(out, state.generations[generations_]);
    }
    for (; files_ < state.files.size(); ++files_) {
      const int columns = static_cast<int>(state.files[files_].path.size());
      path_columns_ = std::max(path_columns_, std::min(columns, kPathColumns));
      finals_in_file_.push_back(0);
    }
    const size_t finals = std::min(state.finals, state.done.size());
    for (; finals_ < finals; ++finals_) Final(out, state, state.done[finals_]);
    return out;
  }

  void StartOver(const std::string& batch) {
    batch_ = batch;
    notices_ = generations_ = files_ = finals_ = 0;
    finals_in_file_.clear();
    counts_ = {};
    path_columns_ = 0;
  }

  void Respawn(std::string& out, const GenerationState& generation) const {
    if (generation.cause == SpawnCause::First) return;
    std::string line = fmt::format("subject: generation {} starts", generation.id.value);
    if (!generation.cause_text.empty()) line += ": " + Plain(generation.cause_text);
    out += Tinted(line, generation.cause == SpawnCause::Unhealthy ? Tint::Odd : Tint::Faint,
                  style_.color) +
           "\n";
  }

  void Final(std::string& out, const State& state, TestRef ref) {
    const FileState& file = state.files[ref.file];
    const TestState& test = file.tests[ref.test];
    ++counts_[test.outcome];
    if (IsBad(test.outcome)) out += "  " + FailureLine(test, style_.color) + "\n";
    if (++finals_in_file_[ref.file] == file.tests.size()) {
      out += FileLine(file, path_columns_, style_.color) + "\n";
    }
  }

  /// New lines above the bar, and the bar anew.
  void Redraw(std::string lines, const std::string& bar) {
    if (lines.empty() && bar == bar_) return;
    std::string out = bar_.empty() ? "" : "\r\x1b[K";
    out += lines;
    out += bar;
    bar_ = bar;
    if (!out.empty()) sink_(out);
  }

  std::string Bar(const State& state) {
    const int done = static_cast<int>(finals_), all = std::max(state.planned, done);
    const int cells = all > 0 ? kBarCells * done / all : 0;
    const double elapsed = Elapsed(state);
    std::string text =
        fmt::format("[{:=<{}}{: <{}}] {}/{}", "", cells, "", kBarCells - cells, done, all);
    if (const std::string counts = CountsText(counts_, false); !counts.empty())
      text += "  " + counts;
    text += "  " + ClockText(elapsed);
    if (done > 0 && done < all) text += ", " + ClockText(elapsed / done * (all - done)) + " left";
    if (const std::string running = RunningTest(state); !running.empty()) text += "  " + running;
    // A character in the last column would wrap on some terminals.
    return Tinted(Fit(text, style_.width - 1), counts_.Bad() > 0 ? Tint::Bad : Tint::Good,
                  style_.color);
  }

  /// Seconds since the batch started. Snapshots come with events; between them the
  /// reporter's own clock goes on from the latest.
  double Elapsed(const State& state) {
    if (state.now != latest_event_) {
      latest_event_ = state.now;
      seen_at_ = clock_.Now();
    }
    return ((state.now - state.batch.started) + (clock_.Now() - seen_at_)).count() / 1e9;
  }

  const Sink sink_;
  TextStyle style_;
  const Clock& clock_;

  std::string batch_;  ///< whose numbers these are
  // How many of the state's were shown.
  size_t notices_ = 0, generations_ = 0, files_ = 0, finals_ = 0;
  std::vector<size_t> finals_in_file_;
  Counts counts_;  ///< of the final tests
  int path_columns_ = 0;
  std::string bar_;  ///< as it stands on the screen; empty: none does
  Time latest_event_, seen_at_;
};

TextReporter::TextReporter(Sink sink, TextStyle style, const Clock& clock)
    : impl_(std::make_unique<Impl>(std::move(sink), style, clock)) {}
TextReporter::~TextReporter() = default;

void TextReporter::SetWidth(int columns) {
  impl_->SetWidth(columns);
}
void TextReporter::Show(const State& state) {
  impl_->Show(state);
}
void TextReporter::Finish(const State& state) {
  impl_->Finish(state);
}

}  // namespace proctor
