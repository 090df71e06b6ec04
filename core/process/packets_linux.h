#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/process/protocol.h"

namespace proctor::tether {

/// Sending and receiving of protocol.h's messages. Nothing here raises SIGPIPE.

/// Waits while the socket is full. False: the other end is gone.
bool SendReport(int socket, const Report& report, std::string_view text);

enum class Sent { Yes, Full, Gone };

/// Never waits. On Gone, errno says why: EPIPE, or what is wrong with a descriptor.
Sent SendRequest(int socket, const Request& request, const std::vector<int>& descriptors = {});

struct ReceivedRequest {
  Request request;
  std::vector<int> descriptors;  ///< ours to close
};

enum class Received { Packet, Nothing, Gone };

/// Neither waits.
Received ReceiveRequest(int socket, ReceivedRequest& into);
Received ReceiveReport(int socket, Report& report, std::string& text);

/// Closes every descriptor from 3 on that is not in `keep`.
void CloseAllExcept(std::vector<int> keep);

}  // namespace proctor::tether
