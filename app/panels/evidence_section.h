#pragma once

#include <array>
#include <functional>
#include <memory>

#include "app/desk.h"
#include "app/evidence_files.h"
#include "app/picture.h"
#include "app/text_block.h"

namespace proctor {

/// What the details panel shows of a failed test's evidence: the picture, and the texts.
struct EvidenceSection {
  std::function<void()> wake;  ///< called from the reading thread; empty: nobody sleeps
  EvidenceFiles files;
  std::shared_ptr<const EvidenceContents> shown;  ///< null: still being read
  Picture picture;
  std::array<TextBlock, 5> texts;  ///< by EvidenceKind

  /// Another test is shown from now on; null: none.
  void Change(const std::shared_ptr<const TestDetails>& details);
};

void DrawEvidence(EvidenceSection& section, const TestDetails& details, Desk& desk);

}  // namespace proctor
