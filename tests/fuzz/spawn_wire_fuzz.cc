// What the tether is told to start.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/process/spawn_wire.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto spec = proctor::tether::DecodeSpec(bytes);
  if (!spec) return 0;
  const auto again = proctor::tether::DecodeSpec(proctor::tether::EncodeSpec(*spec));
  if (!again || again->argv != spec->argv || again->env != spec->env) std::abort();
  return 0;
}
