#include "app/png_pixels.h"

#define STB_IMAGE_IMPLEMENTATION
#define STB_IMAGE_STATIC
#define STBI_ONLY_PNG
#define STBI_NO_STDIO
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
#include <stb/stb_image.h>
#pragma GCC diagnostic pop

#include <fmt/format.h>

#include <memory>

namespace proctor {
namespace {

constexpr int kLargestPicture = 8192;  // pixels of a side; what every OpenGL 3 takes as a texture
constexpr int kChannels = 4;

}  // namespace

Result<Pixels, std::string> DecodePng(std::string_view png) {
  const auto* const bytes = reinterpret_cast<const stbi_uc*>(png.data());
  const int size = static_cast<int>(png.size());
  Pixels pixels;
  int channels = 0;
  if (!stbi_info_from_memory(bytes, size, &pixels.width, &pixels.height, &channels)) {
    return Failure{std::string("it is no picture")};
  }
  if (pixels.width > kLargestPicture || pixels.height > kLargestPicture) {
    return Failure{
        fmt::format("{} by {} pixels are too many to be shown here", pixels.width, pixels.height)};
  }
  const std::unique_ptr<stbi_uc, void (*)(void*)> decoded(
      stbi_load_from_memory(bytes, size, &pixels.width, &pixels.height, &channels, kChannels),
      stbi_image_free);
  if (!decoded) return Failure{fmt::format("it cannot be decoded: {}", stbi_failure_reason())};
  const size_t count = static_cast<size_t>(pixels.width) * static_cast<size_t>(pixels.height);
  pixels.rgba.assign(decoded.get(), decoded.get() + kChannels * count);
  return pixels;
}

}  // namespace proctor
