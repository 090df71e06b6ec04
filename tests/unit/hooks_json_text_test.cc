#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "hooks/json_text.h"

namespace proctor::hooks {

TEST_CASE("what is written as text is the JSON that was meant") {
  const std::string text = ObjectText()
                               .Add("name", "a \"quoted\" \\ line\n\x01")
                               .Add("bytes", std::string("\xff\xfe"))
                               .Add("yes", true)
                               .Add("count", 7u)
                               .Add("less", -3)
                               .Add("none", std::optional<bool>())
                               .Add("some", std::optional<std::string>("ü"))
                               .Open("rect")
                               .Add("x", 1.5f)
                               .Close()
                               .Raw("list", ArrayText().Add("1").Add(Quoted("two")).Done())
                               .Done();
  const auto json = nlohmann::json::parse(text);
  CHECK(json["name"] == "a \"quoted\" \\ line\n\x01");
  CHECK(json["bytes"] == "\xef\xbf\xbd\xef\xbf\xbd");
  CHECK(json["yes"] == true);
  CHECK(json["count"] == 7);
  CHECK(json["less"] == -3);
  CHECK(json["none"].is_null());
  CHECK(json["some"] == "ü");
  CHECK(json["rect"]["x"] == 1.5);
  CHECK(json["list"] == nlohmann::json({1, "two"}));
}

TEST_CASE("fractions keep three decimals, and stay fractions") {
  const auto written = [](double value) { return ObjectText().Add("v", value).Done(); };
  CHECK(written(0) == R"({"v":0.0})");
  CHECK(written(12) == R"({"v":12.0})");
  CHECK(written(-0.25) == R"({"v":-0.25})");
  CHECK(written(1.0004) == R"({"v":1.0})");
  CHECK(written(1.0006) == R"({"v":1.001})");
  CHECK(written(0.05) == R"({"v":0.05})");
  CHECK(written(0.105) == R"({"v":0.105})");
  CHECK(written(-1234567.89) == R"({"v":-1234567.89})");
  CHECK(written(1e300) == R"({"v":1e+300})");
  CHECK(written(std::numeric_limits<double>::infinity()) == R"({"v":null})");
  CHECK(written(std::nan("")) == R"({"v":null})");
}

TEST_CASE("empty objects and arrays are that") {
  CHECK(ObjectText().Done() == "{}");
  CHECK(ArrayText().Done() == "[]");
  CHECK(ObjectText().Open("a").Close().Done() == R"({"a":{}})");
}

}  // namespace proctor::hooks
