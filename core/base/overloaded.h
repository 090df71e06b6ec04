#pragma once

namespace proctor {

/// A visitor made of lambdas, one for each alternative; a forgotten one does not
/// compile.
template <typename... F>
struct overloaded : F... {
  using F::operator()...;
};
template <typename... F>
overloaded(F...) -> overloaded<F...>;

}  // namespace proctor
