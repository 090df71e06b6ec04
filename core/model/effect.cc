#include "core/model/effect.h"

#include <utility>

namespace proctor {

template <typename E>
requires kIsAlternative<E, AnyEffect>
[[gnu::used, gnu::noinline]] Effect::Effect(E effect) : AnyEffect(std::move(effect)) {}

Effect::Effect(const Effect&) = default;
Effect::Effect(Effect&&) noexcept = default;
Effect& Effect::operator=(const Effect&) = default;
Effect& Effect::operator=(Effect&&) noexcept = default;
Effect::~Effect() = default;

/// Has the constructor from each of the alternatives compiled.
template <typename... E>
void MakeEachEffect(std::variant<E...>* /*of*/) {
  (static_cast<void>(Effect(E{})), ...);
}
template void MakeEachEffect(AnyEffect*);

}  // namespace proctor
