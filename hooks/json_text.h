#pragma once
// JSON written as text, member by member. For what is answered all the time or is large: a
// tree of nlohmann::json values costs ten times as much to build and to take down.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

namespace proctor::hooks {

/// Appends a string in quotes; bytes that are no UTF-8 are replaced.
void AppendQuoted(std::string& to, std::string_view text);
/// A string in quotes; bytes that are no UTF-8 are replaced.
std::string Quoted(std::string_view text);

/// One object and those within it. Keys are written as they are given, and so need no escaping.
class ObjectText {
 public:
  ObjectText() = default;
  explicit ObjectText(size_t usual_size) { text_.reserve(usual_size); }
  /// Written behind `begun`, which comes back with it from Done(): of many objects in a row
  /// none is copied.
  static ObjectText Behind(std::string begun);

  /// `json` is a value that is JSON already.
  ObjectText& Raw(std::string_view key, std::string_view json);
  ObjectText& Add(std::string_view key, std::string_view text);
  ObjectText& Add(std::string_view key, const std::string& text) {
    return Add(key, std::string_view(text));
  }
  ObjectText& Add(std::string_view key, const char* text) {
    return Add(key, std::string_view(text));
  }
  /// What is added until Close() stands in an object under `key`.
  ObjectText& Open(std::string_view key);
  ObjectText& Close();
  /// A fraction has three decimals at most: finer is only noise to read.
  template <typename Number>
  requires std::is_arithmetic_v<Number> ObjectText& Add(std::string_view key, Number value) {
    if constexpr (std::is_same_v<Number, bool>) return Raw(key, value ? "true" : "false");
    if constexpr (std::is_floating_point_v<Number>) return AddFraction(key, value);
    return Raw(key, std::to_string(value));
  }
  template <typename Value>
  ObjectText& Add(std::string_view key, const std::optional<Value>& value) {
    return value ? Add(key, *value) : Raw(key, "null");
  }
  /// The object; the writer is empty afterwards.
  std::string Done();

 private:
  ObjectText& AddFraction(std::string_view key, double value);

  void Key(std::string_view key);

  std::string text_ = "{";
};

/// One array of values that are JSON already.
class ArrayText {
 public:
  ArrayText& Add(std::string_view json);
  /// The array; the writer is empty afterwards.
  std::string Done();

 private:
  std::string text_ = "[";
};

}  // namespace proctor::hooks
