#pragma once
// What a route sees and says: plain structs, so that a program which adds
// routes includes no HTTP library.

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace proctor::hooks {

/// Who may call a route. Host and Origin are checked on every route.
enum class Access {
  Token,  ///< only with "Authorization: Bearer <token>"; else 401
  Open,   ///< anybody on this machine
};

/// How large the body of a route's requests may be.
enum class BodySize {
  Usual,  ///< 1 MiB
  Large,  ///< 8 MiB; of more than the usual nothing is read without the token
};

struct HttpRequest {
  std::string method;                          ///< "GET", "POST", … in capitals
  std::string path;                            ///< decoded, without the query
  std::map<std::string, std::string> params;   ///< of the query (or a form body); the last one wins
  std::vector<std::string> matches;            ///< what the pattern's {…} matched, in order
  std::map<std::string, std::string> headers;  ///< names in lower case
  std::string body;                            ///< at most 1 MiB; see BodySize

  /// The header of that name, in any case; empty when there is none.
  std::string header(std::string_view name) const;
  /// The query parameter of that name, or `otherwise`.
  std::string param(std::string_view name, std::string_view otherwise = {}) const;
};

struct HttpAnswer {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::function<void()> after = nullptr;  ///< runs on the same thread once the answer was written
};

/// {"error": error, "hint": hint}, the shape of every refusal. The hint says what to do.
HttpAnswer ErrorAnswer(int status, std::string_view error, std::string_view hint);

/// Runs on a thread of the server's pool. Must be thread-safe; whatever touches
/// GUI state goes through Hooks::RunOnFrame(). What it throws becomes a 500.
using Handler = std::function<HttpAnswer(const HttpRequest&)>;

/// One open "text/event-stream". A handler sends until a call says false or
/// Stopping() does, waits with a timeout (a second at most) in between, sends a
/// Heartbeat() when nothing happened, and then returns.
class EventStream {
 public:
  virtual ~EventStream() = default;
  struct Event {
    std::string_view data;       ///< may hold several lines
    std::string_view name = {};  ///< "" sends none
    std::string_view id = {};    ///< "" sends none; comes back as Last-Event-ID
  };
  virtual bool Send(const Event& event) = 0;  ///< false: the client is gone
  virtual bool Heartbeat() = 0;               ///< false: the client is gone
  virtual bool Stopping() const = 0;          ///< true: the server is closing
};

/// Runs on a pool thread for as long as the client listens. At most 16 streams
/// at a time; one more is answered 503.
using StreamHandler = std::function<void(const HttpRequest&, EventStream&)>;

}  // namespace proctor::hooks
