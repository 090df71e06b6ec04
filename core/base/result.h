#pragma once

#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

namespace proctor {

/// The error side of a Result, at the return: `return Failure{PortTaken{…}};`
template <typename E>
struct Failure {
  E error;
};
template <typename E>
Failure(E) -> Failure<E>;

/// A value or the reason why there is none. Member names are std::expected's,
/// which this compiler lacks. Errors are for what Proctor could not do; how a
/// test ended is data (an Outcome) and never an error.
template <typename T, typename E>
class [[nodiscard]] Result {
 public:
  Result(T value) : held_(std::in_place_index<0>, std::move(value)) {}
  template <typename F>
  requires std::is_convertible_v<F, E> Result(Failure<F> failure)
      : held_(std::in_place_index<1>, std::move(failure.error)) {}

  bool has_value() const { return held_.index() == 0; }
  explicit operator bool() const { return has_value(); }

  T& value() & { return std::get<0>(held_); }
  const T& value() const& { return std::get<0>(held_); }
  T&& value() && { return std::get<0>(std::move(held_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  const E& error() const { return std::get<1>(held_); }

 private:
  std::variant<T, E> held_;
};

/// A Result without a value: done, or why not.
template <typename E>
class [[nodiscard]] Result<void, E> {
 public:
  Result() = default;
  template <typename F>
  requires std::is_convertible_v<F, E> Result(Failure<F> failure)
      : error_(std::move(failure.error)) {}

  bool has_value() const { return !error_; }
  explicit operator bool() const { return has_value(); }
  const E& error() const { return *error_; }

 private:
  std::optional<E> error_;
};

}  // namespace proctor
