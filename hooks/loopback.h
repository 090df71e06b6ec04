#pragma once
// The server's own connections, found among the process's descriptors.

namespace proctor::hooks {

/// Ends the reading half of every connection to this process's server on `port`, so
/// that who waits for a request there sees its end at once.
void EndReading(int port);

}  // namespace proctor::hooks
