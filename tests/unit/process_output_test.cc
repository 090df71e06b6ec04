// Output: read always, kept whole on disk, bounded in memory.
#include <doctest/doctest.h>
#include <signal.h>
#include <sys/resource.h>

#include <fstream>

#include "core/base/utf8.h"
#include "core/process/output_log.h"
#include "process_world.h"

using namespace proctor;
using namespace proctor::test;

namespace {

std::string Contents(const std::filesystem::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("a flood of output is read whole, in bounded pieces and bounded memory") {
  World world;
  constexpr long long kBytes = 300'000'000;
  FdPair pipe = std::move(*MakePipe());
  long long bytes = 0;
  size_t largest = 0;
  bool ended = false;
  OutputReader reader(world.loop(), std::move(pipe.first),
                      {.on_chunk =
                           [&](std::string_view chunk) {
                             bytes += static_cast<long long>(chunk.size());
                             largest = std::max(largest, chunk.size());
                           },
                       .on_end = [&] { ended = true; }});
  world.tether->Spawn({.argv = {Child("flood"), std::to_string(kBytes)},
                       .fds = {{.child_fd = 1, .fd = pipe.second.get()}}});
  pipe.second.Close();
  REQUIRE(world.Until([&] { return ended; }));
  CHECK(bytes == kBytes);
  CHECK(largest <= 65536);
}

TEST_CASE("a reader may be destroyed by its own callbacks") {
  uv_loop_t loop;
  uv_loop_init(&loop);
  for (const bool on_chunk : {true, false}) {
    FdPair pipe = std::move(*MakePipe());
    std::unique_ptr<OutputReader> reader;
    int calls = 0;
    const auto destroy = [&] {
      ++calls;
      reader.reset();
    };
    reader = std::make_unique<OutputReader>(&loop, std::move(pipe.first),
                                            OutputReader::Callbacks{.on_chunk =
                                                                        [&](std::string_view) {
                                                                          if (on_chunk) destroy();
                                                                        },
                                                                    .on_end = destroy});
    REQUIRE(write(pipe.second.get(), "x", 1) == 1);
    pipe.second.Close();
    uv_run(&loop, UV_RUN_DEFAULT);
    CHECK(calls == 1);
  }
  CHECK(uv_loop_close(&loop) == 0);
}

TEST_CASE("a descriptor that cannot be read ends at once and not never") {
  uv_loop_t loop;
  uv_loop_init(&loop);
  bool ended = false;
  {
    OutputReader reader(&loop, Fd(),
                        {.on_chunk = [](std::string_view) {}, .on_end = [&] { ended = true; }});
    uv_run(&loop, UV_RUN_DEFAULT);
  }
  CHECK(ended);
  CHECK(uv_loop_close(&loop) == 0);
}

TEST_CASE("a log is whole on disk and keeps its last lines in memory") {
  TempDir dir;
  OutputLog log(dir.path() / "new" / "out.log", {.lines = 3, .line_bytes = 8});
  for (const char* chunk : {"one\ntwo\r\nth", "ree\n", "123456789\n", "five"}) log.Append(chunk);
  CHECK(log.Tail() == Lines{"three", "12345678 […]", "five"});
  CHECK(log.Tail(1) == Lines{"five"});
  CHECK(log.lines() == 4);
  CHECK(log.bytes() == 29);
  CHECK(Contents(log.file()) == "one\ntwo\r\nthree\n123456789\nfive");
  CHECK_FALSE(log.lost());
}

TEST_CASE("the tail is the same however the output is cut into chunks") {
  TempDir dir;
  std::string text;
  for (int i = 0; i < 40; ++i) text += std::string(static_cast<size_t>(i % 7), 'a' + i % 26) + "\n";
  text += "rest";
  OutputLog whole(dir.path() / "whole", {.lines = 5, .line_bytes = 4});
  whole.Append(text);
  for (size_t size = 1; size < 60; ++size) {
    OutputLog log(dir.path() / "cut", {.lines = 5, .line_bytes = 4});
    for (size_t at = 0; at < text.size(); at += size) log.Append(text.substr(at, size));
    CHECK(log.Tail() == whole.Tail());
    CHECK(log.lines() == 40);
  }
  CHECK(whole.Tail().size() == 5);
}

TEST_CASE("a line without an end is bounded") {
  TempDir dir;
  OutputLog log(dir.path() / "log");
  for (int i = 0; i < 100; ++i) log.Append(std::string(65536, 'x'));
  CHECK(log.Tail() == Lines{std::string(4096, 'x') + " […]"});
  log.Append("\nnext");
  CHECK(log.Tail().back() == "next");
}

TEST_CASE("a log whose file cannot grow says so once and goes on in memory") {
  SUBCASE("because the disk is full") {
    OutputLog log("/dev/full");
    for (int i = 0; i < 3; ++i) log.Append("line\n");
    CHECK(log.Tail() == Lines{"line", "line", "line"});
    CHECK(log.lost() ==
          "the output from here on is not kept in /dev/full: No space left on device");
  }
  SUBCASE("because its directory cannot be made") {
    OutputLog log("/proc/no/such/log");
    log.Append("line\n");
    CHECK(log.Tail() == Lines{"line"});
    REQUIRE(log.lost());
    CHECK(log.lost()->find("/proc/no/such/log") != std::string::npos);
  }
}

TEST_CASE("what is no UTF-8 is replaced byte by byte, and what is stays") {
  CHECK(Utf8Safe("plain ü € 😀") == "plain ü € 😀");
  CHECK(Utf8Safe("a\xff"
                 "b") == "a\uFFFDb");
  CHECK(Utf8Safe("\xC0\xAF") == "\uFFFD\uFFFD");            // overlong
  CHECK(Utf8Safe("\xED\xA0\x80") == "\uFFFD\uFFFD\uFFFD");  // a surrogate
  CHECK(Utf8Safe("\xF4\x90\x80\x80").size() == 12);         // above U+10FFFF
  CHECK(Utf8Safe("\xE2\x82") == "\uFFFD\uFFFD");            // cut off
  CHECK(Utf8Safe(std::string_view("\0x", 2)) == std::string_view("\0x", 2));
  TempDir dir;
  OutputLog log(dir.path() / "log");
  log.Append("\xE2\x82");
  log.Append("\xAC\xFF\n");
  CHECK(log.Tail() == Lines{"€\uFFFD"});
  CHECK(Contents(log.file()) == "\xE2\x82\xAC\xFF\n");
}
