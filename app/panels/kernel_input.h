#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/kernel/session.h"

namespace proctor {

/// Where a kernel's answer to a Tab comes to, from the client's thread, maybe after nobody
/// waits for it any more.
struct CompletionSlot {
  std::mutex mutex;
  std::optional<std::string> reply;  ///< the content as JSON; empty text: there is none
};

/// The box in which code is written, with what was run before, and what could come next.
struct KernelInput {
  std::string code;
  std::vector<std::string> history;        ///< the oldest first
  size_t shown = 0;                        ///< of the history; its size: what is being written
  std::string draft;                       ///< what was being written before a look at the history
  std::optional<std::string> replacement;  ///< of the code, when the box lets it be changed
  bool active = false;                     ///< it is being edited; of the last frame
  bool run = false;                        ///< Shift+Enter was pressed
  int cursor = 0;                          ///< bytes; of the last frame
  std::shared_ptr<CompletionSlot> asked;   ///< null: nothing is awaited
  std::string asked_of;                    ///< the code that it was about
  std::vector<std::string> matches;        ///< to choose from; empty: nothing is offered
  int match_from = 0, match_to = 0;        ///< bytes of the code that a match takes the place of
  bool wants_completion = false;           ///< Tab was pressed
};

/// Draws the box and what it offers. The code to be run, when it is told to; else none.
/// `session` may be null; `wake` makes the window draw.
std::optional<std::string> DrawKernelInput(KernelInput& input, KernelSession* session,
                                           const std::function<void()>& wake, float height,
                                           bool enabled);

/// It was run: the history ends with it, and the next look at that begins there.
void Remember(KernelInput& input, const std::string& code);

}  // namespace proctor
