#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "core/base/clock.h"
#include "core/model/state.h"

namespace proctor {

/// How `proctor run` looks.
struct TextStyle {
  bool color = false;
  bool live = false;      ///< a terminal: the last line is a progress bar, drawn anew
  int width = 80;         ///< columns; of the progress bar
  int detail_lines = 40;  ///< of one failure's details, in the summary
  int output_lines = 10;  ///< of one failure's output, in the summary
};

/// Shows a batch as text while it runs: a line for each finished test file, and
/// failures, notices and respawns at once; at the end the summary. The caller waits
/// for snapshots and hands each to Show(), which costs what is new in it; in live
/// mode also the same one again every so often, so that the time goes on.
/// Only final outcomes are shown.
class TextReporter {
 public:
  using Sink = std::function<void(std::string_view)>;  ///< gets whole lines, or a drawn bar

  /// `clock` fills in the time between snapshots.
  TextReporter(Sink sink, TextStyle style, const Clock& clock);
  ~TextReporter();

  void SetWidth(int columns);
  void Show(const State& state);
  /// The last snapshot, and the summary.
  void Finish(const State& state);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace proctor
