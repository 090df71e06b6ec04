#include "core/report/text_format.h"

#include <doctest/doctest.h>

namespace proctor {

TEST_CASE("what a test printed cannot drive the terminal") {
  CHECK(Plain("\x1b[31mred\x1b[0m") == "red");
  CHECK(Plain("\x1b]0;title\a.\x1b]0;title\x1b\\.") == "..");
  CHECK(Plain("a\x1b(Bb\a\b\x7f") == "aBb");
  CHECK(Plain("a\xc2\x9b"
              "31mb") == "a31mb");
  CHECK(Plain("cut \x1b[3") == "cut ");
  CHECK(Plain("cut \x1b") == "cut ");
  CHECK(Plain("one\r\ntwo\tthree\n") == "one\ntwo\tthree\n");
  CHECK(Plain("10 %\r20 %\r") == "10 %\n20 %");
  CHECK(Plain("é 漢 😀") == "é 漢 😀");
}

TEST_CASE("a text is cut to the columns that there are") {
  CHECK(Fit("hello", 5) == "hello");
  CHECK(Fit("hello", 4) == "hel…");
  CHECK(Fit("hello", 1) == "…");
  CHECK(Fit("hello", 0) == "");
  CHECK(Fit("héllo", 5) == "héllo");
  CHECK(Fit("漢字漢字", 8) == "漢字漢字");
  CHECK(Fit("漢字漢字", 7) == "漢字漢…");
  CHECK(Fit("漢字漢字", 6) == "漢字…");
}

TEST_CASE("of many lines the first and the last are kept") {
  CHECK(FitLines("", 3) == "");
  CHECK(FitLines("\n\n", 3) == "");
  CHECK(FitLines("one\ntwo", 3) == "one\ntwo\n");
  CHECK(FitLines("one\ntwo\n\n\n", 2) == "one\ntwo\n");
  CHECK(FitLines("1\n2\n3\n4\n5\n6\n7\n8\n", 4) == "1\n… 4 lines left out …\n6\n7\n8\n");
  CHECK(FitLines("1\n2\n3\n", 1) == "… 2 lines left out …\n3\n");
}

TEST_CASE("a duration is written as a person reads it") {
  CHECK(Seconds(0) == "0.00 s");
  CHECK(Seconds(15) == "0.01 s");
  CHECK(Seconds(300) == "0.3 s");
  CHECK(Seconds(9949) == "9.9 s");
  CHECK(Seconds(12'400) == "12 s");
  CHECK(Seconds(59'700) == "1 min 00 s");
  CHECK(Seconds(125'000) == "2 min 05 s");
  CHECK(Seconds(3'725'000) == "1 h 02 min");
}

TEST_CASE("counts begin with the worst, and leave out what there is none of") {
  Counts counts;
  CHECK(CountsText(counts, false) == "");
  counts[Outcome::Passed] = 8;
  counts[Outcome::Failed] = 1;
  counts[Outcome::Crashed] = 2;
  CHECK(CountsText(counts, false) == "2 crashed, 1 failed, 8 passed");
  CHECK(CountsText(counts, true) ==
        "\x1b[31m2 crashed\x1b[0m, \x1b[31m1 failed\x1b[0m, \x1b[32m8 passed\x1b[0m");
}

}  // namespace proctor
