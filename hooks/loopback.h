#pragma once
// The server's own connections, found among the process's descriptors.

#include <chrono>

namespace proctor::hooks {

/// Ends the reading half of the connections to this process's server on `port` from which
/// nothing came for `silent` or longer, so that who waits for a request there sees its end
/// at once; not of those whose request waits to be read. Zero: of every connection.
void EndReading(int port, std::chrono::milliseconds silent = {});

}  // namespace proctor::hooks
