#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <httplib.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "hooks/server.h"

namespace proctor::hooks {
namespace {

using namespace std::chrono_literals;

const httplib::Headers kToken = {{"Authorization", "Bearer secret"}};

std::unique_ptr<Server> Serving() {
  auto server = Server::Listen(0, "secret");
  REQUIRE(server);
  (*server)->Serve();
  return std::move(*server);
}

httplib::Client ClientOf(const Server& server) {
  httplib::Client client("127.0.0.1", server.port());
  client.set_read_timeout(30s);
  return client;
}

HttpAnswer Text(std::string body) {
  return {.content_type = "text/plain", .body = std::move(body)};
}

/// A listener that streams until it is told to stop.
class Listener {
 public:
  explicit Listener(const Server& server)
      : thread_([this, port = server.port()] {
          httplib::Client client("127.0.0.1", port);
          client.set_read_timeout(30s);
          const auto result = client.Get("/stream", [this](const char* data, size_t size) {
            if (std::string(data, size).find("data:") != std::string::npos) ++heard;
            return !leave;
          });
          status = result ? result->status : 0;
        }) {}
  ~Listener() { Join(); }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  void Join() {
    if (thread_.joinable()) thread_.join();
  }

  std::atomic<int> heard = 0;
  std::atomic<bool> leave = false;
  std::atomic<int> status = -1;  ///< 0 when the stream was cut

 private:
  std::thread thread_;
};

template <class Condition>
bool Eventually(const Condition& condition) {
  const auto end = std::chrono::steady_clock::now() + 30s;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::yield();
  }
  return true;
}

}  // namespace

TEST_CASE("a handler sees method, path, matches, query, headers and body") {
  const auto server = Serving();
  server->AddRoute("POST", "/a/{x}/{rest*}", Access::Token, [](const HttpRequest& request) {
    return Text(request.method + "|" + request.path + "|" + request.matches.at(0) + "|" +
                request.matches.at(1) + "|" + request.param("q", "none") + "|" +
                request.param("other", "none") + "|" + request.header("X-Thing") + "|" +
                request.body);
  });
  auto client = ClientOf(*server);
  httplib::Headers headers = kToken;
  headers.emplace("x-thing", "7");
  const auto result = client.Post("/a/b%20c/d/e%5B1%5D?q=1%262", headers, "body", "text/plain");
  REQUIRE(result);
  CHECK(result->body == "POST|/a/b c/d/e[1]|b c|d/e[1]|1&2|none|7|body");
}

TEST_CASE("a handler that throws is a 500, and the server goes on") {
  const auto server = Serving();
  server->AddRoute("GET", "/throws", Access::Open,
                   [](const HttpRequest&) -> HttpAnswer { throw std::runtime_error("oh no"); });
  server->AddRoute("GET", "/throws7", Access::Open,
                   [](const HttpRequest&) -> HttpAnswer { throw 7; });
  auto client = ClientOf(*server);
  for (const char* path : {"/throws", "/throws7", "/throws"}) {
    const auto result = client.Get(path);
    REQUIRE(result);
    CHECK(result->status == 500);
    CHECK(result->get_header_value("Content-Type") == "application/json");
  }
}

TEST_CASE("a handler's answer is its own, also where it is an error without a body") {
  const auto server = Serving();
  for (const int status : {404, 503}) {
    server->AddRoute(
        "GET", "/" + std::to_string(status), Access::Open, [status](const HttpRequest&) {
          return HttpAnswer{.status = status, .content_type = "text/x-own", .body = ""};
        });
    auto client = ClientOf(*server);
    const auto result = client.Get("/" + std::to_string(status));
    REQUIRE(result);
    CHECK(result->status == status);
    CHECK(result->body.empty());
    CHECK(result->get_header_value("Content-Type") == "text/x-own");
  }
}

TEST_CASE("a route can be added while the server serves") {
  const auto server = Serving();
  auto client = ClientOf(*server);
  CHECK(client.Get("/late", kToken)->status == 404);
  server->AddRoute("GET", "/late", Access::Open, [](const HttpRequest&) { return Text("here"); });
  CHECK(client.Get("/late")->body == "here");
}

TEST_CASE("a route for large bodies takes 8 MiB, others 1 MiB, and a stranger's is not read") {
  const auto server = Serving();
  const auto size_of = [](const HttpRequest& r) { return Text(std::to_string(r.body.size())); };
  server->AddRoute("POST", "/usual", Access::Token, size_of);
  server->AddRoute("POST", "/large", Access::Token, size_of, BodySize::Large);
  const auto post = [&](const char* path, size_t size, const httplib::Headers& headers) {
    auto client = ClientOf(*server);  // a refusal ends its connection
    const auto answer = client.Post(path, headers, std::string(size, 'x'), "text/plain");
    return answer ? std::to_string(answer->status) + " " + answer->body.substr(0, 8) : "none";
  };
  constexpr size_t kMiB = 1 << 20;
  CHECK(post("/large", 8 * kMiB, kToken) == "200 8388608");
  CHECK(post("/usual", kMiB, kToken) == "200 1048576");
  CHECK(post("/usual", kMiB + 1, kToken).starts_with("413 "));
  // What is refused unread may be cut off before its client has heard why.
  for (const std::string& refused :
       {post("/large", 8 * kMiB + 1, kToken), post("/large", kMiB * 4, {})}) {
    CHECK_FALSE(refused.starts_with("200"));
  }
  CHECK(post("/large", 10, kToken) == "200 10");
}

TEST_CASE("a large body that comes in pieces is read whole") {
  const auto server = Serving();
  server->AddRoute(
      "POST", "/large", Access::Token,
      [](const HttpRequest& r) { return Text(std::to_string(r.body.size())); }, BodySize::Large);
  auto client = ClientOf(*server);
  constexpr size_t kSize = 3 << 20, kPiece = 1 << 18;
  const auto answer = client.Post(
      "/large", kToken, kSize,
      [&](size_t offset, size_t, httplib::DataSink& sink) {
        const std::string piece(std::min(kPiece, kSize - offset), 'x');
        return sink.write(piece.data(), piece.size());
      },
      "text/plain");
  REQUIRE(answer);
  CHECK(answer->body == std::to_string(kSize));
}

TEST_CASE("a handler that waits sees that the server stops") {
  auto server = Serving();
  std::atomic<bool> waits = false;
  server->AddRoute("GET", "/wait", Access::Open, [&](const HttpRequest&) {
    waits = true;
    while (!server->Stopping()) std::this_thread::yield();
    return Text("stopped");
  });
  std::string heard;
  std::jthread client([&] {
    if (const auto answer = ClientOf(*server).Get("/wait")) heard = answer->body;
  });
  while (!waits) std::this_thread::yield();
  server->Stop();
  client.join();
  CHECK(heard == "stopped");
}

TEST_CASE("what is to happen after the answer happens when it was written") {
  const auto server = Serving();
  std::atomic<bool> happened = false;
  server->AddRoute("GET", "/x", Access::Open, [&](const HttpRequest&) {
    HttpAnswer answer = Text("answer");
    answer.after = [&] { happened = true; };
    return answer;
  });
  auto client = ClientOf(*server);
  CHECK(client.Get("/x")->body == "answer");
  CHECK(Eventually([&] { return happened.load(); }));
}

TEST_CASE("every method reaches its route") {
  const auto server = Serving();
  for (const char* method : {"GET", "POST", "PUT", "PATCH", "DELETE"}) {
    server->AddRoute(method, "/m", Access::Open,
                     [](const HttpRequest& request) { return Text(request.method); });
  }
  auto client = ClientOf(*server);
  CHECK(client.Get("/m")->body == "GET");
  CHECK(client.Post("/m", "", "text/plain")->body == "POST");
  CHECK(client.Put("/m", "", "text/plain")->body == "PUT");
  CHECK(client.Patch("/m", "", "text/plain")->body == "PATCH");
  CHECK(client.Delete("/m")->body == "DELETE");
  CHECK(client.Head("/m")->status == 200);
}

TEST_CASE("a stream sends events in the format of server-sent events, to its end") {
  const auto server = Serving();
  server->AddStream("/stream", Access::Token, [](const HttpRequest&, EventStream& stream) {
    stream.Send({.data = "one"});
    stream.Send({.data = "two\nlines", .name = "named", .id = "9"});
    stream.Heartbeat();
  });
  auto client = ClientOf(*server);
  CHECK(client.Get("/stream")->status == 401);
  const auto result = client.Get("/stream", kToken);
  REQUIRE(result);
  CHECK(result->get_header_value("Content-Type") == "text/event-stream");
  CHECK(result->body ==
        "data: one\n\nid: 9\nevent: named\ndata: two\ndata: lines\n\n: still here\n\n");
}

TEST_CASE("a stream learns that its client is gone") {
  const auto server = Serving();
  std::atomic<bool> ended = false;
  server->AddStream("/stream", Access::Open, [&](const HttpRequest&, EventStream& stream) {
    while (stream.Send({.data = "x"})) std::this_thread::sleep_for(1ms);
    ended = true;
  });
  {
    Listener listener(*server);
    CHECK(Eventually([&] { return listener.heard > 2; }));
    listener.leave = true;
  }
  CHECK(Eventually([&] { return ended.load(); }));
}

TEST_CASE("a seventeenth stream is refused, and there is room again when one ends") {
  const auto server = Serving();
  server->AddStream("/stream", Access::Open, [&](const HttpRequest&, EventStream& stream) {
    while (stream.Send({.data = "x"})) std::this_thread::sleep_for(1ms);
  });
  std::vector<std::unique_ptr<Listener>> listeners;
  for (int i = 0; i < 16; ++i) {
    listeners.push_back(std::make_unique<Listener>(*server));
    REQUIRE(Eventually([&] { return listeners.back()->heard > 0; }));
  }
  auto client = ClientOf(*server);
  CHECK(client.Get("/stream")->status == 503);
  listeners.front()->leave = true;
  listeners.erase(listeners.begin());
  CHECK(Eventually([&] {
    Listener another(*server);
    another.leave = true;
    another.Join();
    return another.status != 503;
  }));
  for (auto& listener : listeners) listener->leave = true;
}

TEST_CASE("stopping ends the streams and the silent connections, and lets an answer out") {
  auto server = Serving();
  std::atomic<bool> answering = false;
  server->AddStream("/stream", Access::Open, [&](const HttpRequest&, EventStream& stream) {
    while (stream.Send({.data = "x"})) std::this_thread::sleep_for(1ms);
  });
  server->AddRoute("GET", "/slow", Access::Open, [&](const HttpRequest&) {
    answering = true;
    std::this_thread::sleep_for(50ms);
    return Text("whole answer");
  });
  Listener listener(*server);
  const int silent = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{.sin_family = AF_INET, .sin_port = htons(server->port()), .sin_addr = {}};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(connect(silent, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  std::string slow;
  std::thread asker([&, client = std::make_shared<httplib::Client>(ClientOf(*server))] {
    if (const auto result = client->Get("/slow")) slow = result->body;
  });
  REQUIRE(Eventually([&] { return listener.heard > 0 && answering; }));
  const auto begin = std::chrono::steady_clock::now();
  server->Stop();
  CHECK(std::chrono::steady_clock::now() - begin < 4s);  // the silent one's timeout is 5 s
  asker.join();
  CHECK(slow == "whole answer");
  close(silent);
}

TEST_CASE("more connections at once than there are threads are all answered") {
  const auto server = Serving();
  server->AddRoute("GET", "/x", Access::Open, [](const HttpRequest&) { return Text("here"); });
  std::vector<std::thread> askers;
  std::atomic<int> answered = 0;
  for (int i = 0; i < 200; ++i) {
    askers.emplace_back([&] {
      auto client = ClientOf(*server);
      const auto result = client.Get("/x");
      if (result && result->status == 200) ++answered;
    });
  }
  for (auto& asker : askers) asker.join();
  CHECK(answered == 200);
}

}  // namespace proctor::hooks
