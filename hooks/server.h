#pragma once
// The HTTP server: 127.0.0.1 only, one request after another on a connection, each
// through the same door (access.h) to a table of routes. It knows nothing of
// health or frames; hooks.cc puts those in as routes.

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "hooks/expected.h"
#include "hooks/http.h"

namespace proctor::hooks {

/// A request and how it was answered; refused ones too.
struct AnsweredRequest {
  std::string method;  ///< "" for what is no HTTP
  std::string path;    ///< decoded, without the query
  int status = 0;      ///< of a stream: 200 once it has begun
  std::chrono::steady_clock::time_point begun;
};

class Server {
 public:
  /// A server without a socket: it takes routes and answers nobody. Its port is 0.
  static std::unique_ptr<Server> Silent();
  /// Binds and listens; `port` 0 takes a free one. No request is served before Serve().
  /// Errors: the port is taken (the message names it), no socket.
  static Expected<std::unique_ptr<Server>> Listen(int port, std::string token);
  ~Server();  ///< Stop()
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  int port() const;

  /// Thread-safe, before and after Serve().
  void AddRoute(std::string method, std::string pattern, Access access, Handler handler,
                BodySize body = BodySize::Usual);
  void AddStream(std::string pattern, Access access, StreamHandler handler);

  /// All that were added: method in lower case, and pattern.
  std::vector<std::pair<std::string, std::string>> Routes() const;

  /// Who hears of every request, on its thread. Before Serve().
  void OnAnswered(std::function<void(const AnsweredRequest&)> listener);

  void Serve();
  /// Ends the streams and the connections that have not sent their request yet, lets
  /// running handlers finish and their answers go out, and joins the threads.
  void Stop();
  bool Stopping() const;  ///< Stop() has begun; from any thread

 private:
  struct Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace proctor::hooks
