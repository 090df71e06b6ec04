#include "hooks/last_request.h"

#include <time.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <mutex>

namespace proctor::hooks {
namespace {

constexpr size_t kLongest = 200;

/// Atomic characters: whoever reads may have interrupted whoever writes.
struct Line {
  std::array<std::atomic<char>, kLongest + 1> text{};
  std::atomic<int64_t> at_ms{0};
};

// The handler of a signal can be given nothing else: signals are a process's own.
std::array<Line, 2> lines;    // one is read while the other is written
std::atomic<int> newest{-1};  // -1: there was no request
std::mutex writing;

int64_t NowMs() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

void Say(int fd, const char* text) {
  if (write(fd, text, strlen(text)) < 0) return;  // nobody is left to be told
}

void SayNumber(int fd, int64_t number) {
  char digits[24];
  size_t at = sizeof digits - 1;
  digits[at] = '\0';
  do {
    digits[--at] = static_cast<char>('0' + number % 10);
    number /= 10;
  } while (number > 0 && at > 0);
  Say(fd, digits + at);
}

}  // namespace

void NoteRequest(std::string_view method, std::string_view path) {
  const std::lock_guard lock(writing);
  const int next = newest.load() == 0 ? 1 : 0;
  Line& line = lines[static_cast<size_t>(next)];
  size_t size = 0;
  const auto add = [&](std::string_view words) {
    for (const char c : words) {
      if (size == kLongest) return;
      line.text[size++] = c < ' ' || c > '~' ? '?' : c;
    }
  };
  add(method);
  add(" ");
  add(path);
  line.text[size] = '\0';
  line.at_ms = NowMs();
  newest = next;
}

void TellLastRequest(int fd, const char* prefix) {
  const int which = newest;
  if (which < 0) return;
  const Line& line = lines[static_cast<size_t>(which)];
  char text[kLongest + 1];
  for (size_t i = 0; i <= kLongest; ++i) text[i] = line.text[i];
  text[kLongest] = '\0';
  Say(fd, prefix);
  Say(fd, "the last request: ");
  Say(fd, text);
  Say(fd, ", ");
  const int64_t before = NowMs() - line.at_ms;
  SayNumber(fd, before > 0 ? before : 0);
  Say(fd, " ms before that\n");
}

}  // namespace proctor::hooks
