#include "app/evidence_files.h"

#define STB_IMAGE_IMPLEMENTATION
#define STB_IMAGE_STATIC
#define STBI_ONLY_PNG
#define STBI_NO_STDIO
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
#include <stb/stb_image.h>
#pragma GCC diagnostic pop

#include <fmt/format.h>

#include <fstream>
#include <iterator>

namespace proctor {
namespace {

constexpr size_t kMostText = 4 << 20;  // bytes shown of a file; the rest is for the editor
constexpr int kLargestPicture = 8192;  // pixels of a side; what every OpenGL 3 takes as a texture
constexpr int kChannels = 4;

std::string ReadHead(const std::string& path, size_t most, bool& read) {
  std::ifstream file(path, std::ios::binary);
  read = file.good();
  std::string content(most, '\0');
  file.read(content.data(), static_cast<std::streamsize>(most));
  content.resize(static_cast<size_t>(file.gcount()));
  return content;
}

void Decode(EvidenceContent& content) {
  std::ifstream file(content.piece.file, std::ios::binary);
  const std::string png((std::istreambuf_iterator<char>(file)), {});
  const auto* const bytes = reinterpret_cast<const stbi_uc*>(png.data());
  const int size = static_cast<int>(png.size());
  int channels = 0;
  int& width = content.width;
  int& height = content.height;
  if (!stbi_info_from_memory(bytes, size, &width, &height, &channels)) {
    content.trouble = "its file is gone, or is no picture: " + content.piece.file;
    return;
  }
  if (width > kLargestPicture || height > kLargestPicture) {
    content.trouble = fmt::format("{} by {} pixels are too many to be shown here", width, height);
    return;
  }
  const std::unique_ptr<stbi_uc, void (*)(void*)> pixels(
      stbi_load_from_memory(bytes, size, &width, &height, &channels, kChannels), stbi_image_free);
  if (!pixels) {
    content.trouble = fmt::format("it cannot be decoded: {}", stbi_failure_reason());
    return;
  }
  content.rgba.assign(pixels.get(), pixels.get() + size_t{4} * static_cast<size_t>(width) *
                                                       static_cast<size_t>(height));
}

EvidenceContent ReadPiece(const Evidence& piece) {
  EvidenceContent content{.piece = piece};
  if (piece.file.empty()) {
    content.trouble = piece.note;
  } else if (piece.kind == EvidenceKind::Screenshot) {
    Decode(content);
  } else {
    bool read = false;
    content.text = ReadHead(piece.file, kMostText, read);
    if (!read) content.trouble = "its file cannot be read: " + piece.file;
    if (content.text.size() == kMostText) content.text += "\n[… the rest is in the file …]";
  }
  return content;
}

}  // namespace

void EvidenceFiles::Read(std::shared_ptr<const TestDetails> details, std::function<void()> wake) {
  // The reader of before keeps its own slot, and nobody waits for it here.
  slot_ = std::make_shared<Slot>();
  if (reader_.joinable()) reader_.detach();
  if (!details || details->evidence.empty()) return;
  reader_ = std::jthread([slot = slot_, details = std::move(details), wake = std::move(wake)] {
    auto contents = std::make_shared<EvidenceContents>();
    for (const Evidence& piece : details->evidence) contents->push_back(ReadPiece(piece));
    {
      const std::lock_guard lock(slot->mutex);
      slot->contents = std::move(contents);
    }
    if (wake) wake();
  });
}

std::shared_ptr<const EvidenceContents> EvidenceFiles::Contents() const {
  const std::lock_guard lock(slot_->mutex);
  return slot_->contents;
}

}  // namespace proctor
