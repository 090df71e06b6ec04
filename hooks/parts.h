#pragma once
// What a program adds of its own for tests: named actions, readable state, a shutdown
// handler. Plain functions and text, so that a program which adds them includes no JSON
// library.

#include <functional>
#include <string>

namespace proctor::hooks {

/// Where a part of the program's own runs.
enum class RunOn {
  FrameThread,   ///< between two frames, as Hooks::RunOnFrame() does
  ServerThread,  ///< on the thread of the request; has to be thread-safe
};

/// What an action answers: a value as JSON text, or in `error` why it was not done.
struct ActionAnswer {
  std::string json = "null";
  std::string error = {};  ///< not empty: the caller gets 422 with these words
};
/// `arguments` is the request's body: JSON text, "" where there was none. What it throws
/// is answered with 500 and its words, and does not degrade the program.
using ActionFn = std::function<ActionAnswer(const std::string& arguments)>;
/// A piece of the program's state as JSON text. What it throws is answered with 500.
using StateFn = std::function<std::string()>;

}  // namespace proctor::hooks
