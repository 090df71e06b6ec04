#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"

namespace proctor {

/// A TCP port of 127.0.0.1 that nobody uses at the moment. It is not held: who
/// gets it has to bind it, and may be too late. Errors: there is none left.
Result<uint16_t, std::string> FreePort();

/// Several at once, all different: each is held until the last is found.
Result<std::vector<uint16_t>, std::string> FreePorts(size_t count);

/// Whether a server could listen on 127.0.0.1:port now. What is left over from
/// ended connections does not count, as servers set SO_REUSEADDR.
bool IsPortFree(uint16_t port);

/// Who listens on a port of this machine.
struct Listener {
  int pid = 0;          ///< 0: a process that we may not look at
  std::string command;  ///< its command line, shortened
  unsigned user = 0;    ///< the numeric user that it runs as

  /// "'python3 -m http.server 8000' (pid 4242)"
  std::string Text() const;
};

/// Empty when nothing listens there. Asks /proc only.
std::optional<Listener> PortHolder(uint16_t port);

}  // namespace proctor
