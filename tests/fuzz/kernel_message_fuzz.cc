// What a kernel sends, and the files that say how it is started and reached.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "core/kernel/connection.h"
#include "core/kernel/kernelspec.h"
#include "core/kernel/message.h"

using namespace proctor;

namespace {

/// A line each.
Frames FramesOf(std::string_view input) {
  Frames frames;
  while (true) {
    const size_t end = input.find('\n');
    frames.emplace_back(input.substr(0, end));
    if (end == std::string_view::npos) return frames;
    input.remove_prefix(end + 1);
  }
}

/// What can be read says who sent it, and can be sent on and read again.
void ParseAll(const Frames& frames, std::string_view key) {
  SeenSignatures seen;
  const auto parsed = Parse(frames, key, seen);
  if (!parsed) {
    if (parsed.error().empty()) std::abort();  // a refusal without a reason
    return;
  }
  if (parsed->id.empty() || parsed->type.empty()) std::abort();
  const auto again = Parse(Serialize(*parsed, "another key"), "another key", seen);
  if (!again || again->id != parsed->id || again->buffers != parsed->buffers) std::abort();
}

/// Signed with the right key, so that what is behind the signature is reached too.
void ParseSigned(Frames parts) {
  if (parts.size() < 4) return;
  Frames frames = {"topic", "<IDS|MSG>", Sign("key", parts[0], parts[1], parts[2], parts[3])};
  frames.insert(frames.end(), parts.begin(), parts.end());
  ParseAll(frames, "key");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const Frames frames = FramesOf(input);
  ParseAll(frames, "");
  ParseAll(frames, "key");
  ParseSigned(frames);

  const auto connection = ParseConnection(input);
  if (!connection && connection.error().empty()) std::abort();
  if (connection && connection->Endpoint(KernelChannel::Iopub).empty()) std::abort();

  const auto spec = ParseKernelspec(input, "/nowhere/kernels/python3");
  if (!spec && spec.error().empty()) std::abort();
  if (spec && KernelArguments(*spec, "/nowhere/{prefix}.json").size() != spec->argv.size()) {
    std::abort();
  }
  return 0;
}
