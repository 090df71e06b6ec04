#pragma once
// A value, or the sentence that says why there is none. The hooks stand alone,
// so they bring their own; the member names are std::expected's.

#include <string>
#include <utility>
#include <variant>

namespace proctor::hooks {

/// What was meant to be made could not be; `message` is for the user.
struct Failure {
  std::string message;
};

template <class T>
class [[nodiscard]] Expected {
 public:
  Expected(T value) : content_(std::in_place_index<0>, std::move(value)) {}
  Expected(Failure failure) : content_(std::in_place_index<1>, std::move(failure)) {}

  bool has_value() const { return content_.index() == 0; }
  explicit operator bool() const { return has_value(); }

  T& value() { return std::get<0>(content_); }
  T& operator*() { return value(); }
  T* operator->() { return &value(); }
  const std::string& error() const { return std::get<1>(content_).message; }

 private:
  std::variant<T, Failure> content_;
};

}  // namespace proctor::hooks
