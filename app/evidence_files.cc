#include "app/evidence_files.h"

#include <fstream>
#include <iterator>

#include "app/png_pixels.h"

namespace proctor {
namespace {

constexpr size_t kMostText = 4 << 20;  // bytes shown of a file; the rest is for the editor

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
  if (!file) {
    content.trouble = "its file is gone: " + content.piece.file;
    return;
  }
  const std::string png((std::istreambuf_iterator<char>(file)), {});
  Result<Pixels, std::string> pixels = DecodePng(png);
  if (!pixels) {
    content.trouble = pixels.error() + ": " + content.piece.file;
    return;
  }
  content.width = pixels->width;
  content.height = pixels->height;
  content.rgba = std::move(pixels->rgba);
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
