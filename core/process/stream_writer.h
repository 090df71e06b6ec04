#pragma once

#include <string>

#include "core/process/pipe.h"

struct uv_loop_s;

namespace proctor {

/// Writes to a stream socket or pipe on the loop and never blocks: what the other
/// end does not take yet is kept. When the other end is gone, what is written is
/// dropped; whoever reads from it learns of that.
class StreamWriter {
 public:
  /// Takes the descriptor over.
  StreamWriter(uv_loop_s* loop, Fd fd);
  ~StreamWriter();
  StreamWriter(const StreamWriter&) = delete;
  StreamWriter& operator=(const StreamWriter&) = delete;

  void Write(std::string text);

 private:
  struct Stream;
  Stream* stream_;  ///< freed by libuv's close callback
};

}  // namespace proctor
