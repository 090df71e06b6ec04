#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "core/base/result.h"

namespace proctor {

/// Jupyter's messages as they stand on the wire (protocol 5.3). Pure: no sockets, no threads.

/// The frames of one message, in order; bytes, not text.
using Frames = std::vector<std::string>;

struct KernelMessage {
  std::string type;             ///< "execute_request", "stream", …
  std::string id;               ///< the header's msg_id; unique
  std::string session;          ///< of whoever sent it: a restarted kernel has another
  std::string parent_id;        ///< msg_id of what it answers; empty: of nothing
  std::string parent_type;      ///< likewise
  std::string content = "{}";   ///< a JSON object, as it came and not yet parsed
  std::string metadata = "{}";  ///< likewise; never null: a kernel drops such a request unsaid
  Frames identities;            ///< routing ids, or iopub's topic
  Frames buffers;               ///< unsigned
};

/// SHA-256 HMAC in hex of header, parent header, metadata and content, over their exact
/// bytes. An empty key signs with nothing.
std::string Sign(std::string_view key, std::string_view header, std::string_view parent,
                 std::string_view metadata, std::string_view content);

/// The frames to send, the identities first. The header gets the present date, version 5.3 and
/// the user name "proctor".
Frames Serialize(const KernelMessage& message, std::string_view key);

/// Signatures that were seen lately: one that comes again is somebody's replay.
class SeenSignatures {
 public:
  /// False: it was seen before.
  bool Add(std::string signature);

 private:
  std::unordered_set<std::string> seen_;
  std::deque<std::string> order_;  ///< the oldest first; bounded
};

/// Checks the signature, in constant time, and reads both headers. `content` is not looked at.
/// Errors: a sentence. No delimiter, too few frames, a wrong or repeated signature, a header
/// that is no JSON object or has no msg_id or msg_type.
Result<KernelMessage, std::string> Parse(const Frames& frames, std::string_view key,
                                         SeenSignatures& seen);

/// 128 random bits as 32 hex digits: session ids, message ids, keys.
std::string NewKernelId();

}  // namespace proctor
