// A line of the journal, or of --events. What can be read can be written and read again.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "core/history/event_json.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view line(reinterpret_cast<const char*>(data), size);
  const auto parsed = proctor::EventFromJson(line);
  if (!parsed) {
    if (parsed.error().empty()) std::abort();  // a refusal without a reason
    return 0;
  }
  const std::string written = proctor::EventToJson(*parsed);
  const auto again = proctor::EventFromJson(written);
  if (!again || proctor::EventToJson(*again) != written) std::abort();
  return 0;
}
