#include <doctest/doctest.h>

#include "core/process/live_lines.h"

using namespace proctor;

TEST_CASE("only whole lines are handed on, however the output was cut") {
  LiveLines lines;
  CHECK(lines.Feed("one") == "");
  CHECK(lines.Feed(" two\nthr") == "one two\n");
  CHECK(lines.Feed("ee\n\n") == "three\n\n");
  CHECK(lines.Rest() == "");
}

TEST_CASE("a last line without its end comes with the end of output") {
  LiveLines lines;
  lines.Feed("bye");
  CHECK(lines.Rest() == "bye\n");
  CHECK(lines.Rest() == "");
}

TEST_CASE("carriage returns before a line's end go, and bad bytes are replaced") {
  LiveLines lines;
  CHECK(lines.Feed("a\xff\r\n") == "a\xEF\xBF\xBD\n");
}

TEST_CASE("a long line is cut, and the line after it is whole again") {
  LiveLines lines;
  for (int i = 0; i < 100; ++i) lines.Feed(std::string(1000, 'x'));
  const std::string text = lines.Feed("tail\nnext\n");
  CHECK(text.size() < 5000);
  CHECK(text.ends_with("\nnext\n"));
}

TEST_CASE("of a flood the end is shown, and that there was more") {
  LiveLines lines;
  std::string flood;
  for (int i = 0; i < 10000; ++i) flood += std::to_string(i) + "\n";
  const std::string text = lines.Feed(flood);
  CHECK(text.starts_with("[..."));
  CHECK(text.ends_with("9998\n9999\n"));
  CHECK(text.size() < 5000);
}
