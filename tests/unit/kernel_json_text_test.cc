// Long texts within JSON, held against what the JSON library makes of the same.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <random>
#include <string>

#include "core/kernel/json_text.h"

using namespace proctor;
using nlohmann::json;

namespace {

/// Texts of all lengths, with what matters at every place.
std::string Text(std::mt19937& random) {
  static const std::vector<std::string> pieces = {"a",
                                                  "plain words",
                                                  "\n",
                                                  "\t",
                                                  "\"",
                                                  "\\",
                                                  "/",
                                                  "\x01",
                                                  "\x1f",
                                                  "\x7f",
                                                  "\xC3\xA4",
                                                  "\xE2\x82\xAC",
                                                  "\xF0\x9F\x98\x80",
                                                  std::string(1, '\0'),
                                                  std::string(40, 'x')};
  std::string text;
  const size_t count = random() % 12;
  for (size_t i = 0; i < count; ++i) text += pieces[random() % pieces.size()];
  return text;
}

}  // namespace

TEST_CASE("a text is written as the library writes it, and is read again") {
  std::mt19937 random(1);
  for (int round = 0; round < 3000; ++round) {
    const std::string text = Text(random);
    CAPTURE(text);
    std::string written = "before ";
    REQUIRE(AppendJsonText(written, text) == Written::Yes);
    CHECK(written == "before " + json(text).dump());
    const auto read = ReadJsonTexts(R"( {"name" : "stdout","text": )" + json(text).dump() + " }\n");
    if (json(text).dump().find("\\u") != std::string::npos) {
      CHECK_FALSE(read);  // the library's
      continue;
    }
    REQUIRE(read);
    CHECK(*read == JsonTexts{{"name", "stdout"}, {"text", text}});
  }
}

TEST_CASE("a byte that is no UTF-8 is refused wherever it stands, and nothing is added") {
  for (const std::string bad : {"\xC3", "\xFF", "\x80", "\xED\xA0\x80", "\xE2\x82"}) {
    for (size_t before = 0; before < 20; ++before) {
      const std::string text = std::string(before, 'a') + bad + "b";
      std::string written = "as it was";
      CHECK(AppendJsonText(written, text) == Written::NotUtf8);
      CHECK(written == "as it was");
      CHECK_FALSE(ReadJsonTexts(R"({"text":")" + text + "\"}"));
    }
  }
}

TEST_CASE("what is not an object of texts alone is left to the library") {
  for (const char* other :
       {"", "{", "{}", "[]", R"({"a":1})", R"({"a":"b")", R"({"a":"b",})", R"({"a":"b"} x)",
        R"({"a" "b"})", R"({"a":"b" "c":"d"})", R"({"a":"\x"})", R"({"a":"\u0041"})",
        "{\"a\":\"\n\"}", R"({"a":"b\)", R"({"a":null})", R"({"a":{"b":"c"}})"}) {
    CAPTURE(other);
    CHECK_FALSE(ReadJsonTexts(other));
  }
  CHECK(ReadJsonTexts("\t{\n\"a\" : \"\" }") == JsonTexts{{"a", ""}});
}
