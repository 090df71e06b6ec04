// A subject that answers as it is told: chaos_subject PORT GENERATION PLAN [WORKSPACE].
//
// PLAN has a part for each generation, "ok,silent,ok@0+404@300": the third generation is well and
// after 300 ms knows nothing any more. Generations beyond the plan take its last part.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

const Clock::time_point g_start = Clock::now();

long Millis() {
  return (Clock::now() - g_start) / 1ms;
}

std::vector<std::string> Split(std::string_view text, char by) {
  std::vector<std::string> parts;
  while (true) {
    const size_t end = text.find(by);
    parts.emplace_back(text.substr(0, end));
    if (end == text.npos) return parts;
    text.remove_prefix(end + 1);
  }
}

struct Step {
  std::string how;
  long from_ms = 0;
};

/// What one generation does, in the order of its life.
std::vector<Step> StepsOf(const std::string& plan, size_t generation) {
  const std::vector<std::string> parts = Split(plan, ',');
  std::vector<Step> steps;
  for (const std::string& text : Split(parts[std::min(generation, parts.size()) - 1], '+')) {
    const std::vector<std::string> words = Split(text, '@');
    steps.push_back({words[0], words.size() > 1 ? std::atol(words[1].c_str()) : 0});
  }
  return steps;
}

std::string Now(const std::vector<Step>& steps) {
  std::string how = steps.front().how;
  for (const Step& step : steps) {
    if (Millis() >= step.from_ms) how = step.how;
  }
  return how;
}

std::string Http(int status, const std::string& body, size_t claimed) {
  return "HTTP/1.1 " + std::to_string(status) +
         " Word\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: " +
         std::to_string(claimed) + "\r\n\r\n" + body;
}
std::string Http(int status, const std::string& body) {
  return Http(status, body, body.size());
}

std::string Health(bool healthy, const std::string& frame) {
  return std::string("{\"healthy\": ") + (healthy ? "true" : "false") +
         ", \"degraded_reason\": " + (healthy ? "null" : "\"the cache is corrupt\"") +
         ", \"last_assert\": null, \"frame\": " + frame + "}";
}

std::string Frame() {
  return std::to_string(Millis() / 2);
}

/// The answer to a question after its health; empty: none ever comes.
std::string Answer(const std::string& how) {
  const std::string well = Health(true, Frame());
  if (how == "silent") return "";
  if (how == "notjson") return Http(200, "<html><body>welcome</body></html>");
  if (how == "wrongtypes") {
    return Http(200, R"({"healthy": "yes", "frame": "many", "degraded_reason": [1], "state": 7})");
  }
  if (how == "404") return Http(404, "no such page");
  if (how == "500") return Http(500, well);
  if (how == "empty") return Http(200, "");
  if (how == "half" || how == "halfopen") return Http(200, well.substr(0, 20), well.size());
  if (how == "frozen") return Http(200, Health(true, "7"));
  if (how == "backwards") return Http(200, Health(true, std::to_string(1'000'000 - Millis())));
  if (how == "hugeframe") return Http(200, Health(true, "1e300"));
  if (how == "degraded") return Http(200, Health(false, Frame()));
  if (how == "nohttp") return "220 mail.example.org ESMTP\r\n";
  if (how == "flood") return Http(200, std::string(64 << 20, 'x'));
  return Http(200, well);
}

/// How long an answer takes.
std::chrono::milliseconds Delay(const std::string& how) {
  if (how == "slow") return 120ms;  // the limit for an answer is 300 ms
  if (how == "tardy") return 700ms;
  return 0ms;
}

void SendAll(int connection, std::string_view text) {
  while (!text.empty()) {
    const ssize_t sent = send(connection, text.data(), text.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;
    text.remove_prefix(static_cast<size_t>(sent));
  }
}

void Serve(int connection, const std::vector<Step>& steps) {
  char request[4096];
  const ssize_t got = recv(connection, request, sizeof request, 0);
  const std::string_view line(request, got > 0 ? static_cast<size_t>(got) : 0);
  const std::string how = Now(steps);
  if (line.starts_with("POST /die")) raise(SIGSEGV);
  if (line.starts_with("POST /stop") && how != "stubborn") {
    SendAll(connection, Http(202, "{}"));
    _exit(0);
  }
  std::this_thread::sleep_for(Delay(how));
  const std::string answer = how == "slammed" ? "" : Answer(how);
  SendAll(connection, answer);
  // Only the other side's end ends these.
  if (how == "silent" || how == "halfopen") {
    while (recv(connection, request, sizeof request, 0) > 0) {
    }
  }
  close(connection);
}

int Listen(uint16_t port) {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int yes = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) return -1;
  return listen(listener, 64) == 0 ? listener : -1;
}

/// Deaths by plan: "dies@400" ends the process by a signal at that moment.
void DieWhenDue(const std::vector<Step>& steps) {
  for (const Step& step : steps) {
    if (step.how != "dies" && step.how != "exits") continue;
    std::this_thread::sleep_for(std::chrono::milliseconds(step.from_ms - Millis()));
    if (step.how == "exits") _exit(3);
    raise(SIGSEGV);
  }
}

int LostRace(int port) {
  std::printf("bind: 127.0.0.1:%d: Address already in use\n", port);
  return 98;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return 99;
  const rlimit no_core = {0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  const int port = std::atoi(argv[1]);
  const std::vector<Step> steps = StepsOf(argv[3], std::strtoul(argv[2], nullptr, 10));
  const std::string first = steps.front().how;
  if (first == "losesrace") return LostRace(port);
  if (first == "stubborn") signal(SIGTERM, SIG_IGN);
  const int listener = Listen(static_cast<uint16_t>(port));
  if (listener < 0) return LostRace(port);
  std::printf("generation %s serves on %d: %s\n", argv[2], port, argv[3]);
  std::fflush(stdout);
  std::thread([&] { DieWhenDue(steps); }).detach();
  while (true) {
    if (Now(steps) == "deaf") {  // connections queue up, and nobody takes them
      std::this_thread::sleep_for(10ms);
      continue;
    }
    const int connection = accept(listener, nullptr, nullptr);
    if (connection >= 0) std::thread(Serve, connection, std::cref(steps)).detach();
  }
}
