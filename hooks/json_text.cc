#include "hooks/json_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

namespace proctor::hooks {
namespace {

bool IsPlain(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; });
}

}  // namespace

void AppendQuoted(std::string& to, std::string_view text) {
  if (IsPlain(text)) {
    to += '"';
    to += text;
    to += '"';
    return;
  }
  to += nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string Quoted(std::string_view text) {
  std::string quoted;
  AppendQuoted(quoted, text);
  return quoted;
}

void ObjectText::Key(std::string_view key) {
  if (text_.back() != '{') text_ += ',';
  text_ += '"';
  text_ += key;
  text_ += "\":";
}

ObjectText& ObjectText::Raw(std::string_view key, std::string_view json) {
  Key(key);
  text_ += json;
  return *this;
}

ObjectText& ObjectText::Add(std::string_view key, std::string_view text) {
  Key(key);
  AppendQuoted(text_, text);
  return *this;
}

ObjectText& ObjectText::Open(std::string_view key) {
  Key(key);
  text_ += '{';
  return *this;
}

ObjectText& ObjectText::Close() {
  text_ += '}';
  return *this;
}

ObjectText& ObjectText::AddFraction(std::string_view key, double value) {
  if (!std::isfinite(value)) return Raw(key, "null");
  std::array<char, 400> digits;  // the largest double has 309 before its point
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value,
                                 std::chars_format::fixed, 3);
  std::string_view number(digits.data(), static_cast<size_t>(end.ptr - digits.data()));
  while (number.ends_with("00") || (number.ends_with('0') && !number.ends_with(".0"))) {
    number.remove_suffix(1);
  }
  return Raw(key, number);
}

std::string ObjectText::Done() {
  return std::exchange(text_, "{") + '}';
}

ArrayText& ArrayText::Add(std::string_view json) {
  if (text_.size() > 1) text_ += ',';
  text_ += json;
  return *this;
}

std::string ArrayText::Done() {
  return std::exchange(text_, "[") + ']';
}

}  // namespace proctor::hooks
