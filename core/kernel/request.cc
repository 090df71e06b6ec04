#include "core/kernel/request.h"

namespace proctor {

std::string_view ToString(RequestEnd end) {
  switch (end) {
    case RequestEnd::Ok:
      return "ok";
    case RequestEnd::Error:
      return "error";
    case RequestEnd::Interrupted:
      return "interrupted";
    case RequestEnd::TimedOut:
      return "timed_out";
    case RequestEnd::KernelDied:
      return "kernel_died";
  }
  return "";
}

std::string_view ToString(ChunkKind kind) {
  switch (kind) {
    case ChunkKind::Stream:
      return "stream";
    case ChunkKind::Result:
      return "result";
    case ChunkKind::Display:
      return "display";
    case ChunkKind::Update:
      return "update";
    case ChunkKind::Clear:
      return "clear";
    case ChunkKind::Error:
      return "error";
    case ChunkKind::Input:
      return "input";
  }
  return "";
}

}  // namespace proctor
