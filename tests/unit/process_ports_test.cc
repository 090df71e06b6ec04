#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <set>

#include "core/process/ports.h"
#include "process_world.h"

using namespace proctor;
using namespace proctor::test;

namespace {

/// Listens on a port of its own; over IPv6 on all addresses, or on 127.0.0.1.
struct Server {
  explicit Server(int family) : fd(socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const int on = 1;
    setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_storage address = {};
    socklen_t size = sizeof address;
    address.ss_family = static_cast<sa_family_t>(family);
    if (family == AF_INET) {
      reinterpret_cast<sockaddr_in*>(&address)->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    }
    const bool bound = bind(fd.get(), reinterpret_cast<sockaddr*>(&address),
                            family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6)) == 0;
    listening = bound && listen(fd.get(), 5) == 0;
    getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port = ntohs(reinterpret_cast<sockaddr_in*>(&address)->sin_port);  // both have it there
  }
  Fd fd;
  bool listening = false;
  uint16_t port = 0;
};

}  // namespace

TEST_CASE("a free port is free and held by nobody") {
  const Result<uint16_t, std::string> port = FreePort();
  REQUIRE(port);
  CHECK(*port > 1023);
  CHECK(IsPortFree(*port));
  CHECK_FALSE(PortHolder(*port));
}

TEST_CASE("several free ports are all different, and none is held afterwards") {
  const auto open = [] {
    const std::filesystem::directory_iterator fds("/proc/self/fd");
    return std::distance(begin(fds), end(fds));
  };
  const auto before = open();
  const Result<std::vector<uint16_t>, std::string> ports = FreePorts(200);
  REQUIRE(ports);
  CHECK(std::set<uint16_t>(ports->begin(), ports->end()).size() == 200);
  CHECK(open() == before);
}

TEST_CASE("a taken port is not free, and its holder is named") {
  for (const int family : {AF_INET, AF_INET6}) {
    CAPTURE(family);
    const Server server(family);
    if (!server.listening && family == AF_INET6) continue;  // a machine without IPv6
    REQUIRE(server.listening);
    CHECK_FALSE(IsPortFree(server.port));
    const std::optional<Listener> holder = PortHolder(server.port);
    REQUIRE(holder);
    CHECK(holder->pid == getpid());
    CHECK(holder->command.find("process_tests") != std::string::npos);
    CHECK(holder->Text().find("(pid " + std::to_string(getpid()) + ")") != std::string::npos);
  }
}

TEST_CASE("a port is free again when its server is gone, whatever connections it had") {
  Server server(AF_INET);
  REQUIRE(server.listening);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(server.port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  Fd client(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  REQUIRE(connect(client.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  Fd accepted(accept(server.fd.get(), nullptr, nullptr));
  accepted.Close();  // the server's side waits in TIME_WAIT
  client.Close();
  server.fd.Close();
  CHECK(IsPortFree(server.port));
}

TEST_CASE("a holder that may not be looked at is told by its user") {
  CHECK(Listener{.user = 33}.Text() == "a process of the user with the number 33");
}
