#include "core/report/xml_text.h"

#include <fmt/format.h>

#include <cstdint>
#include <iterator>

namespace proctor {
namespace {

struct Character {
  uint32_t code = 0;
  size_t bytes = 0;  ///< 0: not UTF-8
};

/// The character at the start of `text`, which is not empty.
Character Decode(std::string_view text) {
  const auto at = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = at(0);
  if (lead < 0x80) return {lead, 1};
  const size_t bytes = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < bytes) return {};
  uint32_t code = lead & (0x7f >> bytes);
  for (size_t i = 1; i < bytes; ++i) {
    if ((at(i) & 0xc0) != 0x80) return {};
    code = code << 6 | (at(i) & 0x3f);
  }
  constexpr uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  if (code < kLeast[bytes] || code > 0x10ffff) return {};
  return {code, bytes};
}

/// XML's Char, without DEL.
bool IsLegal(uint32_t c) {
  if (c < 0x20) return c == '\t' || c == '\n' || c == '\r';
  return c != 0x7f && (c < 0xd800 || c > 0xdfff) && c != 0xfffe && c != 0xffff;
}

}  // namespace

std::string XmlText(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    Character c = Decode(text);
    if (c.bytes == 0) c = {static_cast<unsigned char>(text[0]), 0};
    const size_t bytes = c.bytes == 0 ? 1 : c.bytes;
    if (c.bytes > 0 && IsLegal(c.code)) {
      out += text.substr(0, bytes);
    } else {
      fmt::format_to(std::back_inserter(out), "#x{:0{}X}", c.code, c.code <= 0xff ? 2 : 4);
    }
    text.remove_prefix(bytes);
  }
  return out;
}

}  // namespace proctor
