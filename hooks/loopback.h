#pragma once
// The server's own connections, found among the process's descriptors.

#include <chrono>
#include <functional>

namespace proctor::hooks {

/// Ends the reading half of every connection to this process's server on `port`, so
/// that who waits for a request there sees its end at once.
void EndReading(int port);
/// The same for the connections from which nothing came for `silent` or longer, except for
/// those that wait for this process: what they sent is not read yet, or `answering` holds of
/// the client's port.
void EndSilent(int port, std::chrono::milliseconds silent,
               const std::function<bool(int client_port)>& answering);

}  // namespace proctor::hooks
