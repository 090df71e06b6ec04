#include "hooks/json_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
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

ObjectText ObjectText::Behind(std::string begun) {
  ObjectText text;
  text.text_ = std::move(begun);
  text.text_ += '{';
  return text;
}

void ObjectText::Key(std::string_view key) {
  constexpr size_t kAround = 4;  // comma, quotes, colon
  const size_t begin = text_.size();
  const bool first = text_.back() == '{';
  text_.resize(begin + key.size() + kAround - (first ? 1 : 0));  // one look at the capacity
  char* at = text_.data() + begin;
  if (!first) *at++ = ',';
  *at++ = '"';
  at = std::copy(key.begin(), key.end(), at);
  *at++ = '"';
  *at = ':';
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
  constexpr double kMost = 1e15;  // thousandths of more do not fit an int64_t
  if (!std::isfinite(value)) return Raw(key, "null");
  if (std::abs(value) >= kMost) return Raw(key, nlohmann::json(value).dump());
  // In thousandths, as whole numbers: to_chars() for doubles takes ten times as long.
  const int64_t thousandths = std::llround(value * 1000);
  std::array<char, 32> text;
  char* at = text.data();
  if (thousandths < 0) *at++ = '-';
  const int64_t size = std::abs(thousandths);
  at = std::to_chars(at, text.data() + text.size(), size / 1000).ptr;
  const int64_t rest = size % 1000;
  *at++ = '.';
  *at++ = static_cast<char>('0' + rest / 100);
  if (rest % 100 != 0) *at++ = static_cast<char>('0' + rest / 10 % 10);
  if (rest % 10 != 0) *at++ = static_cast<char>('0' + rest % 10);
  return Raw(key, {text.data(), static_cast<size_t>(at - text.data())});
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
