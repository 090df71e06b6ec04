#include "hooks/server.h"

#include <httplib.h>

#include <sys/socket.h>

#include <atomic>
#include <cctype>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>
#include <string_view>
#include <thread>
#include <utility>

#include "hooks/access.h"
#include "hooks/answering.h"
#include "hooks/connection_pool.h"
#include "hooks/connection_watch.h"
#include "hooks/last_request.h"
#include "hooks/loopback.h"
#include "hooks/quiet_thread.h"
#include "hooks/routes.h"

namespace proctor::hooks {
namespace {

constexpr size_t kMostThreads = 512;  // a thread that waits costs little but its address space
constexpr int kMostStreams = 16;
constexpr size_t kMostBody = 1 << 20;
constexpr size_t kMostLargeBody = 8 << 20;
constexpr int kBacklog = 256;
constexpr size_t kMostRequests = 1'000'000;  ///< on one connection
constexpr time_t kTimeoutSeconds = 5;
constexpr char kOurs[] = "Cache-Control";  ///< no answer of the library's own has it
constexpr std::chrono::milliseconds kWatchEvery{50};
/// How long a refused client may go on with its body, unheard, before it is cut off.
constexpr std::chrono::milliseconds kHangUp{500};
/// The body, and a head that is far larger than any that makes sense.
constexpr ConnectionWatch::Limits kLimits{.bytes = kMostBody + (1 << 17),
                                          .time = std::chrono::seconds(kTimeoutSeconds),
                                          .time_while_crowded = std::chrono::milliseconds(500)};

/// cpp-httplib's view of the ConnectionPool. Newer versions want to hear whether a
/// connection was taken, older ones nothing; the return type follows the version.
class TaskQueue : public httplib::TaskQueue {
 public:
  using Taken = decltype(std::declval<httplib::TaskQueue&>().enqueue({}));

  TaskQueue(int port, Answering& answering) : port_(port), answering_(answering) {}

  Taken enqueue(std::function<void()> connection) override {
    pool_.Add([this, connection = std::move(connection)] {
      connection();
      answering_.End();
    });
    return Taken(true);
  }
  /// First the answers, because the library drops the answer to a connection that it
  /// cannot read from any more.
  void shutdown() override {
    answering_.WaitForNone();
    ForEachConnection(port_, [](const Connection&) { return End::Yes; });
    pool_.Shutdown();
  }

 private:
  const int port_;
  Answering& answering_;
  ConnectionWatch watch_{answering_, kLimits};
  ConnectionPool pool_{kMostThreads, kWatchEvery,
                       [this](Crowded crowded) { watch_.Look(port_, crowded); }};
};

bool MayHaveBody(std::string_view method) {
  return method != "GET" && method != "HEAD" && method != "OPTIONS";
}

/// What the library would read without a limit: it holds only Content-Length against one.
std::optional<HttpAnswer> RefuseBody(const httplib::Request& request) {
  if (request.has_header("Transfer-Encoding")) {
    return ErrorAnswer(411, "a body with a Transfer-Encoding is refused",
                       "send it whole, with its Content-Length");
  }
  if (request.has_header("Content-Encoding")) {
    return ErrorAnswer(415, "a body with a Content-Encoding is refused", "send it as it is");
  }
  if (request.get_header_value_count("Content-Length") > 1) {
    return ErrorAnswer(400, "there is more than one Content-Length", "send one");
  }
  return std::nullopt;
}

HttpRequest Translated(const httplib::Request& from) {
  HttpRequest request{.method = from.method, .path = from.path, .body = from.body};
  for (const auto& [name, value] : from.params) request.params[name] = value;
  for (const auto& [name, value] : from.headers) {
    std::string lower(name);
    for (char& c : lower) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    request.headers[lower] = value;
  }
  return request;
}

/// Work for after the answer: cpp-httplib logs a request on its own thread as soon
/// as the answer was written.
thread_local std::function<void()> after_answer;

void Put(HttpAnswer answer, httplib::Response& response) {
  response.status = answer.status;
  response.body = std::move(answer.body);
  response.set_header("Content-Type", answer.content_type);
  response.set_header(kOurs, "no-store");
  after_answer = std::move(answer.after);
}

HttpAnswer Called(const Handler& handler, const HttpRequest& request) {
  try {
    return handler(request);
  } catch (const std::exception& error) {
    return ErrorAnswer(500, error.what(),
                       "the handler of this route failed; see the program's log");
  } catch (...) {
    return ErrorAnswer(500, "the handler of this route failed", "see the program's log");
  }
}

HttpAnswer NotFound(const HttpRequest& request, const Found& found) {
  if (found.other_methods.empty()) {
    return ErrorAnswer(404, "no such route: " + request.path, "check the path's spelling");
  }
  std::string methods;
  for (const std::string& method : found.other_methods) {
    if (methods.find(method) != std::string::npos) continue;
    methods += (methods.empty() ? "" : ", ") + method;
  }
  return ErrorAnswer(405, request.path + " does not take " + request.method, "use " + methods);
}

class Stream : public EventStream {
 public:
  Stream(httplib::DataSink& sink, const std::atomic<bool>& stopping)
      : sink_(sink), stopping_(stopping) {}

  bool Send(const Event& event) override {
    std::string text;
    if (!event.id.empty()) text += "id: " + std::string(event.id) + "\n";
    if (!event.name.empty()) text += "event: " + std::string(event.name) + "\n";
    std::string_view rest = event.data;
    while (true) {
      const size_t end = rest.find('\n');
      text += "data: " + std::string(rest.substr(0, end)) + "\n";
      if (end == std::string_view::npos) break;
      rest.remove_prefix(end + 1);
    }
    return Write(text + "\n");
  }
  bool Heartbeat() override { return Write(": still here\n\n"); }
  bool Stopping() const override { return stopping_; }

 private:
  bool Write(const std::string& text) {
    return !stopping_ && sink_.is_writable() && sink_.write(text.data(), text.size());
  }

  httplib::DataSink& sink_;
  const std::atomic<bool>& stopping_;
};

#if defined(__SANITIZE_THREAD__)
/// The library makes its tables at its first request. It is compiled without the sanitizer,
/// which sees no lock there and would call two first requests at once a race.
class FirstRequest : public httplib::Server {
 public:
  FirstRequest() {
    httplib::detail::BufferStream stream;
    const std::string text = "GET / HTTP/1.1\r\n\r\n";
    stream.write(text.data(), text.size());
    bool closed = false;
    process_request(stream, true, closed, nullptr);
  }
};
#endif

}  // namespace

struct Server::Impl {
  Answering answering;
  httplib::Server http;
  RouteTable routes;
  Door door;
  int listening_fd = -1;  ///< the library's; -1 before it was made
  std::atomic<bool> stopping = false;
  std::atomic<bool> ended = false;  ///< the accept loop has returned
  std::atomic<int> streams = 0;
  std::thread thread;
  std::function<void(const AnsweredRequest&)> on_answered;  ///< may be empty

  void SetUp();
  httplib::Server::HandlerResponse BeforeBody(const httplib::Request& from,
                                              httplib::Response& response,
                                              const httplib::Server::Handler& answer);
  /// Why a body of more than the usual size is not read; none: it is.
  std::optional<HttpAnswer> RefuseSize(const httplib::Request& from);
  void Tell(const httplib::Request& from, const httplib::Response& response,
            std::chrono::steady_clock::time_point begun) const;
  void Answer(const httplib::Request& from, httplib::Response& response);
  void StartStream(std::shared_ptr<const Route> route, HttpRequest request,
                   httplib::Response& response);
};

void Server::Impl::SetUp() {
#if defined(__SANITIZE_THREAD__)
  static const FirstRequest first;
#endif
  http.new_task_queue = [this] { return new TaskQueue(door.port, answering); };
  http.set_payload_max_length(kMostLargeBody);
  http.set_read_timeout(kTimeoutSeconds);
  http.set_write_timeout(kTimeoutSeconds);
  // A poller keeps its connection, and with it a thread, until that is needed (ConnectionWatch).
  http.set_keep_alive_max_count(kMostRequests);
  http.set_tcp_nodelay(true);
  // The library's default would let two servers share a port (SO_REUSEPORT).
  http.set_socket_options([this](int fd) {
    const int yes = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    listening_fd = fd;
  });
  const auto answer = [this](const httplib::Request& request, httplib::Response& response) {
    const auto begun = std::chrono::steady_clock::now();
    Answer(request, response);
    Tell(request, response, begun);
  };
  const char* const any_path = R"([\s\S]*)";
  http.Get(any_path, answer);
  http.Post(any_path, answer);
  http.Put(any_path, answer);
  http.Patch(any_path, answer);
  http.Delete(any_path, answer);
  http.Options(any_path, answer);
  http.set_pre_routing_handler(
      [this, answer](const httplib::Request& from, httplib::Response& response) {
        return BeforeBody(from, response, answer);
      });
  http.set_logger([this](const httplib::Request&, const httplib::Response&) {
    if (const auto after = std::exchange(after_answer, nullptr)) after();
    answering.End();
  });
  // What the library itself refuses: nonsense, too long, too large.
  http.set_error_handler([this](const httplib::Request& from, httplib::Response& response) {
    if (response.has_header(kOurs)) return;
    const std::string status = std::to_string(response.status);
    Put(ErrorAnswer(response.status, "the request was refused with HTTP status " + status,
                    "send well-formed HTTP, and a body as application/json"),
        response);
    Tell(from, response, std::chrono::steady_clock::now());
  });
}

/// What the library does not look at itself, before it reads the body.
httplib::Server::HandlerResponse Server::Impl::BeforeBody(const httplib::Request& from,
                                                          httplib::Response& response,
                                                          const httplib::Server::Handler& answer) {
  using HandlerResponse = httplib::Server::HandlerResponse;
  // It would cut any answer to the range, under the status of a whole one. The object is its
  // own and no constant.
  const_cast<httplib::Request&>(from).ranges.clear();
  auto refusal = RefuseBody(from);
  if (!refusal) refusal = RefuseSize(from);
  if (refusal) {
    refusal->after = [this, client = from.remote_port] { HangUp(door.port, client, kHangUp); };
    const auto begun = std::chrono::steady_clock::now();
    Put(std::move(*refusal), response);
    Tell(from, response, begun);
    return HandlerResponse::Handled;
  }
  // No length means no body (RFC 9112, 6.3); the library would read until its timeout.
  if (!MayHaveBody(from.method) || from.has_header("Content-Length")) {
    return HandlerResponse::Unhandled;
  }
  answer(from, response);
  return HandlerResponse::Handled;
}

/// The watch ends whoever sends more than the usual size, so that nobody takes memory without
/// the token; who has it and calls such a route is left alone from here on.
std::optional<HttpAnswer> Server::Impl::RefuseSize(const httplib::Request& from) {
  const auto length = from.get_header_value<uint64_t>("Content-Length");
  if (!MayHaveBody(from.method) || length <= kMostBody) return std::nullopt;
  const Found found = routes.Find(from.method, from.path);
  const bool large = found.route && found.route->body == BodySize::Large;
  if (!large || length > kMostLargeBody) {
    const std::string most = large ? "8 MiB" : "1 MiB";
    return ErrorAnswer(413, "the body is larger than " + most, "send at most " + most);
  }
  if (auto refusal = Refuse(Translated(from), found.route->access, door)) return refusal;
  answering.Begin(from.remote_port);
  return std::nullopt;
}

void Server::Impl::Tell(const httplib::Request& from, const httplib::Response& response,
                        std::chrono::steady_clock::time_point begun) const {
  if (!on_answered) return;
  // The library fills in the status of a stream when it sends it.
  on_answered({.method = from.method,
               .path = from.path,
               .status = response.status > 0 ? response.status : 200,
               .begun = begun});
}

void Server::Impl::Answer(const httplib::Request& from, httplib::Response& response) {
  answering.Begin(from.remote_port);
  if (from.get_header_value_count("Host") > 1) {
    return Put(ErrorAnswer(400, "there is more than one Host header", "send one"), response);
  }
  HttpRequest request = Translated(from);
  const bool stream = request.header("accept").find("text/event-stream") != std::string::npos;
  Found found = routes.Find(request.method, request.path, stream ? Wanted::Stream : Wanted::Answer);
  // An unknown path takes the token too, so that it tells strangers nothing.
  const Access access = found.route ? found.route->access : Access::Token;
  if (auto refusal = Refuse(request, access, door)) return Put(std::move(*refusal), response);
  if (!found.route) return Put(NotFound(request, found), response);
  request.matches = std::move(found.matches);
  if (access == Access::Token) NoteRequest(request.method, request.path);
  if (found.route->stream) return StartStream(found.route, std::move(request), response);
  Put(Called(found.route->handler, request), response);
}

void Server::Impl::StartStream(std::shared_ptr<const Route> route, HttpRequest request,
                               httplib::Response& response) {
  if (++streams > kMostStreams) {
    --streams;
    return Put(ErrorAnswer(503, "too many streams are open", "close one, or poll"), response);
  }
  response.set_header(kOurs, "no-store");
  response.set_chunked_content_provider(
      "text/event-stream",
      [this, route = std::move(route), request = std::move(request)](size_t,
                                                                     httplib::DataSink& sink) {
        Stream stream(sink, stopping);
        try {
          route->stream(request, stream);
        } catch (const std::exception& error) {
          std::fprintf(stderr, "hooks: stream %s: %s\n", request.path.c_str(), error.what());
        }
        sink.done();
        return true;
      },
      [this](bool) { --streams; });
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Server::~Server() {
  Stop();
}

std::unique_ptr<Server> Server::Silent() {
  return std::unique_ptr<Server>(new Server(std::make_unique<Impl>()));
}

Expected<std::unique_ptr<Server>> Server::Listen(int port, std::string token) {
  if (port < 0 || port > 65535) {
    return Failure{"port " + std::to_string(port) + " is not between 0 and 65535"};
  }
  auto impl = std::make_unique<Impl>();
  impl->SetUp();
  errno = 0;
  if (port == 0) {
    port = impl->http.bind_to_any_port("127.0.0.1");
  } else if (!impl->http.bind_to_port("127.0.0.1", port)) {
    return Failure{"cannot listen on 127.0.0.1:" + std::to_string(port) + ": " +
                   std::string(errno == 0 ? "the port is taken" : strerror(errno))};
  }
  if (port < 1) return Failure{"cannot listen on 127.0.0.1: no free port"};
  // The library's own backlog is 5, which a handful of clients at once would fill.
  listen(impl->listening_fd, kBacklog);
  impl->door = {.token = std::move(token), .port = port};
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

int Server::port() const {
  return impl_->door.port;
}

void Server::AddRoute(std::string method, std::string pattern, Access access, Handler handler,
                      BodySize body) {
  impl_->routes.Add({.method = std::move(method),
                     .pattern = std::move(pattern),
                     .access = access,
                     .handler = std::move(handler),
                     .body = body});
}

void Server::AddStream(std::string pattern, Access access, StreamHandler handler) {
  impl_->routes.Add({.method = "GET",
                     .pattern = std::move(pattern),
                     .access = access,
                     .stream = std::move(handler)});
}

std::vector<std::pair<std::string, std::string>> Server::Routes() const {
  std::vector<std::pair<std::string, std::string>> routes;
  for (const auto& route : impl_->routes.All()) {
    std::string method = route->method;
    for (char& c : method) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    routes.emplace_back(std::move(method), route->pattern);
  }
  return routes;
}

void Server::OnAnswered(std::function<void(const AnsweredRequest&)> listener) {
  impl_->on_answered = std::move(listener);
}

void Server::Serve() {
  if (impl_->listening_fd < 0) return;
  impl_->thread = StartQuietThread([this] {
    impl_->http.listen_after_bind();
    impl_->ended = true;
  });
  // The socket listens already; this waits for the thread alone, because the library
  // ignores a stop() that comes before it runs.
  while (!impl_->http.is_running() && !impl_->ended) std::this_thread::yield();
}

bool Server::Stopping() const {
  return impl_->stopping;
}

void Server::Stop() {
  impl_->stopping = true;
  if (!impl_->thread.joinable()) return;
  impl_->http.stop();
  impl_->thread.join();
}

}  // namespace proctor::hooks
