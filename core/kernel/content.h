#pragma once

#include <optional>
#include <string>

#include "core/kernel/client.h"
#include "core/kernel/message.h"
#include "core/kernel/request.h"
#include "core/kernel/request_tracker.h"

namespace proctor {

/// What stands in messages' contents; pure. A content that is no JSON object is read as an
/// empty one: a kernel's mistake is no reason to lose a request's end.

std::string ExecuteContent(const ExecuteRequest& request);
std::string CompleteContent(const std::string& code, int cursor);
std::string InspectContent(const std::string& code, int cursor, int detail);
std::string ShutdownContent(bool restart);
std::string InputContent(const std::string& line);

/// An output, or a line asked for; none where the message is nothing of the kind.
std::optional<OutputChunk> ReadOutput(const KernelMessage& message);
ExecuteReply ReadExecuteReply(const KernelMessage& message);
KernelInfo ReadKernelInfo(const KernelMessage& message);

enum class KernelState { Busy, Idle, Starting, Unknown };
KernelState ReadState(const KernelMessage& message);
int ReadExecutionCount(const KernelMessage& message);  ///< 0: it says none

}  // namespace proctor
