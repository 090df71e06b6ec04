#pragma once
// The server's own connections, found among the process's descriptors.

#include <chrono>
#include <cstdint>
#include <functional>

namespace proctor::hooks {

/// A connection as the system sees it at this moment.
struct Connection {
  int client_port = 0;
  uint64_t received = 0;               ///< bytes, since it was made
  std::chrono::milliseconds silent{};  ///< since the last of them, or since it was made
  bool unread = false;                 ///< something came that no thread has read yet
};

enum class End {
  No,
  Yes,    ///< what was written to it still goes out
  Reset,  ///< its client hears of it at once, also while it sends without listening
};

/// Shows `decide` every connection to this process's server on `port`. What is to be ended is
/// ended in both directions: reading alone would go on for as long as its client sends.
void ForEachConnection(int port, const std::function<End(const Connection&)>& decide);

/// Ends the connection of this client after an answer that it may not have read yet: says that
/// nothing more will come, and passes over what it still sends, for at most `patience`.
void HangUp(int port, int client_port, std::chrono::milliseconds patience);

}  // namespace proctor::hooks
