#pragma once

#include <type_traits>
#include <variant>

namespace proctor {

/// A visitor made of lambdas, one for each alternative; a forgotten one does not
/// compile.
template <typename... F>
struct overloaded : F... {
  using F::operator()...;
};
template <typename... F>
overloaded(F...) -> overloaded<F...>;

template <typename T, typename... Of>
inline constexpr bool kIsOneOf = (std::is_same_v<T, Of> || ...);

template <typename T, typename Variant>
inline constexpr bool kIsAlternative = false;
template <typename T, typename... Of>
inline constexpr bool kIsAlternative<T, std::variant<Of...>> = kIsOneOf<T, Of...>;

}  // namespace proctor
