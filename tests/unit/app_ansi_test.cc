#include <doctest/doctest.h>

#include <ostream>

#include "app/ansi.h"

namespace proctor {
namespace {

std::vector<AnsiSpan> Split(std::string_view line) {
  AnsiStyle style;
  std::vector<AnsiSpan> spans;
  SplitAnsi(line, style, spans);
  return spans;
}

std::string Joined(std::string_view line) {
  std::string text;
  for (const AnsiSpan& span : Split(line)) text += span.text;
  return text;
}

TEST_CASE("a line without escapes is one plain span") {
  const auto spans = Split("plain text");
  REQUIRE(spans.size() == 1);
  CHECK(spans[0].text == "plain text");
  CHECK(spans[0].style == AnsiStyle{});
}

TEST_CASE("a colour holds until it is reset") {
  const auto spans = Split("a\x1b[31mb\x1b[0mc");
  REQUIRE(spans.size() == 3);
  CHECK(spans[1].text == "b");
  CHECK(spans[1].style.foreground == AnsiColour{.kind = AnsiColourKind::Indexed, .index = 1});
  CHECK(spans[2].style == AnsiStyle{});
}

TEST_CASE("several attributes come in one sequence, and go one by one") {
  const auto spans = Split("\x1b[1;4;97;44mx\x1b[22;24;39my");
  REQUIRE(spans.size() == 2);
  CHECK(spans[0].style.bold);
  CHECK(spans[0].style.underline);
  CHECK(spans[0].style.foreground.index == 15);
  CHECK(spans[0].style.background.index == 4);
  CHECK_FALSE(spans[1].style.bold);
  CHECK(spans[1].style.foreground.kind == AnsiColourKind::Default);
  CHECK(spans[1].style.background.index == 4);
}

TEST_CASE("256 colours and true colours are read, with semicolons or colons") {
  CHECK(Split("\x1b[38;5;208mx")[0].style.foreground.index == 208);
  const AnsiColour rgb{.kind = AnsiColourKind::Rgb, .r = 1, .g = 20, .b = 255};
  CHECK(Split("\x1b[48;2;1;20;300mx")[0].style.background == rgb);
  CHECK(Split("\x1b[38:5:9mx")[0].style.foreground.index == 9);
  SUBCASE("what follows an extended colour still counts") {
    CHECK(Split("\x1b[38;5;208;1mx")[0].style.bold);
  }
}

TEST_CASE("an empty SGR resets") {
  CHECK(Split("\x1b[31ma\x1b[mb")[1].style == AnsiStyle{});
}

TEST_CASE("sequences that set no colour are dropped") {
  CHECK(Joined("a\x1b[2Kb\x1b[10;20Hc") == "abc");
  CHECK(Joined("\x1b]0;a title\x07text") == "text");
  CHECK(Joined("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\") == "link");
  CHECK(Joined("\x1b(Btext") == "text");
  CHECK(Joined("a\x07\x08"
               "b") == "ab");
}

TEST_CASE("a sequence that is cut off is dropped and reads nothing beyond the line") {
  for (const std::string_view line :
       {"text\x1b", "text\x1b[", "text\x1b[38;5", "text\x1b]0;title"}) {
    CHECK(Joined(line) == "text");
  }
}

TEST_CASE("a carriage return overwrites what stood before it") {
  CHECK(Joined("10%\r50%\r100%") == "100%");
  CHECK(Joined("done\r") == "done");
  CHECK(Joined("\r\r") == "");
}

TEST_CASE("a colour set before a carriage return is in force after it") {
  CHECK(Split("\x1b[32m10%\r100%")[0].style.foreground.index == 2);
}

TEST_CASE("the style at the end of a line can be carried to the next") {
  AnsiStyle style;
  std::vector<AnsiSpan> spans;
  SplitAnsi("\x1b[35mone", style, spans);
  SplitAnsi("two", style, spans);
  CHECK(spans[0].style.foreground.index == 5);
}

TEST_CASE("hostile parameters stay within bounds") {
  const std::string many = "\x1b[" + std::string(5000, ';') + "31mx";
  CHECK(Joined(many) == "x");
  CHECK(Split("\x1b[38;5;99999999999mx")[0].style.foreground.index == 255);
  CHECK(Joined("\x1b[38mx") == "x");
  CHECK(Joined("\x1b[38;2;1mx") == "x");
}

TEST_CASE("stripping keeps line ends and nothing else of the terminal") {
  CHECK(StripAnsi("\x1b[31ma\x1b[0m\n\nb\n") == "a\n\nb\n");
}

}  // namespace
}  // namespace proctor
