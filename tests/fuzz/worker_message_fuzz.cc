// A line from a worker: a pytest process, in which any test may have written.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/runners/worker_messages.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view line(reinterpret_cast<const char*>(data), size);
  const auto parsed = proctor::ParseWorkerMessage(proctor::WorkerId{1}, line);
  if (!parsed && parsed.error().empty()) std::abort();  // a refusal without a reason
  return 0;
}
