#include "hooks/request_log.h"

#include <chrono>
#include <cstdio>
#include <string>

#include "hooks/server.h"

namespace proctor::hooks {
namespace {

constexpr size_t kLongestPath = 200;

bool Changes(const AnsweredRequest& request) {
  return request.method != "GET" && request.method != "HEAD" && request.method != "OPTIONS";
}

bool IsRefused(const AnsweredRequest& request) {
  return request.status >= 400 && request.status < 500;
}

/// A path in one line, whatever its sender put into it.
std::string InOneLine(const std::string& path) {
  std::string line = path.substr(0, kLongestPath);
  for (char& c : line) {
    if (c < ' ' || c > '~') c = '?';
  }
  return path.size() > kLongestPath ? line + "..." : line;
}

}  // namespace

void LogRequest(const AnsweredRequest& request) {
  if (!Changes(request) && !IsRefused(request)) return;
  const std::chrono::duration<double, std::milli> took =
      std::chrono::steady_clock::now() - request.begun;
  std::fprintf(stderr, "hooks: %s %s: %d in %.1f ms\n",
               request.method.empty() ? "no HTTP" : InOneLine(request.method).c_str(),
               InOneLine(request.path).c_str(), request.status, took.count());
}

}  // namespace proctor::hooks
