#pragma once

#include <optional>

#include "app/desk.h"
#include "app/output_lines.h"
#include "app/requests.h"
#include "core/model/state.h"

namespace proctor {

struct OutputPanel {
  explicit OutputPanel(Desk& shared) : desk(shared) {}

  Desk& desk;
  std::optional<OutputSource> source;  ///< none: all
  bool follow = true;                  ///< the newest line stays in view
  OutputLines lines;
  float widest = 0;  ///< of the lines that were seen, for the scroll bar
};

/// What workers and subject print, as it comes.
void DrawOutput(const State& state, OutputPanel& panel, const Post& post);

}  // namespace proctor
