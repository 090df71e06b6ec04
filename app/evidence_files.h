#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "core/model/state.h"

namespace proctor {

/// A piece of evidence as it is shown.
struct EvidenceContent {
  Evidence piece;
  std::string text;           ///< of all but the screenshot; its head, where it is long
  std::string trouble;        ///< why there is nothing to show; empty: there is
  int width = 0, height = 0;  ///< pixels of the screenshot
  std::vector<uint8_t> rgba;  ///< of the screenshot, the upper row first
};
using EvidenceContents = std::vector<EvidenceContent>;

/// The files of one test's evidence, read and decoded by a thread of their own, so that no
/// frame waits for a disk. The frame loop owns it.
class EvidenceFiles {
 public:
  /// Begins to read what belongs to these details; what was read before is let go.
  void Read(std::shared_ptr<const TestDetails> details, std::function<void()> wake);
  /// Null until all is read.
  std::shared_ptr<const EvidenceContents> Contents() const;

 private:
  struct Slot {
    std::mutex mutex;
    std::shared_ptr<const EvidenceContents> contents;
  };
  std::shared_ptr<Slot> slot_ = std::make_shared<Slot>();
  std::jthread reader_;
};

}  // namespace proctor
