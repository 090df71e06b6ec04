#include "core/kernel/json_text.h"

#include <cstdint>
#include <cstring>

#include "core/base/utf8.h"

namespace proctor {
namespace {

constexpr std::string_view kEscapes = "\"\\/bfnrt";
constexpr std::string_view kEscaped = "\"\\/\b\f\n\r\t";
constexpr uint64_t kOnes = 0x0101010101010101;
constexpr uint64_t kHighBits = 0x80 * kOnes;

/// Neither to be escaped nor part of a longer character.
bool IsPlain(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\';
}

/// The same of eight at once: a subtraction borrows from the high bit of a byte that is too small.
bool ArePlain(uint64_t bytes) {
  const auto below = [](uint64_t value, uint64_t limit) {
    return (value - limit * kOnes) & ~value & kHighBits;
  };
  const uint64_t special = (bytes & kHighBits) | below(bytes, 0x20) |
                           below(bytes ^ ('"' * kOnes), 1) | below(bytes ^ ('\\' * kOnes), 1);
  return special == 0;
}

/// How many plain characters the text begins with.
size_t PlainLength(std::string_view text) {
  size_t length = 0;
  for (uint64_t eight = 0; length + sizeof eight <= text.size(); length += sizeof eight) {
    std::memcpy(&eight, text.data() + length, sizeof eight);
    if (!ArePlain(eight)) break;
  }
  while (length < text.size() && IsPlain(text[length])) ++length;
  return length;
}

/// Takes what stands at the beginning of a text.
class Reader {
 public:
  explicit Reader(std::string_view rest) : rest_(rest) {}

  bool AtEnd() const { return rest_.empty(); }
  /// The character and the white space around it.
  bool Take(char wanted) {
    SkipSpace();
    if (rest_.empty() || rest_.front() != wanted) return false;
    rest_.remove_prefix(1);
    SkipSpace();
    return true;
  }
  bool TakeText(std::string& text) {
    if (rest_.empty() || rest_.front() != '"') return false;
    rest_.remove_prefix(1);
    while (!rest_.empty() && rest_.front() != '"') {
      const size_t plain = PlainLength(rest_);
      text += rest_.substr(0, plain);
      rest_.remove_prefix(plain);
      if (plain == 0 && !TakeSpecial(text)) return false;
    }
    if (rest_.empty()) return false;
    rest_.remove_prefix(1);
    return true;
  }

 private:
  void SkipSpace() {
    const size_t space = rest_.find_first_not_of(" \t\r\n");
    rest_.remove_prefix(space == std::string_view::npos ? rest_.size() : space);
  }
  /// An escape, or a character of several bytes.
  bool TakeSpecial(std::string& text) {
    const bool escape = rest_.size() > 1 && rest_.front() == '\\';
    const size_t which = escape ? kEscapes.find(rest_[1]) : std::string_view::npos;
    const size_t length = escape ? 2 : Utf8SequenceLength(rest_);
    if (escape ? which == std::string_view::npos : length < 2) return false;
    text += escape ? kEscaped.substr(which, 1) : rest_.substr(0, length);
    rest_.remove_prefix(length);
    return true;
  }

  std::string_view rest_;
};

void AppendEscaped(std::string& json, char c) {
  const size_t which = kEscaped.find(c);
  json += '\\';
  if (which != std::string_view::npos) {
    json += kEscapes[which];
    return;
  }
  constexpr std::string_view kHex = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(c);
  json += "u00";
  json += kHex[byte >> 4U];
  json += kHex[byte & 0xFU];
}

}  // namespace

std::optional<JsonTexts> ReadJsonTexts(std::string_view json) {
  Reader reader(json);
  JsonTexts texts;
  if (!reader.Take('{')) return std::nullopt;
  do {
    auto& [key, text] = texts.emplace_back();
    if (!reader.TakeText(key) || !reader.Take(':') || !reader.TakeText(text)) return std::nullopt;
  } while (reader.Take(','));
  if (!reader.Take('}') || !reader.AtEnd()) return std::nullopt;
  return texts;
}

Written AppendJsonText(std::string& json, std::string_view text) {
  const size_t before = json.size();
  json += '"';
  while (!text.empty()) {
    size_t length = PlainLength(text);
    if (length == 0 && static_cast<unsigned char>(text.front()) < 0x80) {
      AppendEscaped(json, text.front());
      text.remove_prefix(1);
      continue;
    }
    if (length == 0) length = Utf8SequenceLength(text);
    if (length == 0) {
      json.resize(before);
      return Written::NotUtf8;
    }
    json += text.substr(0, length);
    text.remove_prefix(length);
  }
  json += '"';
  return Written::Yes;
}

}  // namespace proctor
