#include "hooks/connection_watch.h"

#include <utility>

namespace proctor::hooks {

void ConnectionWatch::Look(int port, Crowded crowded) {
  const std::unordered_set<int> answered = answering_.TakeAnswered();
  std::unordered_map<int, Request> present;
  ForEachConnection(port, [&](const Connection& connection) {
    Request request = requests_[connection.client_port];
    // Fewer bytes than before: another connection from the same port.
    if (connection.received < request.before) request = {};
    const bool waits = answering_.Waits(connection.client_port);
    if (waits || answered.contains(connection.client_port)) {
      request = {.before = connection.received};
    }
    const End end = waits ? End::No : Judge(connection, request, crowded);
    present[connection.client_port] = request;
    return end;
  });
  requests_ = std::move(present);
}

End ConnectionWatch::Judge(const Connection& connection, Request& request, Crowded crowded) const {
  const Clock::time_point now = Clock::now();
  const uint64_t bytes = connection.received - request.before;
  if (bytes > limits_.bytes) return End::Reset;
  if (!request.open || connection.unread) request.begun = now;
  request.open = bytes > 0;
  if (connection.unread) return End::No;
  const auto most = crowded == Crowded::Yes ? limits_.time_while_crowded : limits_.time;
  if (request.open && now - request.begun >= most) return End::Reset;
  return crowded == Crowded::Yes && connection.silent >= most ? End::Reset : End::No;
}

}  // namespace proctor::hooks
