#pragma once

#include <functional>
#include <string_view>

#include "core/process/pipe.h"

struct uv_loop_s;

namespace proctor {

/// Drains one end of a pipe or stream socket on the loop, always, so that who
/// writes to it is never blocked by us for longer than a turn of the loop. Holds
/// one buffer and nothing more, however much comes.
class OutputReader {
 public:
  struct Callbacks {
    /// At most 64 KiB, good during the call only.
    std::function<void(std::string_view)> on_chunk;
    /// The last descriptor for the other end was closed, which may be long after
    /// the child's exit. Comes once, and last.
    std::function<void()> on_end;
  };

  /// How long to leave the writer alone after each chunk. A writer that sends many small
  /// messages pays for every wake-up of ours; read in batches, they cost it next to nothing.
  enum class Breather : int { None = 0, TwoMillis = 2 };

  /// Takes the descriptor over. May be destroyed at any time, in its own
  /// callbacks too; the loop has to run once more for libuv to free its handle.
  OutputReader(uv_loop_s* loop, Fd fd, Callbacks callbacks, Breather breather = Breather::None);
  ~OutputReader();
  OutputReader(const OutputReader&) = delete;
  OutputReader& operator=(const OutputReader&) = delete;

 private:
  struct Stream;
  Stream* stream_;  ///< freed by libuv's close callback
};

}  // namespace proctor
