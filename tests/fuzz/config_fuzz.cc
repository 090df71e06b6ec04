// proctor.toml.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/config/config.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto parsed = proctor::ParseConfig(text, "/nowhere/proctor.toml");
  if (!parsed && parsed.error().message.empty()) std::abort();  // a refusal without a reason
  proctor::ParseDuration(text);
  return 0;
}
