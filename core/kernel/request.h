#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace proctor {

/// What is asked of a kernel, and what comes of it; plain values.

using RequestId = uint64_t;  ///< 1, 2, 3 … within a session; 0: none

struct ExecuteRequest {
  std::string code;
  std::chrono::milliseconds timeout{0};  ///< from its start; then it is interrupted. 0: none
  bool silent = false;                   ///< no outputs but streams, no history
  bool store_history = true;
  bool allow_stdin = false;
  bool stop_on_error = false;  ///< true: what stands behind it in the kernel's queue is aborted
};

enum class ChunkKind {
  Stream,   ///< printed
  Result,   ///< the value of the last expression
  Display,  ///< display_data
  Update,   ///< update_display_data: it replaces every display of its id
  Clear,    ///< clear_output
  Error,    ///< the exception that ended the cell
  Input,    ///< the kernel asks for a line; see KernelClient::Reply()
};

/// One output message, in the order in which they came.
struct OutputChunk {
  ChunkKind kind = ChunkKind::Stream;
  std::string name;         ///< Stream: stdout or stderr. Error: the exception's name
  std::string text;         ///< Stream: as printed. Error: the exception's value. Input: the prompt
  std::string data = "{}";  ///< Result, Display, Update: a JSON object by MIME type
  std::string metadata = "{}";         ///< likewise
  std::string display_id;              ///< Display, Update, Result; empty: none
  std::vector<std::string> traceback;  ///< Error: with its ANSI colours
  int execution_count = 0;             ///< Result
  bool wait = false;                   ///< Clear: only when the next output comes
  bool password = false;               ///< Input: not to be shown
};

/// How a request ended: exactly one of them.
enum class RequestEnd { Ok, Error, Interrupted, TimedOut, KernelDied };

struct ExecuteResult {
  RequestId request = 0;
  RequestEnd end = RequestEnd::Ok;
  std::string reason;      ///< a sentence where it is not Ok
  bool cancelled = false;  ///< it never began: it was dropped from the queue
  int execution_count = 0;
  double duration_ms = 0;            ///< from its start
  std::optional<OutputChunk> error;  ///< of kind Error, where an exception ended it
};

/// Called on the client's thread; must not block. Empty ones are not called.
struct ExecuteCallbacks {
  std::function<void(const OutputChunk&)> on_output;
  std::function<void(const ExecuteResult&)> on_end;  ///< once, and the last
};

/// ok error interrupted timed_out kernel_died; stream result display update clear error input
std::string_view ToString(RequestEnd end);
std::string_view ToString(ChunkKind kind);

}  // namespace proctor
