#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace proctor {

/// A number that cannot be taken for another kind of number.
template <typename Tag>
struct Id {
  uint64_t value = 0;  ///< 0: none
  friend auto operator<=>(const Id&, const Id&) = default;
  explicit operator bool() const { return value != 0; }
};

using ChildId = Id<struct ChildTag>;     ///< a process that the tether started
using TimerId = Id<struct TimerTag>;     ///< a one-shot timer of the loop
using GenerationId = Id<struct GenTag>;  ///< 1, 2, 3 … within a batch

}  // namespace proctor

template <typename Tag>
struct std::hash<proctor::Id<Tag>> {
  size_t operator()(proctor::Id<Tag> id) const { return std::hash<uint64_t>{}(id.value); }
};
