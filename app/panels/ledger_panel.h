#pragma once

#include <memory>
#include <optional>
#include <string>

#include "app/desk.h"
#include "app/requests.h"
#include "app/text_block.h"
#include "core/model/state.h"

namespace proctor {

struct LedgerPanel {
  explicit LedgerPanel(Desk& shared) : desk(shared) {}

  Desk& desk;
  GenerationId picked;  ///< whose files and stacks are shown below the table; none: nobody's
  std::string stacks;   ///< that are shown; held, so that the block's text stays where it is
  TextBlock block;
};

/// The ledger of the generations: how each came, what it served, what its processes held
/// over its life and which file made it grow, why it ended.
void DrawLedger(const State& state, LedgerPanel& panel, const Post& post);

}  // namespace proctor
